import { runKey } from "../../shared/core/identity.ts";
import { runView } from "../run-view.ts";
import { shellWord } from "../shell-word.ts";
import { connect } from "./connection.ts";
import { describeEnd, describeRun } from "./describe.ts";
import { CommandFailure } from "./failure.ts";
import { follow, leaveOnInterrupt } from "./follow.ts";
import { printable } from "./format.ts";
import { runId } from "./ids.ts";
import { followLog } from "./log-follower.ts";

/** `slipway show ID`; with `--follow` to its end. */
export async function show(id: string, options: { json?: boolean; follow?: boolean }): Promise<void> {
  const key = runKey(runId(id));
  const state = await connect();
  const run = await state.store.read(key);
  if (run === undefined)
    throw new CommandFailure(`no run has the id "${id}" (\`slipway runs\` lists them, \`slipway explain ${shellWord(id)}\` looks further)`);
  if (options.follow !== true) {
    console.log(options.json ? JSON.stringify(runView(run), undefined, 2) : describeRun(run));
    return;
  }
  if (run.state === undefined) throw new CommandFailure(`only the cancel of "${id}" has come: there is no run to follow`);
  // For programs standard output holds the record and nothing else.
  const out = options.json ? process.stderr : process.stdout;
  const log = followLog((text) => void out.write(out.isTTY ? printable(text) : text));
  leaveOnInterrupt(id, log);
  const ended = await follow({ id, read: (key) => state.store.read(key), say: (text) => void out.write(`${text}\n`), log });
  console.log(options.json ? JSON.stringify(runView(ended)) : await describeEnd(ended, { tail: !log.wrote }));
  if (ended.state !== "SUCCEEDED") process.exitCode = 1;
}
