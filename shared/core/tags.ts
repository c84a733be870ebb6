import { interpolationsOf } from "./environment.ts";
import { interpolate } from "./interpolate.ts";
import { byCodeUnit } from "./json.ts";
import type { PlannedRun } from "./run.ts";
import type { Target } from "./target.ts";

/**
 * The tags that every launch gets, each where there is a value. A service whose labels take no colon or other characters gets
 * them under a name of its launcher's making, and its launcher bounds the values too.
 */
export const OWN_TAGS = {
  deployment: "slipway:deployment",
  target: "slipway:target",
  runId: "slipway:run-id",
  /** The run's key: letters and digits only, so it survives in every service's labels. */
  key: "slipway:key",
  attempt: "slipway:attempt",
  flowId: "slipway:flow-id",
  flowName: "slipway:flow-name",
  flowVersion: "slipway:flow-version",
} as const;

/** Tags by key in code unit order: the target's, their `${…}` filled in, and `OWN_TAGS`, which win. */
export function composeTags(run: PlannedRun, target: Target, image?: string): Readonly<Record<string, string>> {
  const values = interpolationsOf(run, target, image);
  const { id, flow } = run.request;
  const own: Readonly<Record<string, string | undefined>> = {
    [OWN_TAGS.deployment]: run.deployment,
    [OWN_TAGS.target]: target.name,
    [OWN_TAGS.runId]: id,
    [OWN_TAGS.key]: run.key,
    [OWN_TAGS.attempt]: String(run.attempt),
    [OWN_TAGS.flowId]: flow?.id,
    [OWN_TAGS.flowName]: flow?.name,
    [OWN_TAGS.flowVersion]: flow?.version?.toString(),
  };
  const tags = new Map(Object.entries(target.tags).map(([key, text]) => [key, interpolate(text, values)]));
  for (const [key, value] of Object.entries(own)) if (value !== undefined) tags.set(key, value);
  return Object.fromEntries([...tags].sort(([a], [b]) => byCodeUnit(a, b)));
}
