import { setTimeout as pause } from "node:timers/promises";
import { StateUnavailable } from "../../shared/core/errors.ts";
import { runKey } from "../../shared/core/identity.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { isTerminal } from "../../shared/core/run-state.ts";
import { shellWord } from "../shell-word.ts";
import { describeState } from "./describe.ts";
import { CommandFailure } from "./failure.ts";
import { localTime } from "./format.ts";
import type { LogFollower } from "./log-follower.ts";

/** How often the log is looked at, and a run that has just changed. */
const LOOK_MILLISECONDS = 150;
/** How often a run is looked at that has not changed for long. */
const SLOW_LOOK_MILLISECONDS = 2000;
/** After so long without a record, somebody should look whether a dispatcher runs. */
const UNTOUCHED_MILLISECONDS = 15_000;

/** The following ends with Ctrl-C, and leaves the run alone. */
export function leaveOnInterrupt(id: string, log: LogFollower | undefined): void {
  process.once("SIGINT", () => {
    log?.endLine();
    process.stderr.write(`no longer followed; the run goes on (\`slipway show ${shellWord(id)}\`)\n`);
    process.exit(130);
  });
}

/** What is followed, and how it is told. */
export interface Followed {
  readonly id: string;
  /** The content that the run must have; whichever it has, where none is said. */
  readonly digest?: string;
  read(key: string): Promise<RunRecord | undefined>;
  say(text: string): void;
  readonly log?: LogFollower;
}

/** Tells each change of a run, and what its log says, until it has ended. */
export async function follow({ id, digest, read, say, log }: Followed): Promise<RunRecord> {
  const key = runKey(id);
  const startedAt = Date.now();
  let changedAt = startedAt;
  let nextLook = startedAt;
  let told = "";
  let warned = false;
  let run: RunRecord | undefined;
  for (;;) {
    const now = Date.now();
    if (now >= nextLook) {
      run = await read(key).catch(unreachable);
      const state = run?.state === undefined ? "" : describeState(run);
      if (state !== "" && digest !== undefined && run?.digest !== digest) {
        throw new CommandFailure(`ID_REUSED: the id "${id}" belongs to a run with another content`);
      }
      if (state !== told) {
        // What a run wrote comes before the word that it has ended, and after the word that it was launched.
        if (run?.state !== undefined && isTerminal(run.state)) await log?.read(run.links?.["log"]);
        log?.endLine();
        // What had ended before anybody looked is told with its own time.
        say(`${localTime(told === "" && run?.endedAt !== undefined ? run.endedAt : now)}  ${state}`);
        told = state;
        changedAt = now;
      }
      // The longer nothing changes, the less it matters to see a change at once, and the more the looks cost.
      nextLook = now + Math.min(SLOW_LOOK_MILLISECONDS, Math.max(LOOK_MILLISECONDS, (now - changedAt) / 50));
    }
    await log?.read(run?.links?.["log"]);
    if (run?.state !== undefined && isTerminal(run.state)) {
      log?.endLine();
      return run;
    }
    if (told === "" && !warned && now - startedAt > UNTOUCHED_MILLISECONDS) {
      warned = true;
      say("not taken up yet: does a dispatcher read this queue? (still waiting; Ctrl-C ends the waiting, not the run)");
    }
    await pause(LOOK_MILLISECONDS);
  }
}

function unreachable(error: unknown): never {
  if (!(error instanceof StateUnavailable)) throw error;
  throw new CommandFailure(
    "the run table can't be reached any more, so the run is no longer followed; whatever was launched goes on. `slipway show ID` tells more when Slipway is back",
  );
}
