import { isObject, type Json, type JsonObject } from "../../../shared/core/json.ts";
import type { ECSRun, LoadedTemplate, PlannedRun, RunRequest } from "../../../shared/core/run.ts";
import type { Target } from "../../../shared/core/target.ts";
import { planEcs } from "../../../shared/launchers/ecs/plan.ts";
import type { EcsSettings } from "../../../shared/launchers/ecs/target.ts";
import { plannedRun } from "../../support/runs.ts";

/** The network that targets have unless a test says another. */
export const NETWORK: JsonObject = { awsvpcConfiguration: { subnets: ["subnet-t"], securityGroups: ["sg-t"] } };

/** What a definition for Fargate needs besides its containers. */
export const FARGATE_PARTS: JsonObject = { networkMode: "awsvpc", cpu: "1024", memory: "2048" };

/** What a test says of a target: common fields, and `settings` over a network of its own. */
export type TargetParts = Partial<Target<EcsSettings>>;

/** A target `prod` with an image and a network. `run_task_kwargs` of a test are put over the network. */
export function ecsTarget({ settings, ...over }: TargetParts = {}): Target<EcsSettings> {
  return {
    name: "prod",
    type: "ecs",
    labels: [],
    env: {},
    enforcedEnv: {},
    secrets: {},
    image: "img:1",
    tags: {},
    startTimeoutSeconds: 900,
    fallback: [],
    relaunch: 2,
    ...over,
    settings: { ...settings, runTaskKwargs: { networkConfiguration: NETWORK, ...settings?.runTaskKwargs } },
  };
}

/** The run config of a test. */
export function ecsConfig(config: Partial<ECSRun> = {}): ECSRun {
  return { type: "ECSRun", env: {}, labels: [], ...config };
}

/** A run `run-1` of a run config; the request's other parts, and a template that was read, as the test says. */
export function ecsRun(config: Partial<ECSRun> = {}, request: Partial<RunRequest> = {}, template?: Partial<LoadedTemplate>): PlannedRun {
  const run = plannedRun({ runConfig: ecsConfig(config), ...request });
  if (template === undefined) return run;
  return { ...run, template: { document: {}, origin: "run", path: "s3://templates/t.yaml", version: "v1", ...template } };
}

/** A plan as tests look at it. */
export interface SeenPlan {
  /** Undefined where nothing is registered. */
  readonly definition: JsonObject | undefined;
  readonly runTask: JsonObject;
  readonly overrides: JsonObject;
  /** The container `flow` of the definition, and its override. */
  readonly container: JsonObject;
  readonly override: JsonObject;
  /** Variables by name: what the override sets, and what a container ends up with. */
  readonly env: Readonly<Record<string, Json | undefined>>;
  readonly inContainer: Readonly<Record<string, Json | undefined>>;
  readonly defaultRoles: object;
}

/** Plans a run. */
export function planOf(run: PlannedRun, target: Target<EcsSettings> = ecsTarget()): SeenPlan {
  const { calls, defaultRoles } = planEcs(run, target);
  const input = (api: string) => {
    const found = calls.find((call) => call.api === api)?.input;
    return isObject(found) ? found : undefined;
  };
  const definition = input("ecs:RegisterTaskDefinition");
  const runTask = input("ecs:RunTask") ?? {};
  const overrides = objectIn(runTask, "overrides");
  const container = flowIn(definition ?? {}, "containerDefinitions");
  const override = flowIn(overrides, "containerOverrides");
  const env = variablesIn(override);
  return { definition, runTask, overrides, container, override, env, inContainer: { ...variablesIn(container), ...env }, defaultRoles };
}

/** A member that is an object; an empty one where there is none. */
export function objectIn(document: JsonObject, key: string): JsonObject {
  const value = document[key];
  return isObject(value) ? value : {};
}

/** The objects of a list. */
export function objectsIn(document: JsonObject, key: string): readonly JsonObject[] {
  const value = document[key];
  return Array.isArray(value) ? (value as readonly Json[]).filter((each) => isObject(each)) : [];
}

function flowIn(document: JsonObject, key: string): JsonObject {
  return objectsIn(document, key).find(({ name }) => name === "flow") ?? {};
}

function variablesIn(container: JsonObject): Record<string, Json | undefined> {
  return Object.fromEntries(objectsIn(container, "environment").map(({ name, value }) => [String(name), value]));
}
