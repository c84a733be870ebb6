/** The RunTask input: the target's `run_task_kwargs`, the run config's over them, and the container `flow`. */
import { Refusal } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { mergeShallow, replaceByName, withoutNulls } from "../../core/merge.ts";
import { FLOW, objectAt, objectsAt } from "./documents.ts";

/** What would break "once", or is ours to say. */
const OURS: Readonly<Record<string, string>> = {
  count: "one run is one task",
  clientToken: "it is what makes a launch happen once",
  startedBy: "it is how a task is known to be ours",
  taskDefinition: "use task_definition, task_definition_path or task_definition_arn",
};

/** One side's `run_task_kwargs`, cleaned: no nulls, nothing of ours, sizes at the top moved into the overrides. */
export function kwargsOf(kwargs: JsonObject | undefined, path: string): JsonObject {
  const { cpu, memory, ...document } = withoutNulls(kwargs ?? {});
  for (const [name, why] of Object.entries(OURS)) {
    if (document[name] !== undefined) throw new Refusal("INVALID_REQUEST", { path: `${path}.${name}`, message: `must not be set: ${why}` });
  }
  const overrides = objectAt(document, "overrides", `${path}.overrides`);
  objectsAt(overrides, "containerOverrides", `${path}.overrides.containerOverrides`).forEach((container, index) => {
    if (typeof container["name"] === "string") return;
    throw new Refusal("INVALID_REQUEST", { path: `${path}.overrides.containerOverrides[${index}].name`, message: "required: the container that it overrides" });
  });
  // The agents' documentation allowed both at the top, where the service has no such fields: the lowest precedence.
  const sizes = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
  const merged = mergeShallow(sizes, overrides);
  return Object.keys(merged).length === 0 ? document : { ...document, overrides: merged };
}

/** The target's arguments with the run config's over them. Each key is replaced whole, but `overrides`, which are merged. */
export function mergedKwargs(target: JsonObject, own: JsonObject): JsonObject {
  const { overrides: _own, ...overlay } = own;
  // Each of the two ways to say where a task runs takes the other one's place.
  const replaced = ["overrides", ...("capacityProviderStrategy" in own ? ["launchType"] : []), ...("launchType" in own ? ["capacityProviderStrategy"] : [])];
  const base = Object.fromEntries(Object.entries(target).filter(([name]) => !replaced.includes(name)));
  const [below, above] = [target, own].map((side) => objectAt(side, "overrides", "run_task_kwargs.overrides"));
  const containers = replaceByName(
    objectsAt(below ?? {}, "containerOverrides", "run_task_kwargs.overrides.containerOverrides"),
    objectsAt(above ?? {}, "containerOverrides", "run_task_kwargs.overrides.containerOverrides"),
  );
  const overrides = { ...mergeShallow(below ?? {}, above ?? {}), ...(containers.length === 0 ? {} : { containerOverrides: containers }) };
  return { ...mergeShallow(base, overlay), ...(Object.keys(overrides).length === 0 ? {} : { overrides }) };
}

/** The override of the container `flow`, where there is one. */
export function flowOverride(kwargs: JsonObject): JsonObject | undefined {
  const overrides = objectAt(kwargs, "overrides", "run_task_kwargs.overrides");
  return objectsAt(overrides, "containerOverrides", "run_task_kwargs.overrides.containerOverrides").find(({ name }) => name === FLOW);
}

/** Whether the task runs on Fargate: by its launch type, or by a strategy of Fargate's providers only. */
export function isFargate(kwargs: JsonObject): boolean {
  if (kwargs["launchType"] !== undefined) return kwargs["launchType"] === "FARGATE";
  const providers = objectsAt(kwargs, "capacityProviderStrategy", "run_task_kwargs.capacityProviderStrategy").map(
    ({ capacityProvider }) => capacityProvider,
  );
  return providers.length > 0 && providers.every((provider) => provider === "FARGATE" || provider === "FARGATE_SPOT");
}
