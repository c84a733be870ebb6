/** The writes of a launch, row by row of the protocol: accept, claim, resume, record. */
import { expect, test } from "vitest";
import type { TimelineEntry } from "../../shared/core/record.ts";
import type { Write } from "../../shared/core/write.ts";
import { writes } from "../support/all-writes.ts";
import { attemptNumber, ERROR, EVIDENCE, EXPIRES, HANDLE, item, LEASE_UNTIL, NEW_RUN, NOW, OURS } from "../support/every-write.ts";
import { failureOf } from "../support/service-double.ts";
import {
  CLAIMED,
  EXISTING,
  expectRow,
  HELD,
  LAUNCHED,
  LEASE,
  NOT_MINE,
  NOT_SEEN,
  type Row,
  SETTLED,
  UNHELD,
  WAITS,
} from "../support/write-rows.ts";

const next = { attempt: 1, owner: "next", now: NOW, leaseUntil: LEASE_UNTIL };
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
    removes: ["dueAt", "handle", "links", "version", "unsettled", "calledAt", "missingAt", "launchedAt", "startedAt", "stopFrom", "wakes"],
    keeps: ["giveUpAt", "tries", "request"],
    nextCheckAt: LEASE_UNTIL,
  },
  {
    rule: "claim, wake-up of an accepted run",
    write: writes.claimSeen(item({ state: "ACCEPTED", attempt: 0 }), attemptNumber(1)),
    holds: { accepted: item({ state: "ACCEPTED", attempt: 0 }) },
    refused: {
      claimed: item({ state: "LAUNCHING", attempt: 1 }),
      "a cancel was requested": item({ state: "ACCEPTED", attempt: 0, cancelRequestedAt: 1 }),
    },
    sets: { ...CLAIMED, attempt: 1 },
    removes: [],
    nextCheckAt: LEASE_UNTIL,
  },
  {
    rule: "resume, nobody holds it: attempt, its time, target and place stay",
    write: writes.resume(UNHELD, next),
    holds: { "as seen": UNHELD, "cancelled meanwhile": { ...UNHELD, cancelRequestedAt: 1 } },
    refused: {
      "somebody holds it": HELD,
      "somebody's lease ran out": { ...HELD, leaseUntil: 1 },
      "another attempt": { ...UNHELD, attempt: 2 },
      waits: WAITS,
      launched: LAUNCHED,
      "no item": undefined,
    },
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
    sets: {
      owner: "next",
      leaseUntil: LEASE_UNTIL,
      unsettled: true,
      calledAt: NOW - 1,
      lostLeases: 4,
      attempt: 1,
      target: "one",
      place: "here",
    },
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
    write: writes.recordAccepted(OURS, { id: HANDLE, links: { log: "l" } }, { now: NOW, nextCheckAt: NOW + 60_000, stopFrom: NOW + 5 }),
    holds: { mine: { ...HELD, giveUpAt: 8 }, "cancelled meanwhile": { ...HELD, cancelRequestedAt: 1 } },
    refused: NOT_MINE,
    sets: { state: "LAUNCHED", handle: HANDLE, links: { log: "l" }, launchedAt: NOW, stopFrom: NOW + 5 },
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
];

test.each(ROWS)("$rule", expectRow);

test("the fifth lease in a row that ended unreturned makes the run itself suspect", () => {
  expect(writes.resume({ ...HELD, lostLeases: 3 }, next).set.error).toBeUndefined();
  expect(writes.resume({ ...HELD, lostLeases: 4 }, next).set.error).toMatchObject({ code: "CRASHES_DISPATCHER" });
  // Nobody lost the lease of an attempt that has none.
  expect(writes.resume({ ...UNHELD, lostLeases: 4 }, next).set.error).toBeUndefined();
});

