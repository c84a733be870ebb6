/** Every write of the run table, as the code that uses it makes it: for rules that hold of them all. */
import type { RunRecord } from "../../shared/core/record.ts";
import type { RunState } from "../../shared/core/run-state.ts";
import type { Write } from "../../shared/core/write.ts";
import { accept, claimNew, claimSeen, endNew, endSeen, nextAttempt, resume } from "../../shared/core/writes/claim.ts";
import { noteEnding, noteHeld, noteOutOfReach, noteStopping, noteStray } from "../../shared/core/writes/follow.ts";
import { type Evidence, markLost, noteMissing, observeAlive, observeEnded, relaunch } from "../../shared/core/writes/observe.ts";
import { bump, cancelTombstone, reopen, requestCancel, tombstone } from "../../shared/core/writes/operate.ts";
import type { Attempt, NewRun } from "../../shared/core/writes/parts.ts";
import { announced, announcing } from "../../shared/core/writes/publish.ts";
import { recordAccepted, recordRejected, recordUnknown, recordWaiting } from "../../shared/core/writes/settle.ts";
import { failureOf } from "./service-double.ts";

export const NOW = 1_000_000;
export const LEASE_UNTIL = NOW + 75_000;
export const EXPIRES = 9_999_999;
export const HANDLE = "the handle";
export const ERROR = { code: "SOME_CODE", message: "some reason" };

export const NEW_RUN = {
  id: "run-1",
  attempt: 0,
  digest: "digest",
  request: new Uint8Array([1]),
  labels: ["a"],
  type: "UniversalRun",
  createdAt: NOW,
  activeShard: "a#1",
  recentShard: "20260105#1",
} satisfies NewRun;

/** An attempt of ours. */
export function attemptNumber(attempt: number): Attempt {
  return {
    attempt,
    now: NOW,
    owner: "ours",
    leaseUntil: LEASE_UNTIL,
    target: "one",
    launcher: "double",
    place: "here",
    planDigest: "plan",
  };
}

/** An item with the attributes that every run has, but for what the test says. */
export function item(over: Partial<RunRecord>): RunRecord {
  return { ...NEW_RUN, key: "key", attempt: 1, ...over };
}

export const EVIDENCE: Evidence = { attempt: 1, handle: { id: HANDLE }, version: 2, now: NOW };
export const OURS = { attempt: 1, owner: "ours" };
const TIMEOUT = { class: "timeout", reason: "it ran longer than its limit" } as const;
const ENDED = { endedAt: NOW - 1, expiresAt: EXPIRES };

/** A write, and the states that the code which makes it has seen the item in; absent: it has seen none. */
export interface MadeWrite {
  readonly name: string;
  readonly write: Write;
}

function forSeen(name: string, states: readonly RunState[], make: (seen: RunRecord) => Write): readonly MadeWrite[] {
  return states.map((state) => ({
    name: `${name}, seen ${state}`,
    write: make(item({ state, ...(state === "LAUNCHED" || state === "RUNNING" ? { handle: HANDLE } : {}) })),
  }));
}

