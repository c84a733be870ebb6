/** Random histories: none lost, none twice, none endless, and what has ended stays as it ended. Without the marker that does not hold. */
import { expect, test } from "vitest";
import { foundOut, MANY, MISHAPS, testHistories } from "./histories.ts";
import { BREAKAGES } from "./processes-double.ts";
import { runPlan } from "./random-plan.ts";

/** Seeds enough for each thing taken away to be missed. */
const BROKEN_PLANS = 120;

const ENDS = ["CANCELLED", "EXPIRED", "FAILED", "LOST", "SUCCEEDED"];

const { plans, played } = testHistories({
  file: "random",
  rule: "no run is lost, started twice or endless, and none changes after its end",
  play: (seed) => runPlan(seed),
  plans: 60,
  counts: { calls: ({ trace }) => trace.length, starts: (one) => one.starts },
  same: ({ trace }) => trace,
  again: 5,
});

test("every end and every mishap is among them, where there are many", () => {
  const states = new Set(played.flatMap((result) => result.states));
  const fates = new Set(played.flatMap(({ trace }) => trace.map(([, fate]) => fate)));
  const all = plans >= 100;
  expect(ENDS).toEqual(all ? [...states].sort() : expect.arrayContaining([...states]));
  expect(MISHAPS).toEqual(all ? [...fates].sort() : expect.arrayContaining([...fates]));
});

test.each(Object.entries(BREAKAGES))("%s: found out", MANY, (_name, { make, found }) =>
  foundOut((seed) => runPlan(seed, make()), found, BROKEN_PLANS),
);
