/** A run of a definition that somebody registered: nothing of it can be changed, and its image is its own. */
import { chooseCommand } from "../../core/command.ts";
import { Refusal } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ECSRun, PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { refuseOutside } from "./allowed.ts";
import { overridesOf } from "./arguments.ts";
import { refusalAt } from "./documents.ts";
import { requireFargateParts } from "./fargate.ts";
import type { EcsPlan, RoleName } from "./plan.ts";
import { refuseTooLong, runTaskOf } from "./run-task.ts";
import type { EcsSettings } from "./target.ts";
import { variablesOf } from "./variables.ts";

const ROLES: readonly RoleName[] = ["taskRoleArn", "executionRoleArn"];

/** RunTask alone. Throws `Refusal`. */
export function planAsItIs(run: PlannedRun, target: Target<EcsSettings>, config: ECSRun, arn: string, kwargs: JsonObject): EcsPlan {
  refuseWhatItCannotTake(run, target, arn);
  const { taskRoleArn, executionRoleArn } = target.settings;
  const defaultRoles = { ...(taskRoleArn ? { taskRoleArn } : {}), ...(executionRoleArn ? { executionRoleArn } : {}) };
  const own: Partial<Record<RoleName, string>> = {
    ...(config.taskRoleArn ? { taskRoleArn: config.taskRoleArn } : {}),
    ...(config.executionRoleArn ? { executionRoleArn: config.executionRoleArn } : {}),
  };
  // The definition's role, or else the target's, comes before one in `run_task_kwargs`.
  const overrides = Object.fromEntries(Object.entries(overridesOf(kwargs)).filter(([name]) => !Object.hasOwn(defaultRoles, name)));
  const environment = variablesOf({ run, target, kwargs });
  const runTask = runTaskOf({ run, target, config, kwargs: { ...kwargs, overrides }, taskDefinition: arn, environment, ...own });
  refuseTooLong(
    runTask,
    "with task_definition_arn no variable can go into the definition; shorten the variables, the parameters or the command",
  );
  requireFargateParts({ runTask, target });
  refuseOutside({ run, target, config });
  const yieldingRoles = ROLES.filter((role) => own[role] === undefined && overrides[role] !== undefined);
  return { calls: [{ api: "ecs:RunTask", input: runTask }], defaultRoles, yieldingRoles };
}

function refuseWhatItCannotTake(run: PlannedRun, target: Target<EcsSettings>, arn: string): void {
  if (arn === "") throw refusalAt("run_config.task_definition_arn", "an empty text names no definition; leave it out, or set it to null");
  if (chooseCommand(run, target).entrypoint !== undefined) {
    throw new Refusal("ENTRYPOINT_NOT_SUPPORTED", {
      path: run.request.entrypoint === undefined ? `targets.${target.name}.entrypoint` : "entrypoint",
      message: "RunTask can't change the entrypoint of a registered definition; leave out task_definition_arn, or the entrypoint",
    });
  }
  if (Object.keys(target.secrets).length > 0) {
    const message = `RunTask can't add the secrets of target "${target.name}" to a registered definition; leave it out, or use a target without secrets`;
    throw refusalAt("run_config.task_definition_arn", message);
  }
}
