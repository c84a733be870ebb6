/** A suite proves something only where it fails: for a naive launcher, and for the template with one thing at a time taken out. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Launcher } from "../../shared/core/launcher.ts";
import { checkOf, RULES } from "./launcher-contract.ts";
import { MUTANTS } from "./mutants.ts";
import { naive } from "./naive-launcher.ts";
import type { Rule } from "./rule.ts";
import type { Subject } from "./subject.ts";
import { templateSubject } from "./template-subject.ts";

/** The names of the rules that a launcher breaks. */
async function broken(subject: Subject, rules: readonly Rule[] = RULES): Promise<readonly string[]> {
  const names: string[] = [];
  for (const rule of rules) {
    const { name, check } = checkOf(rule, subject);
    await check().catch(() => names.push(name));
  }
  return names;
}

const module = { path: fileURLToPath(new URL("./naive-launcher.ts", import.meta.url)), name: "naive" };

test("a naive launcher breaks nearly every rule", async () => {
  expect(await broken({ ...templateSubject(naive as Launcher, module), patienceMilliseconds: 60 })).toEqual([]);
});

test.each(MUTANTS.map((mutant) => [mutant.without, mutant] as const))(
  "without %s the template breaks its rules",
  async (_without, mutant) => {
    expect(await broken({ ...templateSubject(mutant.launcher), patienceMilliseconds: 60 })).toEqual(mutant.breaks);
  },
);

test("every rule is broken by one of them: none is there for nothing", async () => {
  const naiveBreaks = await broken({ ...templateSubject(naive as Launcher, module), patienceMilliseconds: 60 });
  const all = new Set([...naiveBreaks, ...MUTANTS.flatMap(({ breaks }) => breaks)]);
  expect(RULES.map(({ name }) => name).filter((name) => !all.has(name))).toEqual([]);
});
