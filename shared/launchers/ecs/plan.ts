/** Pure: a run and its target → RegisterTaskDefinition and RunTask, byte for byte. */
import type { JsonObject } from "../../core/json.ts";
import type { Call } from "../../core/launcher.ts";
import type { ECSRun, PlannedRun, TemplatePath } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { argumentsOf } from "./arguments.ts";
import { planAsItIs } from "./as-it-is.ts";
import { planRegistered } from "./registered.ts";
import type { EcsSettings } from "./target.ts";

/** The calls of a launch; without a Register where the run names a definition that is already registered. */
export interface EcsPlan {
  readonly calls: readonly Call[];
  /** What is added to the overrides where a definition that is used as it is has no such role of its own. */
  readonly defaultRoles: { readonly [Role in RoleName]?: string };
  /** The roles in the overrides that give way to the definition's own: those of `run_task_kwargs`. */
  readonly yieldingRoles: readonly RoleName[];
}

export type RoleName = "taskRoleArn" | "executionRoleArn";

/** The launch of a run on an ECS target. Throws `Refusal`. */
export function planEcs(run: PlannedRun, target: Target<EcsSettings>): EcsPlan {
  const config = ecsRun(run);
  const kwargs = argumentsOf(config, target);
  return config?.taskDefinitionArn === undefined
    ? planRegistered(run, target, config, kwargs)
    : planAsItIs(run, target, config, config.taskDefinitionArn, kwargs);
}

/** The path of the template to read first: the run config's, else the target's, where nothing is given inline. */
export function templatePath(run: PlannedRun, target: Target<EcsSettings>): TemplatePath | undefined {
  const config = ecsRun(run);
  if (config?.taskDefinitionArn !== undefined || isGiven(config?.taskDefinition)) return undefined;
  if (config?.taskDefinitionPath !== undefined) {
    return { path: config.taskDefinitionPath, origin: "run", field: "run_config.task_definition_path" };
  }
  const { taskDefinition, taskDefinitionPath } = target.settings;
  if (isGiven(taskDefinition) || taskDefinitionPath === undefined) return undefined;
  return { path: taskDefinitionPath, origin: "target", field: `targets.${target.name}.task_definition_path` };
}

/** An empty object counts as not given. */
function isGiven(document: JsonObject | undefined): boolean {
  return document !== undefined && Object.keys(document).length > 0;
}

function ecsRun(run: PlannedRun): ECSRun | undefined {
  return run.request.runConfig.type === "ECSRun" ? run.request.runConfig : undefined;
}
