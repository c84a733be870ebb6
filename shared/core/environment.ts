import { attemptTraceparent } from "./identity.ts";
import { type Interpolations, interpolate } from "./interpolate.ts";
import { byCodeUnit, canonicalJson } from "./json.ts";
import type { Environment, EnvironmentValue, PlannedRun } from "./run.ts";
import type { Target } from "./target.ts";

/** Variables as a launch sets them, by name in code unit order; null takes an inherited or a template's variable away. */
export type ComposedEnvironment = Readonly<Record<string, string | null>>;

/** What `${…}` stands for in a target's texts. */
export function interpolationsOf(run: PlannedRun, target: Target, image: string | undefined): Interpolations {
  const { id, name, flow } = run.request;
  return {
    "run.id": id,
    "run.attempt": String(run.attempt),
    "target.name": target.name,
    ...(name === undefined ? {} : { "run.name": name }),
    ...(flow?.id === undefined ? {} : { "flow.id": flow.id }),
    ...(flow?.name === undefined ? {} : { "flow.name": flow.name }),
    ...(flow?.version === undefined ? {} : { "flow.version": String(flow.version) }),
    ...(image === undefined ? {} : { image }),
  };
}

/** The variables that Slipway itself sets, each only where there is a value. */
function injected(run: PlannedRun, target: Target): Record<string, string> {
  const { id, name, flow, parameters, traceparent } = run.request;
  return {
    SLIPWAY_RUN_ID: id,
    SLIPWAY_ATTEMPT: String(run.attempt),
    SLIPWAY_TARGET: target.name,
    ...(name === undefined ? {} : { SLIPWAY_RUN_NAME: name }),
    ...(flow?.id === undefined ? {} : { SLIPWAY_FLOW_ID: flow.id }),
    ...(flow?.name === undefined ? {} : { SLIPWAY_FLOW_NAME: flow.name }),
    ...(flow?.version === undefined ? {} : { SLIPWAY_FLOW_VERSION: String(flow.version) }),
    ...(flow?.storage === undefined ? {} : { SLIPWAY_FLOW_STORAGE: canonicalJson(flow.storage) }),
    ...(parameters === undefined ? {} : { SLIPWAY_PARAMETERS: canonicalJson(parameters) }),
    ...(traceparent === undefined ? {} : { TRACEPARENT: attemptTraceparent(traceparent, run.key, run.attempt) }),
  };
}

/**
 * The environment of a launch. Later wins: template, target `env`, run config `env`, injected, target `enforced_env`.
 * Only the target's own values are interpolated: run requests are not trusted.
 */
export function composeEnvironment(
  run: PlannedRun,
  target: Target,
  from: { image?: string; template?: Environment } = {},
): ComposedEnvironment {
  const values = interpolationsOf(run, target, from.image);
  const layers: readonly Environment[] = [
    from.template ?? {},
    interpolated(target.env, values),
    run.request.runConfig.env,
    injected(run, target),
    interpolated(target.enforcedEnv, values),
  ];
  const composed = new Map<string, string | null>();
  for (const layer of layers) for (const [name, value] of Object.entries(layer)) composed.set(name, asText(value));
  return Object.fromEntries([...composed].sort(([a], [b]) => byCodeUnit(a, b)));
}

function interpolated(environment: Environment, values: Interpolations): Environment {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, typeof value === "string" ? interpolate(value, values) : value]),
  );
}

/** A value as JSON writes it, texts as they are. */
function asText(value: EnvironmentValue): string | null {
  return value === null || typeof value === "string" ? value : JSON.stringify(value);
}
