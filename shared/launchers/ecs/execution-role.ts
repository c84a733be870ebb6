/** When ECS needs an execution role in the definition: it checks for one as soon as it is registered. */
import { Refusal } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Target } from "../../core/target.ts";
import { objectAt, objectsAt } from "./documents.ts";

/** A registry of ECR, in any partition; public.ecr.aws needs no rights. */
const ECR = /^\d{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\./;

/** Why containers need an execution role; undefined where they do not. */
export function needOfExecutionRole(containers: readonly JsonObject[], onFargate: boolean): "secrets" | "ecr" | undefined {
  if (containers.some(hasSecrets)) return "secrets";
  return onFargate && containers.some(({ image }) => typeof image === "string" && ECR.test(image)) ? "ecr" : undefined;
}

function hasSecrets(container: JsonObject): boolean {
  const log = objectAt(container, "logConfiguration", "task_definition.containerDefinitions.logConfiguration");
  const count =
    objectsAt(container, "secrets", "task_definition.containerDefinitions.secrets").length +
    objectsAt(log, "secretOptions", "task_definition.containerDefinitions.logConfiguration.secretOptions").length;
  return count > 0 || container["repositoryCredentials"] !== undefined;
}

/** Throws `Refusal` that names the places to set an execution role, where one is needed and there is none. */
export function requireExecutionRole({
  definition,
  target,
  onFargate,
}: {
  definition: JsonObject;
  target: Target;
  onFargate: boolean;
}): void {
  if (definition["executionRoleArn"]) return;
  const need = needOfExecutionRole(objectsAt(definition, "containerDefinitions", "task_definition.containerDefinitions"), onFargate);
  if (need === undefined) return;
  const why = need === "ecr" ? "Fargate pulls the image from ECR with an execution role" : "ECS reads the secrets with an execution role";
  throw new Refusal("EXECUTION_ROLE_MISSING", {
    path: "run_config.execution_role_arn",
    message: `${why}; set one in the run config (execution_role_arn), in the task definition (executionRoleArn), or in target "${target.name}" (execution_role_arn)`,
  });
}