/** What may come again and again, and what comes once for an attempt, or at an operator's word. */
const AGAIN: Readonly<Record<string, (full: Full) => Write>> = {
  "an outcome unknown": (full) => writes.recordUnknown(full, ERROR, { now: NOW, calledAt: NOW, dueAt: NOW }),
  "a wait": (full) => writes.recordWaiting(full, ERROR, { now: NOW, dueAt: NOW, nextCheckAt: NOW }),
  "a resume": (full) => writes.resume(full, next),
  "a claim": (full) => writes.claimSeen(full, attemptNumber(2)),
  "a fallback": (full) => writes.nextAttempt(full, attemptNumber(2), failureOf("capacity")),
  "seen alive, missed meanwhile": (full) => writes.observeAlive({ ...EVIDENCE, timeline: full.timeline }, "RUNNING", undefined, NOW),
  "a relaunch": (full) => writes.relaunch({ ...EVIDENCE, timeline: full.timeline }, 100, ERROR, NOW),
  "out of reach": (full) => writes.noteOutOfReach(full, ERROR, NOW),
  "a stray": (full) => writes.noteStray(full, "a stray", NOW),
};
const ONCE: Readonly<Record<string, (full: Full) => Write>> = {
  "a launch": (full) => writes.recordAccepted(full, EVIDENCE.handle, { now: NOW, nextCheckAt: NOW }),
  "a refusal": (full) => writes.recordRejected(full, ERROR, NOW, EXPIRES),
  "an end before the launch": (full) => writes.endSeen(full, "EXPIRED", ERROR, NOW, EXPIRES),
  "an end that was seen": (full) =>
    writes.observeEnded({ ...EVIDENCE, timeline: full.timeline }, { state: "SUCCEEDED", exitCode: 0 }, { endedAt: 1, expiresAt: 2 }),
  lost: (full) => writes.markLost(full, "why", { now: NOW, expiresAt: EXPIRES }),
  "a reopen": (full) => writes.reopen(full, NOW),
};
type Full = typeof HELD & typeof OURS & { readonly timeline: readonly TimelineEntry[] };

function withHistory(entries: number): Full {
  return { ...HELD, ...OURS, timeline: new Array(entries).fill({ at: 1, event: "outcome unknown" }) };
}

test.each(Object.entries(AGAIN))("a run's history stops growing where it would fill the item: %s", (_what, write) => {
  expect(write(withHistory(99)).append).toBeDefined();
  expect(write(withHistory(100)).append).toBeUndefined();
});

test.each(Object.entries(ONCE))("of a history that has stopped growing the ends are still told, and not for ever: %s", (_what, write) => {
  expect(write(withHistory(149)).append).toBeDefined();
  expect(write(withHistory(150)).append).toBeUndefined();
});

test("the record has the whole of what went wrong last, its history the beginning", () => {
  const error = { ...ERROR, message: "x".repeat(3000) };
  for (const { set, append } of [
    writes.recordRejected(OURS, error, NOW, EXPIRES),
    writes.endNew(NEW_RUN, "REJECTED", error, NOW, EXPIRES),
    writes.endSeen(WAITS, "REJECTED", error, NOW, EXPIRES),
    writes.relaunch(EVIDENCE, 2, error, NOW),
  ]) {
    expect(set.error).toEqual(error);
    expect(append?.message).toBe(`${"x".repeat(500)}… (3000 characters)`);
  }
});

test("what people read of a run's history tells which attempt, where, and why", () => {
  expect(writes.claimSeen(WAITS, attemptNumber(2)).append).toEqual({ at: NOW, event: "claimed", attempt: 2, target: "one" });
  expect(writes.nextAttempt(OURS, attemptNumber(2), failureOf("capacity")).append).toEqual({
    at: NOW,
    event: "fell back",
    attempt: 2,
    target: "one",
    code: "CAPACITY",
  });
  expect(writes.recordRejected(OURS, ERROR, NOW, EXPIRES).append).toEqual({ at: NOW, event: "rejected", ...ERROR });
});
