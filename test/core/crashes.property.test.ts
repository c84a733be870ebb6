import { expect, test } from "vitest";
import { runPlan } from "../support/random-plan.ts";

/** One seed to look into a failure, or the first of many. */
const SEED = process.env["SLIPWAY_SEED"];
const PLANS = SEED === undefined ? Number(process.env["SLIPWAY_PLANS"] ?? 2000) : 1;
const FIRST = Number(SEED ?? 1);

async function failures(idempotent: boolean, most: number, first: number, plans: number): Promise<readonly string[]> {
  const failed: string[] = [];
  for (let seed = first; seed < first + plans && failed.length < most; seed++) {
    const { violations } = await runPlan(seed, { idempotent });
    if (violations.length > 0) failed.push(`SLIPWAY_SEED=${seed}\n  ${violations.join("\n  ")}`);
  }
  return failed;
}

test(`no run is started twice, lost or endless in ${PLANS} random histories`, { timeout: 600_000 }, async () => {
  expect(await failures(true, 5, FIRST, PLANS)).toEqual([]);
});

test("a service that is not idempotent is found out", { timeout: 600_000 }, async () => {
  expect(await failures(false, 1, 1, 2000)).not.toEqual([]);
});
