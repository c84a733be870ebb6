/** Random histories over a cluster: none lost, none twice, none endless, and what has ended stays as it ended. Without the name that does not hold. */
import { afterAll, expect, test } from "vitest";
import type { JsonObject } from "../../shared/core/json.ts";
import { kubernetes } from "../../shared/launchers/kubernetes/index.ts";
import { type KubernetesPlanResult, runKubernetesPlan } from "./kubernetes-plan.ts";
import type { KubernetesLauncher } from "./kubernetes-world.ts";

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

const played: KubernetesPlanResult[] = [];

test(`seeds ${FIRST} to ${LAST}: no run is lost, started twice or endless, and none changes after its end`, MANY, async () => {
  const failed: string[] = [];
  for (let seed = FIRST; seed <= LAST && failed.length < ENOUGH; seed++) {
    const result = await runKubernetesPlan(seed);
    played.push(result);
    if (result.violations.length > 0) {
      failed.push(`SLIPWAY_SEED=${seed} npx vitest run test/harness/kubernetes-random.test.ts\n  ${result.violations.join("\n  ")}`);
    }
  }
  expect(failed).toEqual([]);
});

test("the same seed is the same history", async () => {
  for (const [index, first] of played.slice(0, 3).entries()) expect(await runKubernetesPlan(FIRST + index)).toEqual(first);
});

test("every mishap of the call that makes a Job is among them, where there are many, and Jobs that were there already", () => {
  const kinds = ["answer cut", "answer lost", "answered", "late", "lost", "stopped after", "stopped before", "throttled"];
  const fates = new Set(played.flatMap((result) => [...result.fates.keys()].filter((fate) => fate.startsWith("kubernetes:create jobs "))));
  const answers = new Set(played.flatMap((result) => [...result.answers.keys()]));
  const all = kinds.map((kind) => `kubernetes:create jobs ${kind}`);
  expect(all).toEqual(PLANS >= 500 ? [...fates].sort() : expect.arrayContaining([...fates]));
  if (PLANS >= 500) expect([...answers]).toEqual(expect.arrayContaining(["create jobs 409", "create jobs 403", "create jobs 201"]));
});

/** The launcher with another name for each call of an attempt: nothing meets the first one's Job. */
function withoutTheName(): KubernetesLauncher {
  let calls = 0;
  return {
    ...kubernetes,
    plan(run, target) {
      const [{ api, input }] = kubernetes.plan(run, target).calls;
      const metadata = { ...(input.body["metadata"] as JsonObject), name: `job-${++calls}` };
      return { calls: [{ api, input: { ...input, body: { ...input.body, metadata } } }] };
    },
  };
}

test("without the name: found out", MANY, async () => {
  for (let seed = 1; seed <= BROKEN_PLANS; seed++) {
    const { violations } = await runKubernetesPlan(seed, withoutTheName());
    if (violations.some((text) => /it ran \d times/.test(text))) return;
  }
  expect.unreachable(`nothing was wrong in ${BROKEN_PLANS} histories`);
});

afterAll(() => {
  const sum = (of: (result: KubernetesPlanResult) => number) => played.reduce((total, result) => total + of(result), 0);
  process.stdout.write(
    `seeds ${FIRST}-${LAST}: ${played.length} histories over a cluster, ${sum((one) => one.crashes)} crashes, ${sum((one) => one.jobs)} Jobs\n`,
  );
});
