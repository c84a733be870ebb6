/** A plan is data: the same run, target and attempt give the same bytes, wherever and whenever. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Launcher } from "../../../shared/core/launcher.ts";
import type { Rule } from "../rule.ts";
import type { Subject } from "../subject.ts";
import { readsOf } from "../surroundings.ts";

/** Every sample's calls as bytes. Inputs are frozen to their depths. */
function bytesOf(definition: Launcher, samples: Subject["samples"]): readonly string[] {
  return samples.map(({ run, target }) => JSON.stringify(definition.plan(run, target).calls));
}

/** The same document as another program would have written it. */
function reordered<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(reordered) as Value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, part]) => [name, reordered(part)] as const)
      .reverse(),
  ) as Value;
}

function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) for (const part of Object.values(Object.freeze(value))) frozen(part);
  return value;
}

/** What another process, in another place of the world, plans. */
function plannedElsewhere({ module, samples }: Subject): Promise<readonly string[]> {
  const script = fileURLToPath(new URL("../plan-process.ts", import.meta.url));
  const env = { TZ: "Pacific/Kiritimati", LANG: "tr_TR.UTF-8", HOME: "/nonexistent", HOSTNAME: "elsewhere" };
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [script, module.path, module.name], { env, cwd: "/" }, (error, stdout) =>
      error === null ? resolve(JSON.parse(stdout)) : reject(error),
    );
    child.stdin?.end(JSON.stringify(samples));
  });
}

export const planRules: readonly Rule[] = [
  {
    name: "plan: the same run gives the same bytes, called again and with its keys in another order",
    async check({ definition, samples }) {
      const first = bytesOf(definition, samples);
      expect(first.length, "samples").toBeGreaterThan(0);
      expect(bytesOf(definition, samples)).toEqual(first);
      expect(bytesOf(definition, reordered(samples))).toEqual(first);
    },
  },
  {
    name: "plan: another process, in another time zone and environment, gives the same bytes",
    async check(subject) {
      expect(await plannedElsewhere(subject)).toEqual(bytesOf(subject.definition, subject.samples));
    },
  },
  {
    name: "plan: reads no clock, no chance and no environment",
    async check({ definition, samples }) {
      expect(readsOf(() => bytesOf(definition, samples))).toEqual([]);
    },
  },
  {
    name: "plan: leaves what it is given as it was",
    async check({ definition, samples }) {
      bytesOf(definition, frozen(structuredClone(samples)));
    },
  },
  {
    name: "plan: every call names its service and operation, and its input is JSON",
    async check({ definition, samples }) {
      for (const { run, target } of samples) {
        const { calls } = definition.plan(run, target);
        expect(calls.length).toBeGreaterThan(0);
        for (const { api, input } of calls) {
          expect(api).toMatch(/^[a-z]+:[A-Za-z]+$/);
          expect(JSON.parse(JSON.stringify(input)), `input of ${api}`).toEqual(input);
        }
      }
    },
  },
];
