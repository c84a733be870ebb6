/** The variables of a run's container, and where they come from. */
import { type ComposedEnvironment, composeEnvironment } from "../../core/environment.ts";
import { byCodeUnit, type JsonObject } from "../../core/json.ts";
import type { PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { objectsIn, refusalAt } from "./documents.ts";
import { literal } from "./literal.ts";
import { secretKeyRef } from "./references.ts";

/** The container's `env`: ours, the target's secrets, then the template's own of other names. Throws `Refusal`. */
export function variablesOf(run: PlannedRun, target: Target, image: string, container: JsonObject): readonly JsonObject[] {
  const variables = composeEnvironment(run, target, { image });
  refuseUnfit(variables, run, target);
  const composed = Object.entries(variables).flatMap(([name, value]) =>
    value === null ? [] : [{ name, value: isInjected(name, target) ? literal(value) : value }],
  );
  const secrets = Object.entries(target.secrets)
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([name, reference]) => ({ name, valueFrom: { secretKeyRef: secretKeyRef(reference, `targets.${target.name}.secrets.${name}`) } }));
  // Null takes a variable of the template away, too.
  const kept = objectsIn(container, "env").filter(
    ({ name }) => !Object.hasOwn(variables, String(name)) && !Object.hasOwn(target.secrets, String(name)),
  );
  return [...composed, ...secrets, ...kept];
}

/** What Slipway itself sets is data: nothing in a parameter is for Kubernetes to fill in. */
function isInjected(name: string, target: Target): boolean {
  return /^(SLIPWAY_|TRACEPARENT$)/.test(name) && !Object.hasOwn(target.enforcedEnv, name);
}

function refuseUnfit(variables: ComposedEnvironment, run: PlannedRun, target: Target): void {
  for (const [name, value] of Object.entries(variables)) {
    if (!/^[\x20-\x3c\x3e-\x7e]+$/.test(name)) {
      throw refusalAt(whereSet(name, run, target), "a variable's name must be printable ASCII characters without =");
    }
    if (value !== null && Object.hasOwn(target.secrets, name)) {
      const secrets = `targets.${target.name}.secrets.${name}`;
      const message = `a variable can't have the name of one of the target's secrets (${secrets}): leave out the one or the other`;
      throw refusalAt(isInjected(name, target) ? secrets : whereSet(name, run, target), message);
    }
    if (value?.includes("\0")) throw refusalAt(whereSet(name, run, target), "a variable's value must not hold NUL");
  }
}

/** Where a request says what Slipway itself sets. */
const INJECTED: Readonly<Record<string, string>> = {
  SLIPWAY_RUN_NAME: "name",
  SLIPWAY_FLOW_ID: "flow.id",
  SLIPWAY_FLOW_NAME: "flow.name",
  SLIPWAY_FLOW_VERSION: "flow.version",
};

/** The place that decides a variable, from the highest layer down. */
function whereSet(name: string, { request }: PlannedRun, target: Target): string {
  if (Object.hasOwn(target.enforcedEnv, name)) return `targets.${target.name}.enforced_env.${name}`;
  const injected = INJECTED[name];
  if (injected !== undefined && isInjected(name, target)) return injected;
  if (Object.hasOwn(request.runConfig.env, name)) return `run_config.env.${name}`;
  return `targets.${target.name}.env.${name}`;
}
