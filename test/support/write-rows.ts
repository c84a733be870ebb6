/** The protocol's writes as rows of a test, and the situations that its conditions are about. */
import { expect } from "vitest";
import type { RunAttribute, RunRecord } from "../../shared/core/record.ts";
import type { RunState } from "../../shared/core/run-state.ts";
import type { Write } from "../../shared/core/write.ts";
import { applied, holds } from "./conditions.ts";
import { ERROR, EXPIRES, HANDLE, item, LEASE_UNTIL, NOW } from "./every-write.ts";

type Item = RunRecord | undefined;

/** One write of the protocol. */
export interface Row {
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

export const TOMBSTONE: RunRecord = { id: "run-1", key: "key", attempt: 0, cancelRequestedAt: 1, expiresAt: EXPIRES };
export const ACTIVE: readonly RunState[] = ["ACCEPTED", "WAITING", "LAUNCHING", "LAUNCHED", "RUNNING"];
export const ENDED: readonly RunState[] = ["SUCCEEDED", "FAILED", "CANCELLED", "LOST", "REJECTED", "EXPIRED"];

export function inStates(states: readonly RunState[], over: Partial<RunRecord> = {}): Readonly<Record<string, Item>> {
  return Object.fromEntries(states.map((state) => [state, item({ state, ...over })]));
}

export const EXISTING: Readonly<Record<string, Item>> = { "a tombstone": TOMBSTONE, ...inStates([...ACTIVE, ...ENDED]) };

export const HELD = item({
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
export const UNHELD = item({
  state: "LAUNCHING",
  nextCheckAt: 6,
  attemptAt: 5,
  target: "one",
  place: "here",
  unsettled: true,
  calledAt: 4,
  dueAt: 6,
  wakes: 4,
});
export const NOT_MINE: Readonly<Record<string, Item>> = {
  "the lease is another's": { ...HELD, owner: "another" },
  "the lease was given back": UNHELD,
  "an event took the lease": item({ state: "RUNNING", handle: HANDLE }),
  "another attempt": { ...HELD, attempt: 2 },
  "no item": undefined,
};
export const WAITS = item({
  state: "WAITING",
  dueAt: 7,
  giveUpAt: 8,
  nextCheckAt: 7,
  handle: "old",
  version: 9,
  links: { log: "old" },
  launchedAt: 1,
  startedAt: 2,
  missingAt: 3,
  stopFrom: 4,
  wakes: 2,
  error: ERROR,
  tries: 3,
});
export const NOT_SEEN: Readonly<Record<string, Item>> = {
  "another attempt": { ...WAITS, attempt: 2 },
  "it was claimed": { ...HELD, attempt: 1 },
  "it ended": item({ state: "CANCELLED", expiresAt: EXPIRES }),
  "no item": undefined,
};
export const LAUNCHED = item({
  state: "LAUNCHED",
  handle: HANDLE,
  version: 1,
  place: "here",
  launchedAt: 3,
  nextCheckAt: 4,
  missingAt: 2,
  stopFrom: 5,
  wakes: 7,
});
export const WAS_LOST = item({ state: "LOST", endedAt: 9, expiresAt: EXPIRES, error: { code: "LOST", message: "" } });
export const OBSERVABLE: Readonly<Record<string, Item>> = {
  "launching, held by a dispatcher": { ...HELD, giveUpAt: 8 },
  "launching, unknown": UNHELD,
  launched: LAUNCHED,
  "launched, without a version": item({ state: "LAUNCHED", handle: HANDLE }),
  running: item({ state: "RUNNING", handle: HANDLE, version: 1 }),
  "lost, never seen": WAS_LOST,
  "lost, with its handle": { ...WAS_LOST, handle: HANDLE },
};
export const NOT_OBSERVABLE: Readonly<Record<string, Item>> = {
  "another attempt": { ...LAUNCHED, attempt: 2 },
  "another handle": { ...LAUNCHED, handle: "another" },
  "the same version again": { ...LAUNCHED, version: 2 },
  "an older version": { ...LAUNCHED, version: 3 },
  "it waits": WAITS,
  ...inStates(["SUCCEEDED", "FAILED", "CANCELLED", "REJECTED", "EXPIRED"]),
  "no item": undefined,
  "a tombstone": TOMBSTONE,
};
export const LEASE: readonly RunAttribute[] = ["owner", "leaseUntil"];
export const SETTLED: readonly RunAttribute[] = [...LEASE, "unsettled", "calledAt", "dueAt", "giveUpAt", "tries", "lostLeases", "wakes"];
export const CLAIMED: Partial<RunRecord> = {
  state: "LAUNCHING",
  attemptAt: NOW,
  owner: "ours",
  leaseUntil: LEASE_UNTIL,
  target: "one",
  launcher: "double",
  place: "here",
  planDigest: "plan",
};

/** The write is applied in the situations of its row and in no other, and does what the row says. */
export function expectRow(row: Row): void {
  for (const [situation, before] of Object.entries(row.holds))
    expect([situation, holds(row.write.condition, before)]).toEqual([situation, true]);
  for (const [situation, before] of Object.entries(row.refused))
    expect([situation, holds(row.write.condition, before)]).toEqual([situation, false]);
  const before = Object.values(row.holds)[0];
  const after = applied(row.write, "key", before);
  expect(after).toMatchObject(row.sets);
  expect(after.nextCheckAt).toBe(row.nextCheckAt);
  expect(row.removes.filter((name) => after[name] !== undefined)).toEqual([]);
  for (const name of row.keeps ?? []) expect([name, after[name]]).toEqual([name, before?.[name]]);
}
