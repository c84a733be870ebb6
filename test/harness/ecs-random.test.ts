/** Random histories over ECS: none lost, none twice, none endless, and what has ended stays as it ended. Without the token that does not hold. */
import { afterAll, expect, test } from "vitest";
import type { JsonObject } from "../../shared/core/json.ts";
import { ecs } from "../../shared/launchers/ecs/index.ts";
import { type EcsPlanResult, runEcsPlan } from "./ecs-plan.ts";
import type { EcsLauncher } from "./ecs-world.ts";

/** One seed to look into a failure, or the first of many. */
const SEED = process.env["SLIPWAY_SEED"];
const COUNT = process.env["SLIPWAY_PLANS"];
const FIRST = Number(SEED ?? 1);
const PLANS = Number(COUNT ?? (SEED === undefined ? 25 : 1));
const LAST = FIRST + PLANS - 1;
const MANY = { timeout: 4 * 3_600_000 };

/** How many failing seeds are told before the rest is left. */
const ENOUGH = 5;
/** Seeds enough for the missing token to be found out. */
const BROKEN_PLANS = 60;

const played: EcsPlanResult[] = [];

test(`seeds ${FIRST} to ${LAST}: no run is lost, started twice or endless, and none changes after its end`, MANY, async () => {
  const failed: string[] = [];
  for (let seed = FIRST; seed <= LAST && failed.length < ENOUGH; seed++) {
    const result = await runEcsPlan(seed);
    played.push(result);
    if (result.violations.length > 0) {
      failed.push(`SLIPWAY_SEED=${seed} npx vitest run test/harness/ecs-random.test.ts\n  ${result.violations.join("\n  ")}`);
    }
  }
  expect(failed).toEqual([]);
});

test("the same seed is the same history", async () => {
  for (const [index, first] of played.slice(0, 3).entries()) expect(await runEcsPlan(FIRST + index)).toEqual(first);
});

test("every mishap of a RunTask is among them, and conflicts too, where there are many", () => {
  const kinds = ["answer cut", "answer lost", "answered", "late", "lost", "stopped after", "stopped before", "throttled"];
  const fates = new Set(played.flatMap((result) => [...result.fates.keys()].filter((fate) => fate.startsWith("ecs:RunTask "))));
  const answers = new Set(played.flatMap((result) => [...result.answers.keys()]));
  const all = kinds.map((kind) => `ecs:RunTask ${kind}`);
  expect(all).toEqual(PLANS >= 500 ? [...fates].sort() : expect.arrayContaining([...fates]));
  if (PLANS >= 500) expect([...answers]).toContain("RunTask ConflictException");
});

/** The launcher with the input of its RunTask changed. */
function launcherWith(change: (input: JsonObject) => JsonObject): EcsLauncher {
  return {
    ...ecs,
    plan(run, target) {
      const { calls, ...plan } = ecs.plan(run, target);
      return {
        ...plan,
        calls: calls.map((call) => (call.api === "ecs:RunTask" ? { ...call, input: change(call.input as JsonObject) } : call)),
      };
    },
  };
}

test("without the token: found out", MANY, async () => {
  const broken = launcherWith(({ clientToken: _token, ...input }) => input);
  for (let seed = 1; seed <= BROKEN_PLANS; seed++) {
    const { violations } = await runEcsPlan(seed, broken);
    if (violations.some((text) => /it ran \d times|an attempt was started twice/.test(text))) return;
  }
  expect.unreachable(`nothing was wrong in ${BROKEN_PLANS} histories`);
});

afterAll(() => {
  const sum = (of: (result: EcsPlanResult) => number) => played.reduce((total, result) => total + of(result), 0);
  process.stdout.write(
    `seeds ${FIRST}-${LAST}: ${played.length} histories over ECS, ${sum((one) => one.crashes)} crashes, ${sum((one) => one.tasks)} tasks\n`,
  );
});
