/** The RunTask input: the arguments, and in their overrides all that changes from run to run. */
import { chooseCommand } from "../../core/command.ts";
import type { ComposedEnvironment } from "../../core/environment.ts";
import { Refusal } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { replaceByName } from "../../core/merge.ts";
import type { ECSRun, PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { containersOf, overridesOf } from "./arguments.ts";
import { FLOW, sizeAt } from "./documents.ts";
import { clientToken, startedBy } from "./naming.ts";
import { cpuUnits, memoryMib } from "./sizes.ts";
import { runTags } from "./tags.ts";

/** The longest `overrides` that RunTask takes: characters, JSON included. */
const LONGEST_OVERRIDES = 8192;
const MOST_SHOWN = 4;

/** What is put into the arguments. */
export interface RunTaskParts {
  readonly run: PlannedRun;
  readonly target: Target;
  readonly config: ECSRun | undefined;
  readonly kwargs: JsonObject;
  readonly image?: string;
  /** A family, or the definition that is used as it is. */
  readonly taskDefinition: string;
  readonly environment: ComposedEnvironment;
  readonly taskRoleArn?: string;
  readonly executionRoleArn?: string;
}

/** The input of RunTask. Throws `Refusal`. */
export function runTaskOf({ run, target, config, kwargs, image, taskDefinition, environment, ...roles }: RunTaskParts): JsonObject {
  const { cpu: kwargsCpu, memory: kwargsMemory, containerOverrides: _containers, ...others } = overridesOf(kwargs);
  const cpu = sizeAt(config?.cpu || kwargsCpu, cpuUnits, config?.cpu ? "run_config.cpu" : "run_task_kwargs.overrides.cpu");
  const memory = sizeAt(
    config?.memory || kwargsMemory,
    memoryMib,
    config?.memory ? "run_config.memory" : "run_task_kwargs.overrides.memory",
  );
  const { command } = chooseCommand(run, target, image);
  const variables = Object.entries(environment).flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
  const flow = { name: FLOW, ...(command === undefined ? {} : { command }), environment: variables };
  return {
    ...kwargs,
    taskDefinition,
    clientToken: clientToken(run.deployment, run.key, run.attempt),
    startedBy: startedBy(run.deployment, run.key, run.attempt),
    tags: runTags(run, target, kwargs, image),
    overrides: {
      ...others,
      ...(cpu === undefined ? {} : { cpu }),
      ...(memory === undefined ? {} : { memory }),
      ...roles,
      containerOverrides: replaceByName(containersOf(overridesOf(kwargs)), [flow]),
    },
  };
}

/** Whether RunTask would not take the overrides. */
export function isTooLong(runTask: JsonObject): boolean {
  return lengthOf(runTask["overrides"]) > LONGEST_OVERRIDES;
}

/** Throws `Refusal` with the sizes of what is in overrides that are too long. `remedy` says what else there is to do. */
export function refuseTooLong(runTask: JsonObject, remedy: string): void {
  if (!isTooLong(runTask)) return;
  const overrides = overridesOf(runTask);
  const parts = containersOf(overrides).flatMap(({ name, command, environment }) => [
    ...(command === undefined ? [] : [{ what: `the command of ${name}`, path: "command", length: lengthOf(command) }]),
    ...(Array.isArray(environment) ? (environment as readonly JsonObject[]) : []).map((variable) => ({
      what: `variable ${String(variable["name"]).slice(0, 80)}`,
      path: variable["name"] === "SLIPWAY_PARAMETERS" ? "parameters" : "run_config.env",
      length: lengthOf(variable),
    })),
  ]);
  const largest = parts.sort((a, b) => b.length - a.length).slice(0, MOST_SHOWN);
  throw new Refusal("OVERRIDES_TOO_LONG", {
    path: largest[0]?.path ?? "run_config.run_task_kwargs.overrides",
    message: `the overrides have ${lengthOf(overrides)} characters, and ECS takes ${LONGEST_OVERRIDES}, JSON included (${largest
      .map(({ what, length }) => `${what}: ${length}`)
      .join(", ")}); ${remedy}, or put what is large into storage and its address into the run`,
  });
}

function lengthOf(part: Json | undefined): number {
  return JSON.stringify(part ?? {}).length;
}
