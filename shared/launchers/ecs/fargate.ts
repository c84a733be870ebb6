/** What Fargate would refuse, or would never start, found before any call. */
import { Refusal } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Target } from "../../core/target.ts";
import { isFargate, overridesOf } from "./arguments.ts";
import { objectAt, refusalAt, textAt } from "./documents.ts";
import { fargateProblem } from "./sizes.ts";

/** What is looked at. Without a definition (one is used as it is) only what the call itself says can be. */
export interface FargateQuestion {
  readonly runTask: JsonObject;
  readonly target: Target;
  readonly definition?: JsonObject;
  /** Where the definition's template is. */
  readonly path?: string;
}

/** Throws `Refusal` that says where to set what is missing. Anything but Fargate is not held to it. */
export function requireFargateParts({ runTask, target, definition, path = "task_definition" }: FargateQuestion): void {
  if (!isFargate(runTask)) return;
  if (Object.keys(objectAt(runTask, "networkConfiguration", "run_task_kwargs.networkConfiguration")).length === 0) {
    throw new Refusal("NETWORK_MISSING", {
      path: "run_config.run_task_kwargs.networkConfiguration",
      message: `Fargate needs a network; set run_task_kwargs.networkConfiguration (subnets, security groups) in target "${target.name}", or in the run config`,
    });
  }
  if (definition !== undefined) requireDefinitionParts(definition, path);
  requireOfferedSize(overridesOf(runTask), definition, path);
}

function requireDefinitionParts(definition: JsonObject, path: string): void {
  for (const name of ["cpu", "memory"]) {
    if (definition[name] === undefined)
      throw refusalAt(`${path}.${name}`, `Fargate needs the ${name} of the task in its definition: set it there`);
  }
  if (definition["networkMode"] !== "awsvpc") {
    throw refusalAt(`${path}.networkMode`, 'Fargate needs "networkMode": "awsvpc" in the task definition: set it there');
  }
}

/** Overrides come before the definition. */
function requireOfferedSize(overrides: JsonObject, definition: JsonObject | undefined, path: string): void {
  const [cpu, memory] = ["cpu", "memory"].map((name) => textAt(overrides, name, name) ?? textAt(definition ?? {}, name, `${path}.${name}`));
  const problem = cpu === undefined || memory === undefined ? undefined : fargateProblem(cpu, memory);
  if (problem === undefined) return;
  const overridden = ["memory", "cpu"].find((name) => overrides[name] !== undefined);
  throw new Refusal("SIZE_NOT_OFFERED", {
    path: overridden === undefined ? `${path}.memory` : `run_config.${overridden}`,
    message: problem,
  });
}