export const EVERY_WRITE: readonly MadeWrite[] = [
  { name: "accept", write: accept(NEW_RUN, NOW, NOW + 60_000) },
  { name: "claim, full message", write: claimNew(NEW_RUN, attemptNumber(1)) },
  { name: "reject a new run", write: endNew(NEW_RUN, "REJECTED", ERROR, NOW, EXPIRES) },
  { name: "expire a new run", write: endNew(NEW_RUN, "EXPIRED", ERROR, NOW, EXPIRES) },
  ...forSeen("reject", ["ACCEPTED", "WAITING"], (seen) => endSeen(seen, "REJECTED", ERROR, NOW, EXPIRES)),
  ...forSeen("expire", ["ACCEPTED", "WAITING"], (seen) => endSeen(seen, "EXPIRED", ERROR, NOW, EXPIRES)),
  ...forSeen("cancelled before launch", ["ACCEPTED", "WAITING"], (seen) => endSeen(seen, "CANCELLED", undefined, NOW, EXPIRES)),
  ...forSeen("claim, wake-up", ["ACCEPTED", "WAITING"], (seen) => claimSeen(seen, attemptNumber(2))),
  {
    name: "resume, none holds it",
    write: resume(item({ state: "LAUNCHING" }), { ...OURS, owner: "next", now: NOW, leaseUntil: LEASE_UNTIL }),
  },
  {
    name: "resume, a lease ran out",
    write: resume(item({ state: "LAUNCHING", owner: "ours", leaseUntil: NOW - 1 }), {
      ...OURS,
      owner: "next",
      now: NOW,
      leaseUntil: LEASE_UNTIL,
    }),
  },
  { name: "next attempt", write: nextAttempt(OURS, attemptNumber(2), failureOf("capacity")) },
  { name: "record accepted", write: recordAccepted(OURS, { id: HANDLE }, { now: NOW, nextCheckAt: NOW + 60_000 }) },
  { name: "record unknown", write: recordUnknown(OURS, ERROR, { now: NOW, calledAt: NOW, dueAt: NOW + 30_000 }) },
  {
    name: "record refused, passing",
    write: recordWaiting(OURS, ERROR, { now: NOW, dueAt: NOW + 30_000, nextCheckAt: NOW + 30_000, giveUpAt: NOW + 6 * 3_600_000 }),
  },
  { name: "record refused, for good", write: recordRejected(OURS, ERROR, NOW, EXPIRES) },
  { name: "observe starting", write: observeAlive(EVIDENCE, "LAUNCHED", undefined, NOW + 60_000) },
  { name: "observe running", write: observeAlive(EVIDENCE, "RUNNING", NOW - 5, NOW + 60_000) },
  { name: "observe succeeded", write: observeEnded(EVIDENCE, { state: "SUCCEEDED", exitCode: 0 }, ENDED) },
  {
    name: "observe failed",
    write: observeEnded(EVIDENCE, { state: "FAILED", failure: { class: "app_error", exitCode: 3, reason: "it said 3" } }, ENDED),
  },
  { name: "observe cancelled", write: observeEnded(EVIDENCE, { state: "CANCELLED" }, ENDED) },
  { name: "observe lost", write: observeEnded(EVIDENCE, { state: "LOST", reason: "its wrapper was killed" }, ENDED) },
  { name: "relaunch", write: relaunch(EVIDENCE, 2, ERROR, NOW + 30_000) },
  { name: "cancel", write: requestCancel(NOW) },
  { name: "tombstone", write: tombstone("run-1", NOW, EXPIRES) },
  { name: "request meets tombstone", write: cancelTombstone(NEW_RUN, NOW, EXPIRES) },
  { name: "observe the end of what was told to stop", write: observeEnded(EVIDENCE, { state: "CANCELLED" }, ENDED, TIMEOUT) },
  ...forSeen("stopping", ["LAUNCHED", "RUNNING"], (seen) => noteStopping(seen, TIMEOUT, NOW, NOW + 60_000)),
  ...forSeen("held", ["LAUNCHED"], (seen) => noteHeld(seen, TIMEOUT)),
  ...forSeen("held no more", ["LAUNCHED"], (seen) => noteHeld(seen, undefined)),
  ...forSeen("out of reach", ["LAUNCHED", "RUNNING"], (seen) => noteOutOfReach(seen, ERROR, NOW)),
  { name: "ending announced", write: noteEnding(1, HANDLE, "Spot", NOW) },
  ...forSeen("a stray stopped", ["LAUNCHED", "SUCCEEDED"], (seen) => noteStray(seen, "attempt 1 was found running", NOW)),
  ...forSeen("missing", ["LAUNCHED", "RUNNING"], (seen) => noteMissing(seen, NOW, NOW + 60_000)),
  ...forSeen("lost, launched", ["LAUNCHED", "RUNNING"], (seen) => markLost(seen, "gone", { now: NOW, expiresAt: EXPIRES })),
  { name: "lost, never seen", write: markLost(item({ state: "LAUNCHING" }), "gone", { now: NOW, expiresAt: EXPIRES }) },
  {
    name: "lost, lease ran out",
    write: markLost(item({ state: "LAUNCHING", owner: "ours", leaseUntil: NOW - 1 }), "gone", { now: NOW, expiresAt: EXPIRES }),
  },
  { name: "sweep", write: bump(NOW - 10, NOW + 120_000) },
  ...forSeen("told", ["LAUNCHED", "SUCCEEDED", "FAILED", "CANCELLED", "LOST", "REJECTED", "EXPIRED"], (seen) =>
    announced({ ...seen, changes: 1, nextCheckAt: NOW }, NOW + 60_000),
  ),
  {
    name: "launched, to be told",
    write: announcing(recordAccepted(OURS, { id: HANDLE }, { now: NOW, nextCheckAt: NOW + 60_000 }), { state: "LAUNCHED", at: NOW }),
  },
  {
    name: "ended, to be told",
    write: announcing(observeEnded(EVIDENCE, { state: "SUCCEEDED", exitCode: 0 }, ENDED), { state: "SUCCEEDED", at: NOW }),
  },
  ...forSeen("reopen", ["REJECTED", "EXPIRED", "LOST"], (seen) => reopen(seen, NOW)),
];
