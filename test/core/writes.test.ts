import { expect, test } from "vitest";
import type { RunAttribute, RunRecord } from "../../shared/core/record.ts";
import type { RunState } from "../../shared/core/run-state.ts";
import type { Write } from "../../shared/core/write.ts";
import * as writes from "../../shared/core/writes.ts";
import { applied, holds } from "../support/conditions.ts";
import { attemptNumber, ERROR, EVIDENCE, EXPIRES, HANDLE, item, LEASE_UNTIL, NEW_RUN, NOW, OURS } from "../support/every-write.ts";
import { failureOf } from "../support/service-double.ts";

type Item = RunRecord | undefined;

/** One row of PROTOCOL.md's table. */
interface Row {
  readonly rule: string;
  readonly write: Write;
  /** Situations in which it is applied, by what is special about each. The first is the one that the rest of the row is about. */
  readonly holds: Readonly<Record<string, Item>>;
  readonly refused: Readonly<Record<string, Item>>;
  readonly sets: Partial<RunRecord>;
  readonly removes: readonly RunAttribute[];
  /** What an item of the first situation has and keeps. */
  readonly keeps?: readonly RunAttribute[];
  readonly nextCheckAt: number | undefined;
}

const TOMBSTONE: RunRecord = { id: "run-1", key: "key", attempt: 0, cancelRequestedAt: 1, expiresAt: EXPIRES };
const ACTIVE: readonly RunState[] = ["ACCEPTED", "WAITING", "LAUNCHING", "LAUNCHED", "RUNNING"];
const ENDED: readonly RunState[] = ["SUCCEEDED", "FAILED", "CANCELLED", "LOST", "REJECTED", "EXPIRED"];

function inStates(states: readonly RunState[], over: Partial<RunRecord> = {}): Readonly<Record<string, Item>> {
  return Object.fromEntries(states.map((state) => [state, item({ state, ...over })]));
}

const EXISTING: Readonly<Record<string, Item>> = { "a tombstone": TOMBSTONE, ...inStates([...ACTIVE, ...ENDED]) };

const HELD = item({
  state: "LAUNCHING",
  owner: "ours",
  leaseUntil: LEASE_UNTIL,
  nextCheckAt: LEASE_UNTIL,
  attemptAt: 5,
  target: "one",
  place: "here",
  planDigest: "plan",
  unsettled: true,
  calledAt: 4,
  dueAt: 6,
  tries: 2,
  lostLeases: 3,
  wakes: 1,
  error: ERROR,
});
const UNHELD = item({ state: "LAUNCHING", nextCheckAt: 6, attemptAt: 5, target: "one", place: "here", unsettled: true, calledAt: 4, dueAt: 6, wakes: 4 });
const NOT_MINE: Readonly<Record<string, Item>> = {
  "the lease is another's": { ...HELD, owner: "another" },
  "the lease was given back": UNHELD,
  "an event took the lease": item({ state: "RUNNING", handle: HANDLE }),
  "another attempt": { ...HELD, attempt: 2 },
  "no item": undefined,
};
const WAITS = item({ state: "WAITING", dueAt: 7, giveUpAt: 8, nextCheckAt: 7, handle: "old", version: 9, links: { log: "old" }, launchedAt: 1, startedAt: 2, missingAt: 3, wakes: 2, error: ERROR, tries: 3 });
const NOT_SEEN: Readonly<Record<string, Item>> = {
  "another attempt": { ...WAITS, attempt: 2 },
  "it was claimed": { ...HELD, attempt: 1 },
  "it ended": item({ state: "CANCELLED", expiresAt: EXPIRES }),
  "no item": undefined,
};
const LAUNCHED = item({ state: "LAUNCHED", handle: HANDLE, version: 1, place: "here", launchedAt: 3, nextCheckAt: 4, missingAt: 2, wakes: 7 });
const WAS_LOST = item({ state: "LOST", endedAt: 9, expiresAt: EXPIRES, error: { code: "LOST", message: "" } });
const OBSERVABLE: Readonly<Record<string, Item>> = {
  "launching, held by a dispatcher": { ...HELD, giveUpAt: 8 },
  "launching, unknown": UNHELD,
  launched: LAUNCHED,
  "launched, without a version": item({ state: "LAUNCHED", handle: HANDLE }),
  running: item({ state: "RUNNING", handle: HANDLE, version: 1 }),
  "lost, never seen": WAS_LOST,
  "lost, with its handle": { ...WAS_LOST, handle: HANDLE },
};
const NOT_OBSERVABLE: Readonly<Record<string, Item>> = {
  "another attempt": { ...LAUNCHED, attempt: 2 },
  "another handle": { ...LAUNCHED, handle: "another" },
  "the same version again": { ...LAUNCHED, version: 2 },
  "an older version": { ...LAUNCHED, version: 3 },
  "it waits": WAITS,
  ...inStates(["SUCCEEDED", "FAILED", "CANCELLED", "REJECTED", "EXPIRED"]),
  "no item": undefined,
  "a tombstone": TOMBSTONE,
};
const LEASE: readonly RunAttribute[] = ["owner", "leaseUntil"];
const SETTLED: readonly RunAttribute[] = [...LEASE, "unsettled", "calledAt", "dueAt", "giveUpAt", "tries", "lostLeases", "wakes"];
const CLAIMED: Partial<RunRecord> = { state: "LAUNCHING", attemptAt: NOW, owner: "ours", leaseUntil: LEASE_UNTIL, target: "one", launcher: "double", place: "here", planDigest: "plan" };
const next = { attempt: 1, owner: "next", now: NOW, leaseUntil: LEASE_UNTIL };
const times = { now: NOW, expiresAt: EXPIRES };
const { digest, request } = NEW_RUN;

