import { Refusal } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Target } from "../../core/target.ts";
import { objectAt, objectsAt, textAt } from "./documents.ts";
import { isFargate } from "./run-task.ts";
import { fargateProblem } from "./sizes.ts";

/** What is looked at. Without a definition (one is used as it is) only what the call itself says can be. */
export interface FargateQuestion {
  readonly runTask: JsonObject;
  readonly definition?: JsonObject;
  readonly image?: string;
  readonly target: Target;
}

const ECR = /^\d{12}\.dkr[.-]ecr[.-][a-z0-9-]+\.(amazonaws\.com|on\.aws)/;

/** What ECS would refuse, or what would never start, found before any call. Throws `Refusal` that says where to set what is missing. */
export function requireFargateParts({ runTask, definition, image, target }: FargateQuestion): void {
  const overrides = objectAt(runTask, "overrides", "run_task_kwargs.overrides");
  const role = textAt(overrides, "executionRoleArn", "overrides.executionRoleArn");
  const where = `in the run config (execution_role_arn), in the task definition (executionRoleArn), or in target "${target.name}" (execution_role_arn)`;
  const hasSecrets = Object.keys(target.secrets).length > 0;
  if (definition !== undefined && hasSecrets && definition["executionRoleArn"] === undefined) {
    throw missing("EXECUTION_ROLE_MISSING", "run_config.execution_role_arn", `the target's secrets are read by the execution role; set one ${where}`);
  }
  if (!isFargate(runTask)) return;
  if (definition !== undefined && ECR.test(image ?? "") && role === undefined) {
    throw missing("EXECUTION_ROLE_MISSING", "run_config.execution_role_arn", `Fargate pulls the image from ECR with an execution role; set one ${where}`);
  }
  if (Object.keys(objectAt(runTask, "networkConfiguration", "run_task_kwargs.networkConfiguration")).length === 0) {
    const message = `Fargate needs a network; set run_task_kwargs.networkConfiguration (subnets, security groups) in target "${target.name}", or in the run config`;
    throw missing("NETWORK_MISSING", "run_config.run_task_kwargs.networkConfiguration", message);
  }
  if (definition !== undefined) requireDefinitionParts(definition);
  const [cpu, memory] = ["cpu", "memory"].map((name) => textAt(overrides, name, name) ?? textAt(definition ?? {}, name, name));
  const problem = cpu === undefined || memory === undefined ? undefined : fargateProblem(cpu, memory);
  if (problem !== undefined) throw missing("SIZE_NOT_OFFERED", overrides["memory"] === undefined ? "run_config.cpu" : "run_config.memory", problem);
}

function requireDefinitionParts(definition: JsonObject): void {
  for (const name of ["cpu", "memory"]) {
    if (definition[name] === undefined) throw missing("INVALID_REQUEST", `task_definition.${name}`, `Fargate needs the ${name} of the task in its definition`);
  }
  if (definition["networkMode"] !== "awsvpc") {
    throw missing("INVALID_REQUEST", "task_definition.networkMode", 'Fargate needs "networkMode": "awsvpc" in the task definition');
  }
  const containers = objectsAt(definition, "containerDefinitions", "task_definition.containerDefinitions");
  if (containers.length > 10) throw missing("INVALID_REQUEST", "task_definition.containerDefinitions", `${containers.length} containers, and a task takes 10`);
}

function missing(code: "EXECUTION_ROLE_MISSING" | "NETWORK_MISSING" | "SIZE_NOT_OFFERED" | "INVALID_REQUEST", path: string, message: string): Refusal {
  return new Refusal(code, { path, message });
}
