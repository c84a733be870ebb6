import { randomUUID } from "node:crypto";
import { runKey } from "../../shared/core/identity.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { isTerminal } from "../../shared/core/run-state.ts";
import { decodeMessage } from "../../shared/schema/message.ts";
import { runView } from "../run-view.ts";
import { connect } from "./connection.ts";
import { describeEnd, describeState } from "./describe.ts";
import { CommandFailure } from "./failure.ts";
import { localTime, printable } from "./format.ts";
import { readInput } from "./input.ts";

/** How often a run that is waited for is looked at. */
const LOOK_MILLISECONDS = 150;
/** After so long without a record, somebody should look whether a dispatcher runs. */
const UNTOUCHED_MILLISECONDS = 15_000;

/** `slipway submit FILE`. */
export async function submit(file: string, options: { wait?: boolean; json?: boolean; id?: string }): Promise<void> {
  const body = new TextDecoder().decode(await readInput(file));
  const message = decodeMessage(body, { messageId: options.id ?? randomUUID() });
  if (message.kind !== "request") throw new CommandFailure(`${file} holds a ${message.kind} message, not a run request`, 2);
  const state = await connect();
  const { id } = message.request;
  const known = await state.store.read(runKey(id));
  if (known?.digest !== undefined && known.digest !== message.digest) {
    throw new CommandFailure(`ID_REUSED: the id "${id}" belongs to a run with another content (${known.state})`);
  }
  await state.send(JSON.stringify({ ...message.document, id }));
  if (options.wait !== true) {
    console.log(options.json ? JSON.stringify({ id }) : `${known ? "submitted again (the run is known)" : "submitted"}: ${printable(id)}`);
    return;
  }
  const say = options.json ? () => undefined : (text: string) => console.log(text);
  say(`submitted: ${printable(id)}`);
  const run = await followed((key) => state.store.read(key), id, message.digest, say);
  console.log(options.json ? JSON.stringify(runView(run)) : await describeEnd(run));
  if (run.state !== "SUCCEEDED") process.exitCode = 1;
}

/** Tells each change of a run until it has ended. */
async function followed(
  read: (key: string) => Promise<RunRecord | undefined>,
  id: string,
  digest: string,
  say: (text: string) => void,
): Promise<RunRecord> {
  const key = runKey(id);
  const startedAt = Date.now();
  let told = "";
  let warned = false;
  for (;;) {
    const run = await read(key);
    if (run?.state !== undefined) {
      if (run.digest !== digest) throw new CommandFailure(`ID_REUSED: the id "${id}" belongs to a run with another content`);
      const state = describeState(run);
      if (state !== told) say(`${localTime(Date.now())}  ${state}`);
      told = state;
      if (isTerminal(run.state)) return run;
    } else if (!warned && Date.now() - startedAt > UNTOUCHED_MILLISECONDS) {
      warned = true;
      say("not taken up yet: does a dispatcher read this queue? (still waiting; Ctrl-C ends the waiting, not the run)");
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
  }
}
