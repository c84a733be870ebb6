/** The arguments of RunTask: the target's `run_task_kwargs`, and the run config's over them. */
import type { JsonObject } from "../../core/json.ts";
import type { FieldNames } from "../../core/known-fields.ts";
import { mergeShallow, replaceByName, withoutNulls } from "../../core/merge.ts";
import type { ECSRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { FLOW, objectAt, objectsAt, refusalAt, variablesAt } from "./documents.ts";
import { RUN_TASK_FIELDS } from "./model.ts";
import { refuseUnlike } from "./shapes.ts";
import type { EcsSettings } from "./target.ts";

/** What would break "once", or is ours to say. */
const OURS: Readonly<Record<string, string>> = {
  count: "one run is one task",
  clientToken: "it is what makes a launch happen once",
  startedBy: "it is how a task is known to be ours",
  taskDefinition: "use task_definition, task_definition_path or task_definition_arn",
};

/** The agents' documentation allowed two sizes at the top, where the service has no such fields. */
const FIELDS: FieldNames = { ...RUN_TASK_FIELDS, cpu: true, memory: true };
const MERGED = "run_task_kwargs";

/** The arguments of a run on a target. Throws `Refusal`. */
export function argumentsOf(config: ECSRun | undefined, target: Target<EcsSettings>): JsonObject {
  const path = `targets.${target.name}.run_task_kwargs`;
  const below = ofTarget(checked(target.settings.runTaskKwargs, path), target.settings);
  return withSizes(merged(below, checked(config?.runTaskKwargs, "run_config.run_task_kwargs")));
}

/** One side's arguments without nulls, and with nothing in them that ECS would not understand, or that is ours to say. */
function checked(kwargs: JsonObject | undefined, path: string): JsonObject {
  const document = withoutNulls(kwargs ?? {});
  for (const [name, why] of Object.entries(OURS)) {
    if (document[name] !== undefined) throw refusalAt(`${path}.${name}`, `must not be set: ${why}`);
  }
  refuseUnlike(document, FIELDS, path);
  const containers = objectsAt(objectAt(document, "overrides", path), "containerOverrides", path);
  for (const [index, container] of containers.entries()) {
    const at = `${path}.overrides.containerOverrides[${index}]`;
    if (typeof container["name"] !== "string") throw refusalAt(`${at}.name`, "expected a string: the container that it overrides");
    variablesAt(container, at);
  }
  return document;
}

/** Where the target says a task runs: its cluster, and its launch type unless it has a strategy. `target-issues.ts` saw to it that they agree. */
function ofTarget(kwargs: JsonObject, { cluster, launchType = "FARGATE" }: EcsSettings): JsonObject {
  const { launchType: _same, capacityProviderStrategy = [], ...rest } = kwargs;
  return {
    ...rest,
    ...(hasStrategy(kwargs) ? { capacityProviderStrategy } : { launchType }),
    ...(cluster === undefined ? {} : { cluster }),
  };
}

function hasStrategy(kwargs: JsonObject): boolean {
  return objectsAt(kwargs, "capacityProviderStrategy", `${MERGED}.capacityProviderStrategy`).length > 0;
}

/** Each key is replaced whole, but `overrides`, which are merged. */
function merged(below: JsonObject, above: JsonObject): JsonObject {
  const { overrides: _above, ...overlay } = above;
  // Each of the two ways to say where a task runs takes the other one's place, be it empty.
  const replaced = new Set([
    "overrides",
    ...("capacityProviderStrategy" in above ? ["launchType"] : []),
    ...("launchType" in above ? ["capacityProviderStrategy"] : []),
  ]);
  const base = Object.fromEntries(Object.entries(below).filter(([name]) => !replaced.has(name)));
  const [lower, upper] = [overridesOf(below), overridesOf(above)];
  const containers = replaceByName(containersOf(lower), containersOf(upper));
  const overrides = { ...mergeShallow(lower, upper), ...(containers.length === 0 ? {} : { containerOverrides: containers }) };
  return { ...mergeShallow(base, overlay), ...(Object.keys(overrides).length === 0 ? {} : { overrides }) };
}

/** Sizes at the top become the overrides of the lowest precedence. */
function withSizes({ cpu, memory, ...kwargs }: JsonObject): JsonObject {
  const sizes = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
  const overrides = mergeShallow(sizes, overridesOf(kwargs));
  return Object.keys(overrides).length === 0 ? kwargs : { ...kwargs, overrides };
}

/** The `overrides` of merged arguments. */
export function overridesOf(kwargs: JsonObject): JsonObject {
  return objectAt(kwargs, "overrides", `${MERGED}.overrides`);
}

/** The `containerOverrides` of such. */
export function containersOf(overrides: JsonObject): readonly JsonObject[] {
  return objectsAt(overrides, "containerOverrides", `${MERGED}.overrides.containerOverrides`);
}

/** The override of the container `flow`, where there is one. */
export function flowOverride(kwargs: JsonObject): JsonObject | undefined {
  return containersOf(overridesOf(kwargs)).find(({ name }) => name === FLOW);
}

/** Whether the task runs on Fargate: by its launch type, or by a strategy of Fargate's providers only. */
export function isFargate(kwargs: JsonObject): boolean {
  if (kwargs["launchType"] !== undefined) return kwargs["launchType"] === "FARGATE";
  const strategy = objectsAt(kwargs, "capacityProviderStrategy", `${MERGED}.capacityProviderStrategy`);
  return (
    strategy.length > 0 && strategy.every(({ capacityProvider }) => capacityProvider === "FARGATE" || capacityProvider === "FARGATE_SPOT")
  );
}

/** The target's own launch type, whatever a run says; with a strategy and no launch type none is claimed. */
export function compatibilities({ settings, name }: Target<EcsSettings>): readonly string[] | undefined {
  if (settings.launchType !== undefined) return [settings.launchType];
  const path = `targets.${name}.run_task_kwargs.capacityProviderStrategy`;
  return objectsAt(settings.runTaskKwargs ?? {}, "capacityProviderStrategy", path).length > 0 ? undefined : ["FARGATE"];
}
