/** A suite proves something only where it fails: for a naive launcher, and for the template with one thing at a time taken out. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Launcher } from "../../shared/core/launcher.ts";
import { checkOf, RULES } from "./launcher-contract.ts";
import { LEFTOVER_MUTANTS } from "./mutants/leftovers.ts";
import { LOOK_MUTANTS } from "./mutants/look.ts";
import { PLAN_MUTANTS } from "./mutants/plan.ts";
import { SUBMIT_MUTANTS } from "./mutants/submit.ts";
import { naive } from "./naive-launcher.ts";
import type { Subject } from "./subject.ts";
import { outputOf } from "./surroundings.ts";
import { templateSubject } from "./template-subject.ts";

/** The names of the rules that a launcher breaks, in their order. */
async function broken(subject: Subject, rules = RULES): Promise<readonly string[]> {
  const names: string[] = [];
  await outputOf(async () => {
    for (const rule of rules) {
      const { name, check } = checkOf(rule, subject);
      await check().catch(() => names.push(name));
    }
  });
  return names;
}

const module = { path: fileURLToPath(new URL("./naive-launcher.ts", import.meta.url)), name: "naive" };
const PATIENCE = 300;
const MUTANTS = [...PLAN_MUTANTS, ...SUBMIT_MUTANTS, ...LOOK_MUTANTS, ...LEFTOVER_MUTANTS];

/** The few rules that the naive launcher keeps. */
const NAIVE_KEEPS = ["plan: every call", "a new attempt"];

/** A rule by the beginning of its name. */
function named(beginning: string): string {
  const [name, ...more] = RULES.map((rule) => rule.name).filter((candidate) => candidate.startsWith(beginning));
  if (name === undefined || more.length > 0) throw new Error(`"${beginning}" names not one rule`);
  return name;
}

/** Another process plans without the mutation, so its rule says nothing of a mutant. */
const ALONE = RULES.filter(({ name }) => name !== named("plan: another process"));

test("a naive launcher breaks nearly every rule", async () => {
  const names = await broken({ ...templateSubject(naive as Launcher, module), patienceMilliseconds: PATIENCE });
  expect(RULES.map(({ name }) => name).filter((name) => !names.includes(name))).toEqual(NAIVE_KEEPS.map(named));
  expect(names.length).toBeGreaterThan(10);
});

test.each(MUTANTS.map((mutant) => [mutant.without, mutant] as const))("without %s", async (_without, mutant) => {
  expect(await broken({ ...templateSubject(mutant.launcher), patienceMilliseconds: PATIENCE }, ALONE)).toEqual(mutant.breaks.map(named));
});

test("every rule but one is broken by a mutant, and that one by the naive launcher: none is there for nothing", () => {
  const all = new Set(MUTANTS.flatMap(({ breaks }) => breaks.map(named)));
  expect(ALONE.map(({ name }) => name).filter((name) => !all.has(name))).toEqual([]);
});
