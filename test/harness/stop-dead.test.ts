/** The exported handlers stopped dead at every call that they make, before it and after it; then another process, and time. */
import { expect, test } from "vitest";
import type { CallFate } from "./life.ts";
import { SCENARIOS } from "./scenarios.ts";
import { play } from "./stop-dead.ts";

const FATES: readonly CallFate[] = ["stopped before", "stopped after", "lost", "answer lost", "late", "throttled"];

test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))("%s", { timeout: 120_000 }, async (_name, scenario) => {
  const { calls, violations } = await play(scenario);
  expect(violations).toEqual([]);
  expect(calls).toEqual(scenario.calls);
  for (const [index, call] of calls.entries()) {
    const again = calls[index - 1] === call;
    // A sweep asks sixteen times for what is due: each is like the one before.
    if (again && call === "dynamodb:Query") continue;
    for (const fate of again ? FATES.slice(0, 2) : FATES) {
      const played = await play(scenario, { index, fate });
      expect(played.calls[index], `call ${index}`).toBe(call);
      expect(played.violations, `${call}, call ${index}, ${fate}`).toEqual([]);
    }
  }
});
