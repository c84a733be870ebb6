import { type Issue, Refusal } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { withoutNulls } from "../../core/merge.ts";
import { didYouMean } from "../../core/suggest.ts";
import { DOCKER_PY, GONE } from "./docker-py.ts";
import { asIs } from "./forms.ts";
import { type EngineKey, HOST_CONFIG, isEngineKey } from "./model.ts";
import { unlike } from "./shapes.ts";

/** Where a run has its host configuration. */
const PATH = "run_config.host_config";

/** One field that a run set. */
export interface GivenField {
  readonly key: EngineKey;
  /** As the run wrote it. */
  readonly path: string;
  /** Undefined where the field is set to nothing: it replaces the target's all the same. */
  readonly value: Json | undefined;
}

/** The fields of a run's `host_config`, in the Engine's form and by its names. Throws `Refusal` with all that is wrong. */
export function givenFields(document: JsonObject): readonly GivenField[] {
  const issues: Issue[] = [];
  const fields: GivenField[] = [];
  for (const [name, value] of Object.entries(document)) {
    const path = `${PATH}.${name.slice(0, 80)}`;
    const known = Object.hasOwn(DOCKER_PY, name) ? DOCKER_PY[name] : isEngineKey(name) ? ([name, asIs] as const) : undefined;
    if (known === undefined) {
      issues.push({ path, message: GONE.includes(name) ? "Docker no longer has this field; leave it out" : unknown(name) });
      continue;
    }
    const [key, form] = known;
    const twice = fields.find((other) => other.key === key);
    if (twice !== undefined) issues.push({ path, message: `the same field as ${twice.path}; leave out the one or the other` });
    const formed = value === null ? { value: undefined } : form(value);
    if ("expected" in formed) issues.push({ path, message: formed.expected });
    else {
      if (formed.value !== undefined) issues.push(...unlike(formed.value, HOST_CONFIG[key], path));
      fields.push({ key, path, value: formed.value });
    }
  }
  if (issues.length === 0) issues.push(...conflicts(fields));
  const [first, ...rest] = issues;
  if (first !== undefined) throw new Refusal("INVALID_REQUEST", [first, ...rest]);
  return fields.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

function unknown(name: string): string {
  return `unknown field of host_config${didYouMean(name, [...Object.keys(DOCKER_PY), ...Object.keys(HOST_CONFIG)])}`;
}

function conflicts(fields: readonly GivenField[]): readonly Issue[] {
  const [mode, ports, restart] = (["NetworkMode", "PortBindings", "RestartPolicy"] as const).map((key) =>
    fields.find((field) => field.key === key),
  );
  const issues: Issue[] = [];
  if (mode?.value === "host" && ports?.value !== undefined && Object.keys(ports.value as JsonObject).length > 0) {
    issues.push({ path: ports.path, message: "a container in the host's network publishes no ports; leave out the one or the other" });
  }
  const policy = restart?.value === undefined ? undefined : (restart.value as JsonObject)["Name"];
  if (restart !== undefined && typeof policy === "string" && !["", "no"].includes(policy)) {
    issues.push({ path: restart.path, message: "a run is started once; a policy that starts its container again can't be had" });
  }
  return issues;
}

/** The HostConfig of a container: what the run set over the defaults, key by key. */
export function hostConfigOf(defaults: JsonObject, fields: readonly GivenField[]): JsonObject {
  const own = fields
    // Removal is ours, after the end is recorded.
    .filter(({ key }) => key !== "AutoRemove")
    .map(({ key, value }) => [key, value ?? null] as const);
  return withoutNulls({ ...defaults, ...Object.fromEntries(own) });
}
