/** The exported handlers stopped dead at every call that they make, before it and after it; then another process, and time. */
import { expect, test } from "vitest";
import { SCENARIOS } from "./scenarios.ts";
import { type Mishap, play } from "./stop-dead.ts";

const MISHAPS: readonly Omit<Mishap, "index">[] = [
  { fate: "stopped before" },
  { fate: "stopped after" },
  { fate: "lost" },
  { fate: "answer lost" },
  { fate: "late" },
  { fate: "throttled" },
  // Longer than the SDK tries.
  { fate: "lost", lasts: 90_000 },
  { fate: "answer lost", lasts: 90_000 },
];

test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))("%s", { timeout: 120_000 }, async (_name, scenario) => {
  const { calls, violations } = await play(scenario);
  expect(violations).toEqual([]);
  expect(calls).toEqual(scenario.calls);
  for (const [index, call] of calls.entries()) {
    const again = calls[index - 1] === call;
    // A sweep asks sixteen times for what is due: each is like the one before.
    if (again && call === "dynamodb:Query") continue;
    for (const mishap of again ? MISHAPS.slice(0, 2) : MISHAPS) {
      const played = await play(scenario, { index, ...mishap });
      expect(played.calls[index], `call ${index}`).toBe(call);
      expect(played.violations, `${call}, call ${index}, ${JSON.stringify(mishap)}`).toEqual([]);
    }
  }
});