const ROWS: readonly Row[] = [
  {
    rule: "accept",
    write: writes.accept(NEW_RUN, NOW, NOW + 60_000),
    holds: { "no item": undefined },
    refused: EXISTING,
    sets: { state: "ACCEPTED", attempt: 0, digest, request },
    removes: [],
    nextCheckAt: NOW + 60_000,
  },
  {
    rule: "claim, full message",
    write: writes.claimNew(NEW_RUN, attemptNumber(1)),
    holds: { "no item": undefined },
    refused: EXISTING,
    sets: { ...CLAIMED, attempt: 1, digest, request },
    removes: [],
    nextCheckAt: LEASE_UNTIL,
  },
  {
    rule: "reject in step 2, a new run: the sealed request is kept, reopen needs it",
    write: writes.endNew(NEW_RUN, "REJECTED", ERROR, NOW, EXPIRES),
    holds: { "no item": undefined },
    refused: EXISTING,
    sets: { state: "REJECTED", error: ERROR, request, expiresAt: EXPIRES, endedAt: NOW },
    removes: [],
    nextCheckAt: undefined,
  },
  {
    rule: "reject in step 2, a run that waits",
    write: writes.endSeen(WAITS, "REJECTED", ERROR, NOW, EXPIRES),
    holds: { "as seen": WAITS, "cancelled meanwhile": { ...WAITS, cancelRequestedAt: 1 } },
    refused: NOT_SEEN,
    sets: { state: "REJECTED", error: ERROR, expiresAt: EXPIRES },
    removes: ["dueAt", "giveUpAt", "nextCheckAt", "wakes"],
    keeps: ["request"],
    nextCheckAt: undefined,
  },
  {
    rule: "claim, wake-up",
    write: writes.claimSeen(WAITS, attemptNumber(2)),
    holds: { "as seen": WAITS },
    refused: { ...NOT_SEEN, "a cancel was requested": { ...WAITS, cancelRequestedAt: 1 } },
    sets: { ...CLAIMED, attempt: 2 },
    removes: ["dueAt", "handle", "links", "version", "unsettled", "calledAt", "missingAt", "launchedAt", "startedAt", "wakes"],
    keeps: ["giveUpAt", "tries", "request"],
    nextCheckAt: LEASE_UNTIL,
  },
  {
    rule: "claim, wake-up of an accepted run",
    write: writes.claimSeen(item({ state: "ACCEPTED", attempt: 0 }), attemptNumber(1)),
    holds: { accepted: item({ state: "ACCEPTED", attempt: 0 }) },
    refused: { claimed: item({ state: "LAUNCHING", attempt: 1 }), "a cancel was requested": item({ state: "ACCEPTED", attempt: 0, cancelRequestedAt: 1 }) },
    sets: { ...CLAIMED, attempt: 1 },
    removes: [],
    nextCheckAt: LEASE_UNTIL,
  },
  {
    rule: "resume, nobody holds it: attempt, its time, target and place stay",
    write: writes.resume(UNHELD, next),
    holds: { "as seen": UNHELD, "cancelled meanwhile": { ...UNHELD, cancelRequestedAt: 1 } },
    refused: { "somebody holds it": HELD, "somebody's lease ran out": { ...HELD, leaseUntil: 1 }, "another attempt": { ...UNHELD, attempt: 2 }, waits: WAITS, launched: LAUNCHED, "no item": undefined },
    sets: { owner: "next", leaseUntil: LEASE_UNTIL, attempt: 1, attemptAt: 5, target: "one", place: "here", calledAt: 4 },
    removes: ["wakes"],
    nextCheckAt: LEASE_UNTIL,
  },
  {
    rule: "resume, a lease ran out: the attempt is in doubt, and its last call was made before the lease ended",
    write: writes.resume({ ...HELD, leaseUntil: NOW - 1 }, next),
    holds: { "as seen": { ...HELD, leaseUntil: NOW - 1 } },
    refused: {
      "the lease lives": HELD,
      "the lease ends now": { ...HELD, leaseUntil: NOW },
      "another took it": { ...HELD, owner: "another", leaseUntil: NOW - 1 },
      "its holder came back and gave it up": UNHELD,
      launched: LAUNCHED,
    },
    sets: { owner: "next", leaseUntil: LEASE_UNTIL, unsettled: true, calledAt: NOW - 1, lostLeases: 4, attempt: 1, target: "one", place: "here" },
    removes: ["wakes"],
    nextCheckAt: LEASE_UNTIL,
  },
  {
    rule: "next attempt: only where the refused one is ours and no cancel came",
    write: writes.nextAttempt(OURS, { ...attemptNumber(2), owner: "new", target: "two" }, failureOf("capacity")),
    holds: { "as seen": HELD },
    refused: { ...NOT_MINE, "a cancel was requested": { ...HELD, cancelRequestedAt: 1 } },
    sets: { ...CLAIMED, attempt: 2, owner: "new", target: "two" },
    removes: ["unsettled", "calledAt"],
    nextCheckAt: LEASE_UNTIL,
  },
  {
    rule: "record accepted",
    write: writes.recordAccepted(OURS, { id: HANDLE, links: { log: "l" } }, NOW, NOW + 60_000),
    holds: { mine: { ...HELD, giveUpAt: 8 }, "cancelled meanwhile": { ...HELD, cancelRequestedAt: 1 } },
    refused: NOT_MINE,
    sets: { state: "LAUNCHED", handle: HANDLE, links: { log: "l" }, launchedAt: NOW },
    removes: [...SETTLED, "error"],
    keeps: ["request", "attempt", "target", "place"],
    nextCheckAt: NOW + 60_000,
  },
  {
    rule: "record unknown: stays LAUNCHING",
    write: writes.recordUnknown(OURS, ERROR, { now: NOW, calledAt: NOW - 3, dueAt: NOW + 30_000 }),
    holds: { mine: HELD },
    refused: NOT_MINE,
    sets: { state: "LAUNCHING", unsettled: true, calledAt: NOW - 3, dueAt: NOW + 30_000, error: ERROR, tries: 3, attempt: 1 },
    removes: [...LEASE, "lostLeases"],
    nextCheckAt: NOW + 30_000,
  },
  {
    rule: "record refused, passing: the time to give up starts with the first wait",
    write: writes.recordWaiting(OURS, ERROR, { now: NOW, dueAt: NOW + 30_000, nextCheckAt: NOW + 30_000, giveUpAt: NOW + 100 }),
    holds: { mine: HELD },
    refused: NOT_MINE,
    sets: { state: "WAITING", dueAt: NOW + 30_000, error: ERROR, tries: 3, giveUpAt: NOW + 100 },
    removes: [...LEASE, "unsettled", "calledAt", "lostLeases"],
    nextCheckAt: NOW + 30_000,
  },
  {
    rule: "record refused, passing: a later wait does not put off giving up",
    write: writes.recordWaiting(OURS, ERROR, { now: NOW, dueAt: NOW, nextCheckAt: NOW + 30_000, giveUpAt: NOW + 100 }),
    holds: { mine: { ...HELD, giveUpAt: 50 } },
    refused: NOT_MINE,
    sets: { state: "WAITING", dueAt: NOW, giveUpAt: 50 },
    removes: LEASE,
    nextCheckAt: NOW + 30_000,
  },
  {
    rule: "record refused, for good",
    write: writes.recordRejected(OURS, ERROR, NOW, EXPIRES),
    holds: { mine: { ...HELD, giveUpAt: 8 } },
    refused: NOT_MINE,
    sets: { state: "REJECTED", error: ERROR, expiresAt: EXPIRES, endedAt: NOW },
    removes: [...LEASE, "unsettled", "calledAt", "dueAt", "giveUpAt", "nextCheckAt"],
    keeps: ["request"],
    nextCheckAt: undefined,
  },
  {
    rule: "observe alive: the event settles the attempt and takes the lease",
    write: writes.observeAlive(EVIDENCE, "RUNNING", NOW - 5, NOW + 60_000),
    holds: OBSERVABLE,
    refused: NOT_OBSERVABLE,
    sets: { state: "RUNNING", handle: HANDLE, version: 2, startedAt: NOW - 5, launchedAt: NOW - 5 },
    removes: [...SETTLED, "error", "missingAt", "expiresAt"],
    nextCheckAt: NOW + 60_000,
  },
  {
    rule: "observe alive, out of LOST: active again, and no longer to be forgotten",
    write: writes.observeAlive(EVIDENCE, "LAUNCHED", undefined, NOW + 60_000),
    holds: { lost: WAS_LOST },
    refused: { ...NOT_OBSERVABLE, "it runs already": item({ state: "RUNNING", handle: HANDLE }) },
    sets: { state: "LAUNCHED", handle: HANDLE, launchedAt: NOW },
    removes: ["expiresAt", "endedAt", "error"],
    nextCheckAt: NOW + 60_000,
  },
  {
    rule: "observe the end",
    write: writes.observeEnded(EVIDENCE, { state: "FAILED", failure: { class: "app_error", exitCode: 3, reason: "it said 3" } }, { startedAt: 4, endedAt: 5, expiresAt: EXPIRES }),
    holds: OBSERVABLE,
    refused: NOT_OBSERVABLE,
    sets: { state: "FAILED", handle: HANDLE, version: 2, endedAt: 5, startedAt: 4, launchedAt: 4, expiresAt: EXPIRES, exitCode: 3, failure: { class: "app_error", exitCode: 3, reason: "it said 3" } },
    removes: [...SETTLED, "error", "missingAt", "nextCheckAt"],
    nextCheckAt: undefined,
  },
  {
    rule: "observe without a version: the handle and the attempt decide",
    write: writes.observeEnded({ attempt: 1, handle: { id: HANDLE }, now: NOW }, { state: "SUCCEEDED", exitCode: 0 }, { endedAt: 5, expiresAt: EXPIRES }),
    holds: { "a version was seen": { ...LAUNCHED, version: 99 }, "none was seen": item({ state: "RUNNING" }) },
    refused: { "another handle": { ...LAUNCHED, handle: "another" }, "another attempt": { ...LAUNCHED, attempt: 2 } },
    sets: { state: "SUCCEEDED", exitCode: 0, version: 99 },
    removes: ["nextCheckAt"],
    nextCheckAt: undefined,
  },
  {
    rule: "relaunch: a new attempt later, while there are any left and no cancel came",
    write: writes.relaunch(EVIDENCE, 2, ERROR, NOW + 30_000),
    holds: {
      launched: { ...LAUNCHED, relaunches: 1, startedAt: 5 },
      "launching, held": HELD,
      "the first time": LAUNCHED,
    },
    refused: { ...NOT_OBSERVABLE, "it was running": item({ state: "RUNNING", handle: HANDLE }), "no more are left": { ...LAUNCHED, relaunches: 2 }, "a cancel was requested": { ...LAUNCHED, cancelRequestedAt: 1 } },
    sets: { state: "WAITING", relaunches: 2, dueAt: NOW + 30_000, error: ERROR },
    removes: ["handle", "version", ...LEASE, "unsettled", "calledAt", "launchedAt", "startedAt", "missingAt"],
    nextCheckAt: NOW + 30_000,
  },
  {
    rule: "relaunch, out of LOST: active again, and no longer to be forgotten",
    write: writes.relaunch(EVIDENCE, 2, ERROR, NOW + 30_000),
    holds: { lost: WAS_LOST },
    refused: {},
    sets: { state: "WAITING", relaunches: 1 },
    removes: ["expiresAt", "endedAt"],
    nextCheckAt: NOW + 30_000,
  },
  {
    rule: "cancel: whatever the run does, it is looked at now",
    write: writes.requestCancel(NOW),
    holds: inStates(ACTIVE, { nextCheckAt: 9 }),
    refused: { "no item": undefined, "a tombstone": TOMBSTONE, ...inStates(ENDED) },
    sets: { state: "ACCEPTED", cancelRequestedAt: NOW },
    removes: [],
    nextCheckAt: NOW,
  },
  {
    rule: "cancel again: the time of the first stays",
    write: writes.requestCancel(NOW),
    holds: inStates(ACTIVE, { cancelRequestedAt: 1 }),
    refused: {},
    sets: { cancelRequestedAt: 1 },
    removes: [],
    nextCheckAt: NOW,
  },
  {
    rule: "tombstone: no state, no digest, nothing that an index shows",
    write: writes.tombstone("run-1", NOW, EXPIRES),
    holds: { "no item": undefined },
    refused: EXISTING,
    sets: { id: "run-1", cancelRequestedAt: NOW, expiresAt: EXPIRES },
    removes: ["state", "digest", "activeShard", "recentShard", "nextCheckAt", "createdAt"],
    nextCheckAt: undefined,
  },
  {
    rule: "request meets tombstone",
    write: writes.cancelTombstone(NEW_RUN, NOW, EXPIRES),
    holds: { "a tombstone": TOMBSTONE },
    refused: { "no item": undefined, ...inStates([...ACTIVE, ...ENDED]) },
    sets: { state: "CANCELLED", digest, request, cancelRequestedAt: 1, expiresAt: EXPIRES },
    removes: [],
    nextCheckAt: undefined,
  },
  {
    rule: "cancelled before launch: no reason is left from an earlier wait",
    write: writes.endSeen(WAITS, "CANCELLED", undefined, NOW, EXPIRES),
    holds: { "as seen": WAITS },
    refused: NOT_SEEN,
    sets: { state: "CANCELLED", endedAt: NOW, expiresAt: EXPIRES },
    removes: ["dueAt", "giveUpAt", "nextCheckAt", "wakes", "error"],
    nextCheckAt: undefined,
  },
  {
    rule: "expired before launch",
    write: writes.endSeen(WAITS, "EXPIRED", ERROR, NOW, EXPIRES),
    holds: { "as seen": WAITS },
    refused: NOT_SEEN,
    sets: { state: "EXPIRED", error: ERROR },
    removes: ["dueAt", "giveUpAt", "nextCheckAt"],
    nextCheckAt: undefined,
  },
  {
    rule: "lost, an attempt that nothing was seen of",
    write: writes.markLost(UNHELD, "gone", times),
    holds: { "as seen": UNHELD },
    refused: { "somebody holds it": HELD, "another attempt": { ...UNHELD, attempt: 2 }, launched: LAUNCHED, waits: WAITS },
    sets: { state: "LOST", error: { code: "LOST", message: "gone" }, expiresAt: EXPIRES, endedAt: NOW },
    removes: ["unsettled", "calledAt", "dueAt", "nextCheckAt"],
    nextCheckAt: undefined,
  },
  {
    rule: "lost, a handle that the place asked knows no more",
    write: writes.markLost(LAUNCHED, "gone", times),
    holds: { "as seen": LAUNCHED },
    refused: {
      "it runs meanwhile": { ...LAUNCHED, state: "RUNNING" },
      "another attempt": { ...LAUNCHED, attempt: 2 },
      "another handle": { ...LAUNCHED, handle: "another" },
      "it was launched in another place": { ...LAUNCHED, place: "elsewhere" },
    },
    sets: { state: "LOST", handle: HANDLE, error: { code: "LOST", message: "gone" } },
    removes: ["nextCheckAt", "wakes"],
    nextCheckAt: undefined,
  },
  {
    rule: "missing: noted, and looked at again",
    write: writes.noteMissing(LAUNCHED, NOW, NOW + 60_000),
    holds: { "as seen": LAUNCHED },
    refused: { "it runs meanwhile": { ...LAUNCHED, state: "RUNNING" }, "it was launched in another place": { ...LAUNCHED, place: "elsewhere" }, ended: item({ state: "SUCCEEDED", handle: HANDLE }) },
    sets: { state: "LAUNCHED", missingAt: NOW },
    removes: [],
    nextCheckAt: NOW + 60_000,
  },
  {
    rule: "sweep: of two sweeps one takes a run up",
    write: writes.bump(4, NOW + 120_000),
    holds: { "as seen": { ...LAUNCHED, nextCheckAt: 4 } },
    refused: { "another sweep took it": { ...LAUNCHED, nextCheckAt: 5 }, "it ended": item({ state: "SUCCEEDED" }), "no item": undefined },
    sets: { state: "LAUNCHED", wakes: 8 },
    removes: [],
    nextCheckAt: NOW + 120_000,
  },
  {
    rule: "reopen: due now, with fresh budgets, and without the cancel",
    write: writes.reopen({ attempt: 1, state: "REJECTED" }, NOW),
    holds: { rejected: item({ state: "REJECTED", error: ERROR, cancelRequestedAt: 1, giveUpAt: 2, expiresAt: EXPIRES, endedAt: 3, relaunches: 2 }) },
    refused: { "another attempt": item({ state: "REJECTED", attempt: 2 }), ...inStates([...ACTIVE, "LOST", "EXPIRED", "SUCCEEDED", "FAILED", "CANCELLED"]), "no item": undefined },
    sets: { state: "WAITING", dueAt: NOW, relaunches: 0, reopenedAt: NOW },
    removes: ["cancelRequestedAt", "giveUpAt", "expiresAt", "endedAt", "error"],
    keeps: ["request"],
    nextCheckAt: NOW,
  },
];

