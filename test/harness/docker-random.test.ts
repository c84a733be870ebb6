/** Random histories over a Docker daemon: none lost, none twice, none endless, and what has ended stays as it ended. Without the name that does not hold. */
import { afterAll, expect, test } from "vitest";
import { docker } from "../../shared/launchers/docker/index.ts";
import { type DockerPlanResult, runDockerPlan } from "./docker-plan.ts";
import type { DockerLauncher } from "./docker-world.ts";

/** One seed to look into a failure, or the first of many. */
const SEED = process.env["SLIPWAY_SEED"];
const COUNT = process.env["SLIPWAY_PLANS"];
const FIRST = Number(SEED ?? 1);
const PLANS = Number(COUNT ?? (SEED === undefined ? 25 : 1));
const LAST = FIRST + PLANS - 1;
const MANY = { timeout: 4 * 3_600_000 };

/** How many failing seeds are told before the rest is left. */
const ENOUGH = 5;
/** Seeds enough for the missing name to be found out. */
const BROKEN_PLANS = 60;

const played: DockerPlanResult[] = [];

test(`seeds ${FIRST} to ${LAST}: no run is lost, started twice or endless, and none changes after its end`, MANY, async () => {
  const failed: string[] = [];
  for (let seed = FIRST; seed <= LAST && failed.length < ENOUGH; seed++) {
    const result = await runDockerPlan(seed);
    played.push(result);
    if (result.violations.length > 0) {
      failed.push(`SLIPWAY_SEED=${seed} npx vitest run test/harness/docker-random.test.ts\n  ${result.violations.join("\n  ")}`);
    }
  }
  expect(failed).toEqual([]);
});

test("the same seed is the same history", async () => {
  for (const [index, first] of played.slice(0, 3).entries()) expect(await runDockerPlan(FIRST + index)).toEqual(first);
});

test("every mishap of a creation and of a start is among them, where there are many", () => {
  const kinds = ["answer cut", "answer lost", "answered", "late", "lost", "stopped after", "stopped before", "throttled"];
  const all = ["create", "start"].flatMap((call) => kinds.map((kind) => `docker:${call} ${kind}`));
  const fates = new Set(played.flatMap((result) => [...result.fates.keys()].filter((fate) => /^docker:(create|start) /.test(fate))));
  expect(all).toEqual(PLANS >= 500 ? [...fates].sort() : expect.arrayContaining([...fates]));
});

/** The launcher with another name for each call of an attempt: nothing meets the first one's container. */
function withoutTheName(): DockerLauncher {
  let calls = 0;
  return {
    ...docker,
    plan(run, target) {
      const suffix = `-${++calls}`;
      return {
        calls: docker
          .plan(run, target)
          .calls.map((call) =>
            call.api === "docker:createContainer" ? { ...call, input: { ...call.input, name: `${call.input.name}${suffix}` } } : call,
          ),
      };
    },
  };
}

test("without the name: found out", MANY, async () => {
  for (let seed = 1; seed <= BROKEN_PLANS; seed++) {
    const { violations } = await runDockerPlan(seed, withoutTheName(), 0.4);
    if (violations.some((text) => /it ran \d times/.test(text))) return;
  }
  expect.unreachable(`nothing was wrong in ${BROKEN_PLANS} histories`);
});

afterAll(() => {
  const sum = (of: (result: DockerPlanResult) => number) => played.reduce((total, result) => total + of(result), 0);
  process.stdout.write(
    `seeds ${FIRST}-${LAST}: ${played.length} histories over a Docker daemon, ${sum((one) => one.crashes)} crashes, ${sum((one) => one.containers)} containers\n`,
  );
});
