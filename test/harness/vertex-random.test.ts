/** Random histories over Vertex AI, whose lists lag: none lost, one job kept, none endless. Without the looks that does not hold. */
import { afterAll, expect, test } from "vitest";
import { vertex } from "../../shared/launchers/vertex/index.ts";
import { runVertexPlan, type VertexPlanResult } from "./vertex-plan.ts";

/** One seed to look into a failure, or the first of many. */
const SEED = process.env["SLIPWAY_SEED"];
const COUNT = process.env["SLIPWAY_PLANS"];
const FIRST = Number(SEED ?? 1);
const PLANS = Number(COUNT ?? (SEED === undefined ? 25 : 1));
const LAST = FIRST + PLANS - 1;
const MANY = { timeout: 4 * 3_600_000 };

/** How many failing seeds are told before the rest is left. */
const ENOUGH = 5;
/** Seeds enough for what is missing to be found out. */
const BROKEN_PLANS = 60;

const played: VertexPlanResult[] = [];

test(`seeds ${FIRST} to ${LAST}: no run is lost or endless, and of none two jobs are made`, MANY, async () => {
  const failed: string[] = [];
  for (let seed = FIRST; seed <= LAST && failed.length < ENOUGH; seed++) {
    const result = await runVertexPlan(seed);
    played.push(result);
    if (result.violations.length > 0) {
      failed.push(`SLIPWAY_SEED=${seed} npx vitest run test/harness/vertex-random.test.ts\n  ${result.violations.join("\n  ")}`);
    }
  }
  expect(failed).toEqual([]);
});

test("the same seed is the same history", async () => {
  for (const [index, first] of played.slice(0, 2).entries()) expect(await runVertexPlan(FIRST + index)).toEqual(first);
});

const { repeatsAfterLooks: _looks, ...repeatsAtOnce } = vertex;

test.each([
  ["without the looks", repeatsAtOnce, undefined],
  ["with lists that lag longer than a call is given to land", vertex, 4 * (vertex.landingSeconds ?? 0) * 1000],
])("%s: found out", MANY, async (_lack, broken, listLagMs) => {
  for (let seed = 1; seed <= BROKEN_PLANS; seed++) {
    const { violations } = await runVertexPlan(seed, broken, listLagMs);
    if (violations.some((text) => /\d jobs were made/.test(text))) return;
  }
  expect.unreachable(`nothing was wrong in ${BROKEN_PLANS} histories`);
});

afterAll(() => {
  const sum = (of: (result: VertexPlanResult) => number) => played.reduce((total, result) => total + of(result), 0);
  process.stdout.write(
    `seeds ${FIRST}-${LAST}: ${played.length} histories over Vertex AI, ${sum((one) => one.crashes)} crashes, ${sum((one) => one.jobs)} jobs\n`,
  );
});