test.each(ROWS)("$rule", (row) => {
  for (const [situation, before] of Object.entries(row.holds)) expect([situation, holds(row.write.condition, before)]).toEqual([situation, true]);
  for (const [situation, before] of Object.entries(row.refused)) expect([situation, holds(row.write.condition, before)]).toEqual([situation, false]);
  const before = Object.values(row.holds)[0];
  const after = applied(row.write, "key", before);
  expect(after).toMatchObject(row.sets);
  expect(after.nextCheckAt).toBe(row.nextCheckAt);
  expect(row.removes.filter((name) => after[name] !== undefined)).toEqual([]);
  for (const name of row.keeps ?? []) expect([name, after[name]]).toEqual([name, before?.[name]]);
});

test("a run's history stops growing where it would fill the item", () => {
  const timeline = new Array(100).fill({ at: 1, event: "outcome unknown" });
  const full = { ...HELD, ...OURS, timeline };
  expect(writes.recordUnknown(full, ERROR, { now: NOW, calledAt: NOW, dueAt: NOW }).append).toBeUndefined();
  expect(writes.recordWaiting(full, ERROR, { now: NOW, dueAt: NOW, nextCheckAt: NOW }).append).toBeUndefined();
  expect(writes.resume(full, next).append).toBeUndefined();
});

test("what people read of a run's history tells which attempt, where, and why", () => {
  expect(writes.claimSeen(WAITS, attemptNumber(2)).append).toEqual({ at: NOW, event: "claimed", attempt: 2, target: "one" });
  expect(writes.nextAttempt(OURS, attemptNumber(2), failureOf("capacity")).append).toEqual({ at: NOW, event: "fell back", attempt: 2, target: "one", code: "CAPACITY" });
  expect(writes.recordRejected(OURS, ERROR, NOW, EXPIRES).append).toEqual({ at: NOW, event: "rejected", ...ERROR });
});
