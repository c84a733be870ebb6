/** The rules that every launcher keeps, and the tests that hold a launcher to them. */
import { describe, expect, test } from "vitest";
import { type Rule, worldRule } from "./rule.ts";
import { doubtRules } from "./rules/doubt.ts";
import { leftoverRules } from "./rules/leftovers.ts";
import { lookRules } from "./rules/look.ts";
import { planRules } from "./rules/plan.ts";
import { secrecyRules } from "./rules/secrecy.ts";
import { silenceRules } from "./rules/silence.ts";
import { stopRules } from "./rules/stop.ts";
import { submitRules } from "./rules/submit.ts";
import type { Capability, Offer, Subject } from "./subject.ts";

/** Every rule, by a name of its own. */
export const RULES: readonly Rule[] = [
  ...planRules,
  ...submitRules,
  ...doubtRules,
  ...lookRules,
  ...stopRules,
  ...silenceRules,
  ...leftoverRules,
  ...secrecyRules,
];

/** What must hold where a launcher declares that it lacks something. */
const LACKS: Readonly<Record<Capability, Rule["check"]>> = {
  once: lacking(async ({ subject, world }) => {
    expect(subject.definition.repeatsAfterLooks, "what can't be repeated must be looked for").toBe(true);
    expect((await world.connect()).find).toBeDefined();
  }),
  find: lacking(async ({ subject, world }) => {
    expect((await world.connect()).find).toBeUndefined();
    expect(subject.definition.landingSeconds).toBeUndefined();
  }),
  names: lacking(async ({ world }) => {
    expect(world.occupy).toBeUndefined();
  }),
  exitCodes: lacking(async ({ world, prepare, accepted, until }) => {
    const backend = await world.connect();
    const prepared = prepare("no-code");
    const launched = await accepted(backend, prepared);
    await until(backend, launched, ({ status }) => status === "running");
    await world.end(prepared.launch, 3);
    const ended = await until(backend, launched, ({ status }) => status === "ended");
    expect(JSON.stringify(ended)).not.toContain("exitCode");
  }),
  owned: lacking(async ({ world }) => {
    expect((await world.connect()).owned).toBeUndefined();
    expect(world.strangers).toBeUndefined();
  }),
  remove: lacking(async ({ world }) => {
    const backend = await world.connect();
    expect(backend.remove).toBeUndefined();
  }),
  capacity: noSuchRefusal("capacity"),
  throttled: noSuchRefusal("throttled"),
  denied: noSuchRefusal("denied"),
  invalid: noSuchRefusal("invalid"),
};

function lacking(check: Parameters<typeof worldRule>[1]): Rule["check"] {
  return worldRule("", check).check;
}

/** A service that never refuses for a reason has no row for it, and no world that provokes it. */
function noSuchRefusal(kind: "capacity" | "throttled" | "denied" | "invalid"): Rule["check"] {
  return lacking(async ({ subject, world }) => {
    expect(world.refuse[kind]).toBeUndefined();
    expect(subject.definition.failures.filter((row) => row.class === kind)).toEqual([]);
  });
}

/** What a subject is checked for under a rule: the rule, or that it really lacks what the rule is about. */
export function checkOf(rule: Rule, subject: Subject): { readonly name: string; check(): Promise<void> } {
  const offer: Offer = rule.needs === undefined ? "offered" : subject.capabilities[rule.needs];
  if (rule.needs === undefined || offer === "offered") return { name: rule.name, check: () => rule.check(subject) };
  const lacks = LACKS[rule.needs];
  return { name: `lacks "${rule.needs}" (${offer.lacks}), so not: ${rule.name}`, check: () => lacks(subject) };
}

/** Holds a launcher to every rule. */
export function describeLauncher(name: string, subject: Subject): void {
  describe(`the launcher "${name}" keeps the contract`, () => {
    for (const rule of RULES) {
      const { name: title, check } = checkOf(rule, subject);
      test(title, check);
    }
  });
}
