/** What each function calls on AWS, as its role must allow it: its own state, and what the configuration names. */

import type { Right, TargetRights } from "../../shared/core/rights.ts";
import type { Configuration, Target } from "../../shared/core/target.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { mergedRights, type NamedRight } from "./merged-rights.ts";
import { outOfPlace } from "./out-of-place.ts";
import { referencesIn } from "./references.ts";

/** The functions of serverless.yml. */
export const FUNCTION_NAMES = ["dispatch", "webhook", "schedule", "observe", "sweep"] as const;

/** One of them. */
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** What a configuration asks of AWS. */
export interface ConfiguredRights {
  readonly functions: Readonly<Record<FunctionName, readonly Right[]>>;
  /** Roles that functions assume, with the rights that those need, and which function assumes them. */
  readonly assumed: readonly { readonly role: string; readonly by: FunctionName; readonly rights: readonly Right[] }[];
  readonly notes: readonly string[];
}

/** Rights on what the configuration names. */
export function configuredRights(configuration: Configuration): ConfiguredRights {
  const functions: Record<FunctionName, NamedRight[]> = { dispatch: [], webhook: [], schedule: [], observe: [], sweep: [] };
  const assumed: { role: string; by: FunctionName; rights: readonly Right[] }[] = [];
  const notes: string[] = [...outOfPlace(configuration)];
  const add = (by: FunctionName, rights: readonly NamedRight[]) => functions[by].push(...rights);
  for (const target of configuration.targets) {
    const rights = rightsAt(target);
    notes.push(...rights.notes);
    for (const [by, own] of [
      ["dispatch", rights.launch],
      ["sweep", rights.look],
    ] as const) {
      if (own.length === 0) continue;
      if (rights.role === undefined) add(by, prefixed(target, own));
      else {
        assumed.push({ role: rights.role, by, rights: own });
        add(by, prefixed(target, [{ sid: "Assume", actions: ["sts:AssumeRole"], resources: [rights.role] }]));
      }
    }
    const secrets = readSecrets(referencesIn(target.settings));
    for (const by of ["dispatch", "sweep"] as const) add(by, prefixed(target, secrets));
  }
  const senders = readSecrets(referencesIn(configuration.http));
  add("webhook", prefixed({ name: "http" }, senders));
  // The webhook plans too (POST /plan), and a plan may be made from a template.
  const templates = readObjects("Templates", configuration.templates?.from ?? []);
  const requests = readObjects("Requests", configuration.requests?.from ?? []);
  for (const by of ["dispatch", "webhook"] as const) add(by, prefixed({ name: "" }, [...templates, ...requests]));
  return {
    functions: {
      dispatch: mergedRights(functions.dispatch),
      webhook: mergedRights(functions.webhook),
      schedule: mergedRights(functions.schedule),
      observe: mergedRights(functions.observe),
      sweep: mergedRights(functions.sweep),
    },
    assumed,
    notes,
  };
}

function rightsAt(target: Target): TargetRights {
  const launcher = Object.values(launchers).find(({ type }) => type === target.type);
  return launcher?.rights?.(target) ?? { launch: [], look: [], notes: [] };
}

/** Statements of several targets stand beside each other in one policy. */
function prefixed(target: Pick<Target, "name">, rights: readonly Right[]): readonly NamedRight[] {
  const prefix = target.name.replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? "");
  return rights.map((right) => ({ ...right, base: right.sid, sid: `${prefix.charAt(0).toUpperCase()}${prefix.slice(1)}${right.sid}` }));
}

function readSecrets(references: readonly string[]): readonly Right[] {
  const named = (scheme: string) =>
    [...new Set(references.filter((text) => text.startsWith(scheme)).map((text) => text.slice(scheme.length)))].sort();
  const managed = named("secretsmanager:").map((name) =>
    // Secrets Manager adds six characters to each name, which an ARN may leave out.
    !name.startsWith("arn:")
      ? `${ownAccount("secretsmanager")}:secret:${name}-??????`
      : /-[A-Za-z0-9]{6}$/.test(name)
        ? name
        : `${name}-??????`,
  );
  const parameters = named("ssm:").map((name) => `${ownAccount("ssm")}:parameter${name}`);
  return [
    ...(managed.length === 0 ? [] : [{ sid: "Secrets", actions: ["secretsmanager:GetSecretValue"], resources: managed }]),
    ...(parameters.length === 0 ? [] : [{ sid: "Parameters", actions: ["ssm:GetParameter"], resources: parameters }]),
  ];
}

function ownAccount(service: string): string {
  return `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}`;
}

function readObjects(sid: string, places: readonly string[]): readonly Right[] {
  const prefixes = places.flatMap((place) => /^s3:\/\/(.+)$/.exec(place)?.[1] ?? []);
  if (prefixes.length === 0) return [];
  // A prefix ends at a step's end, as whoever reads takes it: what only begins like it is another place.
  const covered = (prefix: string) =>
    prefix.endsWith("/") ? [`${prefix}*`] : prefix.includes("/") ? [prefix, `${prefix}/*`] : [`${prefix}/*`];
  const resources = prefixes.flatMap(covered).map((prefix) => `arn:\${AWS::Partition}:s3:::${prefix}`);
  return [{ sid, actions: ["s3:GetObject"], resources }];
}
