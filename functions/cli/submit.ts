import { randomUUID } from "node:crypto";
import { runKey } from "../../shared/core/identity.ts";
import { runView } from "../run-view.ts";
import { connect, unreadConfiguration } from "./connection.ts";
import { describeEnd } from "./describe.ts";
import { CommandFailure } from "./failure.ts";
import { follow, leaveOnInterrupt } from "./follow.ts";
import { oneLine, printable } from "./format.ts";
import { runId } from "./ids.ts";
import { inputName } from "./input.ts";
import { followLog } from "./log-follower.ts";
import { readMessage } from "./request.ts";

/** `slipway submit FILE`. */
export async function submit(file: string, options: { wait?: boolean; follow?: boolean; json?: boolean; id?: string }): Promise<void> {
  const message = await readMessage(file, options.id === undefined ? randomUUID() : runId(options.id));
  if (message.kind !== "request") throw new CommandFailure(`${inputName(file)} holds a ${message.kind} message, not a run request`);
  const { id } = message.request;
  if (options.id !== undefined && options.id !== id) {
    throw new CommandFailure(`${inputName(file)} names its run "${id}": leave --id out, or take the id out of the request`, 2);
  }
  const state = await connect();
  const unread = await unreadConfiguration();
  if (unread !== undefined) console.error(oneLine(unread));
  const known = await state.store.read(runKey(id));
  if (known?.digest !== undefined && known.digest !== message.digest) {
    throw new CommandFailure(
      `ID_REUSED: the id "${id}" belongs to a run with another content (${known.state}): send this one under another id`,
    );
  }
  await state.send(JSON.stringify({ ...message.document, id }));
  if (options.wait !== true && options.follow !== true) {
    console.log(options.json ? JSON.stringify({ id }) : `${known ? "submitted again (the run is known)" : "submitted"}: ${oneLine(id)}`);
    return;
  }
  // For programs standard output holds the record and nothing else.
  const out = options.json ? process.stderr : process.stdout;
  const say = options.json && options.follow !== true ? () => undefined : (text: string) => void out.write(`${text}\n`);
  const log = options.follow ? followLog((text) => void out.write(out.isTTY ? printable(text) : text)) : undefined;
  say(`submitted: ${oneLine(id)}`);
  leaveOnInterrupt(id, log);
  const run = await follow({
    id,
    digest: message.digest,
    read: (key) => state.store.read(key),
    say,
    ...(log === undefined ? {} : { log }),
  });
  console.log(options.json ? JSON.stringify(runView(run)) : await describeEnd(run, { tail: log?.wrote !== true }));
  if (run.state !== "SUCCEEDED") process.exitCode = 1;
}
