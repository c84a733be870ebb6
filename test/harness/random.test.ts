import { expect, test } from "vitest";
import { runPlan } from "./random-plan.ts";

const SEED = process.env["SLIPWAY_SEED"];
const PLANS = SEED === undefined ? Number(process.env["SLIPWAY_PLANS"] ?? 20) : 1;
const FIRST = Number(SEED ?? 1);

test("plans", { timeout: 3_600_000 }, async () => {
  const failed: string[] = [];
  const states: Record<string, number> = {};
  let crashes = 0;
  const t = performance.now();
  for (let seed = FIRST; seed < FIRST + PLANS && failed.length < 5; seed++) {
    const r = await runPlan(seed);
    crashes += r.crashes;
    for (const s of r.states) states[s] = (states[s] ?? 0) + 1;
    if (r.violations.length > 0) failed.push(`SLIPWAY_SEED=${seed} npx vitest run test/harness\n  ${r.violations.join("\n  ")}`);
  }
  console.log(JSON.stringify({ states, crashes, ms: (performance.now() - t) / PLANS }));
  expect(failed).toEqual([]);
});
