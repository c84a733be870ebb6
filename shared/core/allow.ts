/**
 * What a run request may not do: a launcher asks about everything that it is about to use and that came
 * with a run, and refuses with all that is outside at once. What the target itself says is never asked about.
 */
import { type Issue, Refusal } from "./errors.ts";
import { globMatches } from "./glob.ts";
import type { Target } from "./target.ts";

/** The rules whose lists hold values, and what counts where a target has no list: any value, or only what the target itself names. */
const DEFAULTS = {
  images: "any",
  machine_types: "any",
  task_definitions: "own",
  task_roles: "own",
  execution_roles: "own",
  secrets: "own",
  service_accounts: "own",
  clusters: "own",
  namespaces: "own",
  networks: "own",
  binds: "own",
} as const;

/** A rule whose list holds values: roles, images, paths. */
export type AllowRule = keyof typeof DEFAULTS;

/** A value that a launcher is about to use. */
export interface AllowQuestion {
  readonly target: Target;
  readonly rule: AllowRule;
  readonly value: string;
  /** Where the run's document says it. */
  readonly path: string;
  /** The values that the target itself names for the purpose. */
  readonly own: readonly (string | undefined)[];
}

/** What is wrong with using a value; undefined where the target lets it. */
export function checkAllowed({ target, rule, value, path, own }: AllowQuestion): Issue | undefined {
  if (target.allow === "*" || own.includes(value)) return undefined;
  const list = listOf(target, rule);
  if (list === undefined && DEFAULTS[rule] === "any") return undefined;
  if (list?.some((pattern) => globMatches(pattern, value)) === true) return undefined;
  const bounds = list === undefined ? "a run may use only what the target itself names" : "it is not in the target's list";
  return {
    path,
    message: `rule ${rule} of target "${target.name}" does not allow ${shown(value)}: ${bounds}; the operator can allow it in the target's allow.${rule}`,
  };
}

/** Whether runs of a target may be privileged. */
export function allowsPrivileged({ allow }: Target): boolean {
  return allow === "*" || allow?.["privileged"] === true;
}

/** Whether everything is allowed, so that nothing needs to be looked at. */
export function allowsEverything({ allow }: Target): boolean {
  return allow === "*";
}

/** The globs that a target's `allow` has for a rule; undefined where the rule keeps its default. */
export function listOf({ allow }: Target, rule: AllowRule | "host_config"): readonly string[] | undefined {
  if (allow === undefined || allow === "*" || !Object.hasOwn(allow, rule)) return undefined;
  const list = allow[rule];
  return typeof list === "object" ? list : undefined;
}

/** The most issues that one refusal tells, and how much of a value: they are kept in the record. */
const MOST_ISSUES = 20;
const LONGEST_SHOWN = 120;

/** Throws `Refusal` NOT_ALLOWED with all that was found, where anything was. */
export function refuseDisallowed(found: readonly (Issue | undefined)[]): void {
  const issues = found.filter((issue) => issue !== undefined);
  const [first, ...rest] = issues.slice(0, MOST_ISSUES);
  if (first === undefined) return;
  const more = issues.length - MOST_ISSUES;
  throw new Refusal("NOT_ALLOWED", [first, ...rest, ...(more > 0 ? [{ path: "", message: `and ${more} more` }] : [])]);
}

/** A sender's text as a message shows it. */
export function shown(value: string): string {
  return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value);
}
