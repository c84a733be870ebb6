import { expect, test } from "vitest";
import { BREAKAGES } from "./processes-double.ts";
import { runPlan } from "./random-plan.ts";

test("broken", { timeout: 3_600_000 }, async () => {
  for (const [name, make] of Object.entries(BREAKAGES)) {
    let bad = 0,
      twice = 0;
    let first = 0;
    const kinds: Record<string, number> = {};
    for (let seed = 1; seed <= 150; seed++) {
      const r = await runPlan(seed, make());
      if (r.violations.length) {
        bad++;
        first ||= seed;
      }
      if (r.violations.some((v) => /was started \d times/.test(v))) twice++;
      for (const v of r.violations) {
        const k = v.replace(/^[^:]*: /, "").replace(/\{.*/, "");
        kinds[k] = (kinds[k] ?? 0) + 1;
      }
    }
    console.log(name, bad, twice, first, JSON.stringify(kinds, null, 1).slice(0, 1500));
  }
});
