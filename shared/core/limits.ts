/** The time limits of a run. */
import type { Observation } from "./launcher.ts";
import type { RunFailure, RunRecord } from "./record.ts";

/** How long a run that is refused for a passing reason is tried again, where its target does not say. */
export const GIVE_UP_SECONDS = 6 * 3600;
/** What a run may take to start where its target does not say. */
export const START_TIMEOUT_SECONDS = 900;

/** What is seen of a run that goes on. */
type Seen = Pick<Extract<Observation, { readonly status: "starting" | "running" }>, "held" | "waitsUntil">;

/** The limit that a run has passed, as the failure that its end will be; undefined where it may go on. */
export function passedLimit(
  run: Pick<RunRecord, "state" | "launchedAt" | "startedAt" | "timeoutSeconds">,
  startTimeoutSeconds: number | undefined,
  { held, waitsUntil }: Seen,
  now: number,
): RunFailure | undefined {
  if (run.launchedAt === undefined) return undefined;
  if (run.state === "LAUNCHED") {
    // A queue that is meant to be waited in is no failure to start; an operator who says how long means the queue as well.
    const from = startTimeoutSeconds === undefined ? Math.max(run.launchedAt, waitsUntil ?? 0) : run.launchedAt;
    const seconds = startTimeoutSeconds ?? START_TIMEOUT_SECONDS;
    return now - from > seconds * 1000 ? neverBegan(seconds, held) : undefined;
  }
  if (run.state !== "RUNNING" || run.timeoutSeconds === undefined) return undefined;
  const ran = now - (run.startedAt ?? run.launchedAt);
  return ran > run.timeoutSeconds * 1000 ? tooLong(run.timeoutSeconds) : undefined;
}

function neverBegan(seconds: number, held: RunFailure | undefined): RunFailure {
  if (held !== undefined) return { ...held, reason: `${held.reason}; stopped, since it had not started within ${seconds} s` };
  return {
    class: "start_failure",
    reason: `it did not start within ${seconds} s, and was stopped`,
    hint: "Look at the target for want of room or a slow image; raise its start_timeout_seconds where it needs longer.",
  };
}

function tooLong(seconds: number): RunFailure {
  return {
    class: "timeout",
    reason: `it ran longer than its limit of ${seconds} s`,
    hint: "Raise timeout_seconds in the request, and in the target where that is the smaller one.",
  };
}
