/** Random histories: none lost, none twice, none endless, and what has ended stays as it ended. Without the marker that does not hold. */
import { afterAll, expect, test } from "vitest";
import { BREAKAGES } from "./processes-double.ts";
import { type PlanResult, runPlan } from "./random-plan.ts";

/** One seed to look into a failure, or the first of many. */
const SEED = process.env["SLIPWAY_SEED"];
const COUNT = process.env["SLIPWAY_PLANS"];
const FIRST = Number(SEED ?? 1);
const PLANS = Number(COUNT ?? (SEED === undefined ? 60 : 1));
const LAST = FIRST + PLANS - 1;
const MANY = { timeout: 4 * 3_600_000 };

/** How many failing seeds are told before the rest is left. */
const ENOUGH = 5;
/** Seeds enough for each thing taken away to be missed. */
const BROKEN_PLANS = 120;

const ENDS = ["CANCELLED", "EXPIRED", "FAILED", "LOST", "SUCCEEDED"];
const MISHAPS = ["answer cut", "answer lost", "answered", "late", "lost", "stopped after", "stopped before", "throttled"];

const played: PlanResult[] = [];

test(`seeds ${FIRST} to ${LAST}: no run is lost, started twice or endless, and none changes after its end`, MANY, async () => {
  const failed: string[] = [];
  for (let seed = FIRST; seed <= LAST && failed.length < ENOUGH; seed++) {
    const result = await runPlan(seed);
    played.push(result);
    if (result.violations.length > 0) {
      failed.push(`SLIPWAY_SEED=${seed} npx vitest run test/harness/random.test.ts\n  ${result.violations.join("\n  ")}`);
    }
  }
  expect(failed).toEqual([]);
});

test("the same seed is the same history, call by call", async () => {
  for (const [index, first] of played.slice(0, 5).entries()) expect((await runPlan(FIRST + index)).trace).toEqual(first.trace);
});

test("every end and every mishap is among them, where there are many", () => {
  const states = new Set(played.flatMap((result) => result.states));
  const fates = new Set(played.flatMap(({ trace }) => trace.map(([, fate]) => fate)));
  const all = PLANS >= 100;
  expect(ENDS).toEqual(all ? [...states].sort() : expect.arrayContaining([...states]));
  expect(MISHAPS).toEqual(all ? [...fates].sort() : expect.arrayContaining([...fates]));
});

test.each(Object.entries(BREAKAGES))("%s: found out", MANY, async (_name, breakage) => {
  const { make, found } = breakage;
  for (let seed = 1; seed <= BROKEN_PLANS; seed++) {
    const { violations } = await runPlan(seed, make());
    if (violations.some((text) => found.test(text))) return;
  }
  expect.unreachable(`nothing was wrong in ${BROKEN_PLANS} histories`);
});

afterAll(() => {
  const sum = (of: (result: PlanResult) => number) => played.reduce((total, result) => total + of(result), 0);
  const calls = sum(({ trace }) => trace.length);
  process.stdout.write(
    `seeds ${FIRST}-${LAST}: ${played.length} histories, ${calls} calls, ${sum((one) => one.crashes)} crashes, ${sum((one) => one.starts)} starts\n`,
  );
});
