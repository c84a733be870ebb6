/** The time limits of a launched run. */
import type { RunFailure, RunRecord } from "./record.ts";

/** The limit that a run has passed, as the failure that its end will be; undefined where it may go on. */
export function passedLimit(
  run: Pick<RunRecord, "state" | "launchedAt" | "startedAt" | "timeoutSeconds">,
  startTimeoutSeconds: number,
  held: RunFailure | undefined,
  now: number,
): RunFailure | undefined {
  if (run.launchedAt === undefined) return undefined;
  if (run.state === "LAUNCHED")
    return now - run.launchedAt > startTimeoutSeconds * 1000 ? neverBegan(startTimeoutSeconds, held) : undefined;
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
