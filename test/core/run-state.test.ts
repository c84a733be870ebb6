import { expect, test } from "vitest";
import type { RunRecord } from "../../shared/core/record.ts";
import { isTerminal, observableBefore, RUN_STATES, type RunState, TRANSITIONS } from "../../shared/core/run-state.ts";
import { applied, holds } from "../support/conditions.ts";
import { EVERY_WRITE, EXPIRES, HANDLE, item, LEASE_UNTIL, NOW } from "../support/every-write.ts";
import { wrongWithChange } from "../support/judge.ts";
import { attributesNamedTwice } from "../support/memory-store.ts";

/** Every combination of one value of each. */
function combinations(choices: readonly (readonly Partial<RunRecord>[])[]): readonly Partial<RunRecord>[] {
  return choices.reduce<readonly Partial<RunRecord>[]>(
    (made, values) => made.flatMap((one) => values.map((value) => ({ ...one, ...value }))),
    [{}],
  );
}

const TO_TELL: Partial<RunRecord> = { unpublished: [{ state: "LAUNCHED", at: NOW }], changes: 1 };

/** Items in a state, in all the shapes that the protocol gives them. */
function itemsIn(state: RunState): readonly RunRecord[] {
  if (isTerminal(state))
    return combinations([
      [{}, { handle: HANDLE }],
      [{}, { version: 1 }, { version: 2 }],
      [{}, { cancelRequestedAt: 1 }],
      [{}, { ...TO_TELL, nextCheckAt: NOW }],
    ]).map((over) => item({ state, endedAt: 1, expiresAt: EXPIRES, ...over }));
  const leases: readonly Partial<RunRecord>[] = [
    {},
    { owner: "ours", leaseUntil: LEASE_UNTIL },
    { owner: "ours", leaseUntil: NOW - 1 },
    { owner: "other", leaseUntil: NOW - 1 },
  ];
  const active = { state, nextCheckAt: NOW - 10, activeShard: "a#1" };
  return combinations([
    state === "LAUNCHING" ? leases : [{}],
    state === "LAUNCHED" || state === "RUNNING" ? [{ handle: HANDLE }, { handle: "another" }] : [{}],
    [{}, { version: 1 }, { version: 2 }],
    [{}, { cancelRequestedAt: 1 }],
    [{}, { relaunches: 2 }],
    state === "LAUNCHED" || state === "RUNNING" ? [{}, { stopping: { class: "timeout", reason: "" } }] : [{}],
    state === "LAUNCHING" ? [{}, { unsettled: true, calledAt: 1, dueAt: 1 }] : [{}],
    state === "LAUNCHED" || state === "RUNNING" ? [{}, { ...TO_TELL, nextCheckAt: NOW }] : [{}],
    state === "WAITING" ? [{ dueAt: 1, giveUpAt: 2 }] : [{}],
  ]).map((over) => item({ ...active, ...over }));
}

const TOMBSTONE: RunRecord = { id: "run-1", key: "key", attempt: 0, cancelRequestedAt: 1, expiresAt: EXPIRES };

test.each(EVERY_WRITE)("$name: every change of state is in the table, whatever the item was", ({ write }) => {
  const items = [undefined, TOMBSTONE, ...RUN_STATES.flatMap(itemsIn)];
  const met = items.filter((before) => holds(write.condition, before));
  expect(met.length, "the condition never holds: the test knows no such item").toBeGreaterThan(0);
  for (const before of met) {
    expect({ before, wrong: wrongWithChange(before, applied(write, "key", before)) }).toEqual({ before, wrong: [] });
  }
});

test.each(RUN_STATES.filter(isTerminal))(
  "%s is left by reopen, or as LOST by evidence of the same attempt, and by nothing else",
  (state) => {
    // What is noted of an ended run leaves its state as it is.
    const moving = EVERY_WRITE.filter(({ name }) => !name.startsWith("told") && !name.startsWith("a stray stopped"));
    const leaving = moving.filter(({ write }) => itemsIn(state).some((before) => holds(write.condition, before))).map(({ name }) => name);
    const allowed = {
      LOST: [
        "observe starting",
        "observe running",
        "observe succeeded",
        "observe failed",
        "observe cancelled",
        "relaunch",
        "ended, to be told",
        "reopen, seen LOST",
      ],
      REJECTED: ["reopen, seen REJECTED"],
      EXPIRED: ["reopen, seen EXPIRED"],
    };
    expect(leaving).toEqual(allowed[state as keyof typeof allowed] ?? []);
  },
);

test("evidence of another attempt changes nothing", () => {
  const about = EVERY_WRITE.filter(({ name }) => name.startsWith("observe") || name === "relaunch");
  for (const { write } of about)
    for (const before of RUN_STATES.flatMap(itemsIn)) expect(holds(write.condition, { ...before, attempt: 2 })).toBe(false);
});

test.each(EVERY_WRITE)("$name: a write names each attribute once, as DynamoDB demands", ({ write }) => {
  expect(attributesNamedTwice(write)).toEqual([]);
});

test.each(EVERY_WRITE)("$name: repeated because its answer was lost, it is refused, or does no harm", ({ name, write }) => {
  // A cancel may be repeated: the time of the first stays.
  const repeatable = /^(cancel$|observe lost$|missing|held|out of reach|a stray stopped)/.test(name);
  for (const before of [undefined, TOMBSTONE, ...RUN_STATES.flatMap(itemsIn)].filter((each) => holds(write.condition, each))) {
    const after = applied(write, "key", before);
    if (!repeatable) expect({ before, again: holds(write.condition, after) }).toEqual({ before, again: false });
    else if (holds(write.condition, after)) expect({ ...applied(write, "key", after), timeline: [] }).toEqual({ ...after, timeline: [] });
  }
});

test.each<[RunState, readonly RunState[]]>([
  ["LAUNCHED", ["LAUNCHING", "LAUNCHED", "LOST"]],
  ["RUNNING", ["LAUNCHING", "LAUNCHED", "RUNNING", "LOST"]],
  ["SUCCEEDED", ["LAUNCHING", "LAUNCHED", "RUNNING", "LOST"]],
  ["FAILED", ["LAUNCHING", "LAUNCHED", "RUNNING", "LOST"]],
  ["CANCELLED", ["LAUNCHING", "LAUNCHED", "RUNNING", "LOST"]],
  ["LOST", ["LAUNCHING", "LAUNCHED", "RUNNING"]],
  ["WAITING", ["LAUNCHING", "LAUNCHED", "LOST"]],
])("an observation of %s counts in %j", (next, before) => {
  expect(observableBefore(next)).toEqual(before);
});

test.each<[RunState, readonly RunState[]]>([
  ["SUCCEEDED", []],
  ["FAILED", []],
  ["CANCELLED", []],
  ["REJECTED", ["WAITING"]],
  ["EXPIRED", ["WAITING"]],
  ["LOST", ["WAITING", "LAUNCHED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]],
])("what may follow on the end: %s → %j", (state, next) => {
  expect(isTerminal(state)).toBe(true);
  expect(TRANSITIONS[state]).toEqual(next);
});

test.each<RunState>(["ACCEPTED", "WAITING", "LAUNCHING", "LAUNCHED", "RUNNING"])("%s is not an end", (state) => {
  expect(isTerminal(state)).toBe(false);
});

test("a running run never goes back before its start", () => {
  expect(TRANSITIONS.RUNNING).not.toContain("LAUNCHED");
  expect(TRANSITIONS.RUNNING).not.toContain("WAITING");
});
