/** Why a run did or did not run, in a person's words. */
import type { RunRecord, TimelineEntry } from "./record.ts";
import { isTerminal } from "./run-state.ts";
import { type Standing, standingOf } from "./standing.ts";

/** What there is to say of a run. Times in epoch milliseconds. */
export interface Explanation extends Standing {
  /** What blocked it first, where that was something else than what blocks it now. */
  readonly first?: { readonly code: string; readonly at: number; readonly message?: string };
  readonly where?: { readonly target: string; readonly launcher?: string; readonly handle?: string; readonly place?: string };
  readonly tried: string;
}

/** A record that a sweep should have looked at so long ago is looked at by nobody. */
const OVERDUE_MILLISECONDS = 10 * 60_000;

export function explainRun(run: RunRecord, now: number): Explanation {
  const standing = overdue(run, now) ?? standingOf(run, now);
  const first = firstReason(run);
  return {
    ...standing,
    ...(first === undefined || first.code === standing.reason?.code ? {} : { first }),
    ...(run.target === undefined ? {} : { where: whereOf(run, run.target) }),
    tried: triedOf(run),
  };
}

/** What is said of an id that the table does not hold. */
export const UNKNOWN_RUN: Explanation = {
  summary: "no run has this id",
  tried: "never",
  next: [
    "Look for the id in the list: `slipway runs`.",
    "If it was sent just now, its message may still be in the queue; if not, look into quarantine: a message that can't be read is kept there with its reason.",
  ],
};

function overdue(run: RunRecord, now: number): Standing | undefined {
  if (run.nextCheckAt === undefined || run.state === undefined || isTerminal(run.state)) return undefined;
  if (now - run.nextCheckAt < OVERDUE_MILLISECONDS) return undefined;
  const { summary, next, waits, reason } = standingOf(run, run.nextCheckAt);
  return {
    summary: `${summary}; and nobody has looked after it since it was due`,
    ...(reason === undefined ? {} : { reason }),
    waits: { for: waits?.for ?? "a sweep", until: run.nextCheckAt },
    next: ["Look whether the sweep runs: it should every minute (its function's errors, or whether `npm start` still runs).", ...next],
  };
}

/** What first kept it from running, since it was last reopened. */
function firstReason({ timeline = [] }: RunRecord): Explanation["first"] {
  const begin = timeline.findLastIndex(({ event }) => event === "reopened") + 1;
  const entry = timeline.slice(begin).find((candidate): candidate is TimelineEntry & { code: string } => candidate.code !== undefined);
  return entry && { code: entry.code, at: entry.at, ...(entry.message === undefined ? {} : { message: entry.message }) };
}

function whereOf({ launcher, handle, place }: RunRecord, target: string): NonNullable<Explanation["where"]> {
  return {
    target,
    ...(launcher === undefined ? {} : { launcher }),
    ...(place === undefined ? {} : { place }),
    ...(handle === undefined ? {} : { handle }),
  };
}

function triedOf({ attempt, timeline = [], relaunches = 0 }: RunRecord): string {
  const times = (count: number, what: string) => (count === 0 ? [] : [`${what} ${count === 1 ? "once" : `${count} times`}`]);
  const happened = (event: string) => timeline.filter((entry) => entry.event === event).length;
  const attempts = attempt === 0 ? "never" : attempt === 1 ? "one attempt" : `${attempt} attempts`;
  return [
    attempts,
    ...times(happened("waiting"), "put off"),
    ...times(happened("outcome unknown"), "left unanswered"),
    ...times(relaunches, "launched again because it never started"),
    ...times(happened("reopened"), "reopened"),
  ].join(", ");
}
