/** Pure: a run and its target → RegisterTaskDefinition and RunTask, byte for byte. */
import { chooseCommand } from "../../core/command.ts";
import { type ComposedEnvironment, composeEnvironment } from "../../core/environment.ts";
import { type Issue, Refusal } from "../../core/errors.ts";
import { chooseImage, requireImage } from "../../core/image.ts";
import { isList, type JsonObject } from "../../core/json.ts";
import type { Call } from "../../core/launcher.ts";
import { type FieldNames, unknownFields } from "../../core/known-fields.ts";
import { replaceByName } from "../../core/merge.ts";
import type { ECSRun, Environment, PlannedRun, TemplatePath } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { refuseOutside } from "./allowed.ts";
import { chosenTemplate, definitionOf, flowContainer, type Template } from "./definition.ts";
import { FLOW, objectAt, objectsAt, sizeAt, textAt } from "./documents.ts";
import { requireFargateParts } from "./fargate.ts";
import { DEFINITION_FIELDS, RUN_TASK_FIELDS } from "./model.ts";
import { clientToken, startedBy } from "./naming.ts";
import { flowOverride, kwargsOf, mergedKwargs } from "./run-task.ts";
import { cpuUnits, memoryMib } from "./sizes.ts";
import { runTags } from "./tags.ts";
import type { EcsSettings } from "./target.ts";

/** The calls of a launch; without a Register where the run names a definition that is already registered. */
export interface EcsPlan {
  readonly calls: readonly Call[];
  /** What is added to the overrides where a definition that is used as it is has no such role of its own. */
  readonly defaultRoles: { readonly taskRoleArn?: string; readonly executionRoleArn?: string };
}

/** Two sizes at the top are ours to understand: see `kwargsOf`. */
const RUN_TASK_KWARGS_FIELDS: FieldNames = { ...RUN_TASK_FIELDS, cpu: true, memory: true };

/** The longest `overrides` that RunTask takes: characters, JSON included. */
const LONGEST_OVERRIDES = 8192;

/** The path of the template to read first: the run config's, else the target's, where nothing is given inline. */
export function templatePath(run: PlannedRun, target: Target<EcsSettings>): TemplatePath | undefined {
  const config = ecsRun(run);
  if (config?.taskDefinitionArn !== undefined || isGiven(config?.taskDefinition)) return undefined;
  if (config?.taskDefinitionPath !== undefined) return { path: config.taskDefinitionPath, origin: "run" };
  const { taskDefinition, taskDefinitionPath } = target.settings;
  return isGiven(taskDefinition) || taskDefinitionPath === undefined ? undefined : { path: taskDefinitionPath, origin: "target" };
}

function isGiven(document: JsonObject | undefined): boolean {
  return document !== undefined && Object.keys(document).length > 0;
}

function ecsRun(run: PlannedRun): ECSRun | undefined {
  return run.request.runConfig.type === "ECSRun" ? run.request.runConfig : undefined;
}

/** The launch of a run on an ECS target. Throws `Refusal`. */
export function planEcs(run: PlannedRun, target: Target<EcsSettings>): EcsPlan {
  const config = ecsRun(run);
  const kwargs = argumentsOf(config, target);
  return config?.taskDefinitionArn === undefined
    ? planRegistered(run, target, config, kwargs)
    : planAsItIs(run, target, config, config.taskDefinitionArn, kwargs);
}

function argumentsOf(config: ECSRun | undefined, target: Target<EcsSettings>): JsonObject {
  const { cluster, launchType, runTaskKwargs } = target.settings;
  const base = kwargsOf(runTaskKwargs, `targets.${target.name}.run_task_kwargs`);
  const hasStrategy = objectsAt(base, "capacityProviderStrategy", `targets.${target.name}.run_task_kwargs.capacityProviderStrategy`).length > 0;
  const { launchType: _said, ...rest } = base;
  const own = {
    ...rest,
    ...(hasStrategy ? {} : { launchType: launchType ?? "FARGATE" }),
    ...(cluster === undefined ? {} : { cluster }),
  };
  return mergedKwargs(own, kwargsOf(config?.runTaskKwargs, "run_config.run_task_kwargs"));
}

/** A definition is made, and registered where there is none like it. */
function planRegistered(run: PlannedRun, target: Target<EcsSettings>, config: ECSRun | undefined, kwargs: JsonObject): EcsPlan {
  const { settings } = target;
  const template = chosenTemplate([
    given(config?.taskDefinition, "run", "run_config.task_definition"),
    run.template && { document: run.template.document, origin: run.template.origin, path: run.template.path },
    given(settings.taskDefinition, "target", `targets.${target.name}.task_definition`),
  ]);
  const templateImage = textAt(flowContainer(template) ?? {}, "image", `${template.path}.containerDefinitions.image`);
  const image = requireImage({ run, target, ...(templateImage === undefined ? {} : { template: templateImage }) });
  const { entrypoint } = chooseCommand(run, target, image);
  const executionRoleArn = config?.executionRoleArn ?? settings.executionRoleArn;
  const parts = {
    image,
    secrets: target.secrets,
    ...compatibilities(target),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(executionRoleArn === undefined ? {} : { executionRoleArn }),
    ...(run.request.flow?.name === undefined ? {} : { flowName: run.request.flow.name }),
  };
  const environment = environmentOf(run, target, kwargs, image);
  const removed = Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, null] => entry[1] === null));
  const build = (moved: Readonly<Record<string, string | null>>) => {
    const definition = definitionOf(template, { ...parts, environment: { ...removed, ...moved } });
    const roles = rolesOf(config, definition, settings, kwargs);
    return { definition, runTask: runTaskOf(run, target, kwargs, { environment: without(environment, moved), image, roles, config }) };
  };
  let built = build({});
  if (overridesLength(built.runTask) > LONGEST_OVERRIDES) built = build(ownVariables(run, target, kwargs, image));
  const { definition, runTask } = built;
  refuseUnknown([...unknownFields(template.document, DEFINITION_FIELDS, template.path), ...unknownArguments(config, target)]);
  refuseTooLong(runTask);
  requireFargateParts({ definition, runTask, image, target });
  refuseOutside({ run, target, config, template, image });
  return {
    calls: [
      { api: "ecs:RegisterTaskDefinition", input: definition },
      { api: "ecs:RunTask", input: { ...runTask, taskDefinition: definition["family"] as string } },
    ],
    defaultRoles: {},
  };
}

function given(document: JsonObject | undefined, origin: Template["origin"], path: string): Template | undefined {
  return document && { document, origin, path };
}

/** A definition that somebody registered is used as it is: nothing of it can be changed, and its image is its own. */
function planAsItIs(run: PlannedRun, target: Target<EcsSettings>, config: ECSRun, arn: string, kwargs: JsonObject): EcsPlan {
  const image = chooseImage({ run, target });
  if (chooseCommand(run, target, image).entrypoint !== undefined) {
    throw new Refusal("ENTRYPOINT_NOT_SUPPORTED", {
      path: run.request.entrypoint === undefined ? `targets.${target.name}.entrypoint` : "entrypoint",
      message: "RunTask can't change the entrypoint of a registered definition; leave out task_definition_arn, or the entrypoint",
    });
  }
  const environment = environmentOf(run, target, kwargs, image);
  const own = { taskRoleArn: config.taskRoleArn, executionRoleArn: config.executionRoleArn };
  const runTask = runTaskOf(run, target, kwargs, { environment, image, roles: own, config });
  refuseUnknown(unknownArguments(config, target));
  refuseTooLong(runTask);
  requireFargateParts({ runTask, target });
  refuseOutside({ run, target, config });
  const { taskRoleArn, executionRoleArn } = target.settings;
  return {
    calls: [{ api: "ecs:RunTask", input: { ...runTask, taskDefinition: arn } }],
    defaultRoles: { ...(taskRoleArn === undefined ? {} : { taskRoleArn }), ...(executionRoleArn === undefined ? {} : { executionRoleArn }) },
  };
}

/** The target's own launch type, whatever a run says; with a strategy and no launch type none is claimed. */
function compatibilities(target: Target<EcsSettings>): { readonly requiresCompatibilities?: readonly string[] } {
  const { launchType, runTaskKwargs } = target.settings;
  if (launchType !== undefined) return { requiresCompatibilities: [launchType] };
  const strategy = runTaskKwargs?.["capacityProviderStrategy"];
  return isList(strategy) && strategy.length > 0 ? {} : { requiresCompatibilities: ["FARGATE"] };
}

/** The definition's container is ECS's own lowest layer; above it the override that `run_task_kwargs` has, then ours. */
function environmentOf(run: PlannedRun, target: Target, kwargs: JsonObject, image: string | undefined): ComposedEnvironment {
  const template: Environment = Object.fromEntries(
    objectsAt(flowOverride(kwargs) ?? {}, "environment", "run_task_kwargs.overrides.containerOverrides.environment").map(({ name, value }) => [
      String(name),
      typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null,
    ]),
  );
  return composeEnvironment(run, target, { ...(image === undefined ? {} : { image }), template });
}

/** The variables that the run config itself decides: the same for each run of a flow's version, so they may go into the definition. */
function ownVariables(run: PlannedRun, target: Target, kwargs: JsonObject, image: string): Record<string, string | null> {
  const { request } = run;
  const names = Object.keys(request.runConfig.env);
  const cleared = Object.fromEntries(names.map((name) => [name, null]));
  const others = environmentOf({ ...run, request: { ...request, runConfig: { ...request.runConfig, env: cleared } } }, target, kwargs, image);
  const composed = environmentOf(run, target, kwargs, image);
  return Object.fromEntries(names.filter((name) => others[name] === null).map((name) => [name, composed[name] ?? null]));
}

function without(environment: ComposedEnvironment, moved: Readonly<Record<string, unknown>>): ComposedEnvironment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !Object.hasOwn(moved, name)));
}

/** Run config, definition, target, and last what `run_task_kwargs` said. */
function rolesOf(config: ECSRun | undefined, definition: JsonObject, settings: EcsSettings, kwargs: JsonObject) {
  const overrides = objectAt(kwargs, "overrides", "run_task_kwargs.overrides");
  const role = (name: "taskRoleArn" | "executionRoleArn") =>
    config?.[name] ?? textAt(definition, name, `task_definition.${name}`) ?? settings[name] ?? textAt(overrides, name, `run_task_kwargs.overrides.${name}`);
  return { taskRoleArn: role("taskRoleArn"), executionRoleArn: role("executionRoleArn") };
}

interface RunTaskParts {
  readonly environment: ComposedEnvironment;
  readonly image: string | undefined;
  readonly roles: { readonly taskRoleArn: string | undefined; readonly executionRoleArn: string | undefined };
  readonly config: ECSRun | undefined;
}

function runTaskOf(run: PlannedRun, target: Target<EcsSettings>, kwargs: JsonObject, parts: RunTaskParts): JsonObject {
  const { config, environment, image, roles } = parts;
  const overrides = objectAt(kwargs, "overrides", "run_task_kwargs.overrides");
  const { cpu: kwargsCpu, memory: kwargsMemory, containerOverrides: _containers, ...others } = overrides;
  const cpu = sizeAt(config?.cpu || kwargsCpu, cpuUnits, config?.cpu ? "run_config.cpu" : "run_task_kwargs.overrides.cpu");
  const memory = sizeAt(config?.memory || kwargsMemory, memoryMib, config?.memory ? "run_config.memory" : "run_task_kwargs.overrides.memory");
  const { command } = chooseCommand(run, target, image);
  const variables = Object.entries(environment).flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
  const flow = { name: FLOW, ...(command === undefined ? {} : { command }), environment: variables };
  const containerOverrides = replaceByName(
    objectsAt(overrides, "containerOverrides", "run_task_kwargs.overrides.containerOverrides"),
    [flow],
  );
  const tags = runTags(run, target, kwargs, image);
  return {
    ...kwargs,
    clientToken: clientToken(run.deployment, run.key, run.attempt),
    startedBy: startedBy(run.deployment, run.key, run.attempt),
    tags,
    overrides: {
      ...others,
      ...(cpu === undefined ? {} : { cpu }),
      ...(memory === undefined ? {} : { memory }),
      ...(roles.taskRoleArn === undefined ? {} : { taskRoleArn: roles.taskRoleArn }),
      ...(roles.executionRoleArn === undefined ? {} : { executionRoleArn: roles.executionRoleArn }),
      containerOverrides,
    },
  };
}

/** The SDK drops fields that it does not know without a word: a typing error would go unnoticed. */
function unknownArguments(config: ECSRun | undefined, target: Target<EcsSettings>): readonly Issue[] {
  return [
    ...unknownFields(config?.runTaskKwargs ?? {}, RUN_TASK_KWARGS_FIELDS, "run_config.run_task_kwargs"),
    ...unknownFields(target.settings.runTaskKwargs ?? {}, RUN_TASK_KWARGS_FIELDS, `targets.${target.name}.run_task_kwargs`),
  ];
}

function refuseUnknown([first, ...rest]: readonly Issue[]): void {
  if (first !== undefined) throw new Refusal("INVALID_REQUEST", [first, ...rest]);
}

function overridesLength(runTask: JsonObject): number {
  return JSON.stringify(runTask["overrides"]).length;
}

function refuseTooLong(runTask: JsonObject): void {
  const length = overridesLength(runTask);
  if (length <= LONGEST_OVERRIDES) return;
  throw new Refusal("OVERRIDES_TOO_LONG", {
    path: "run_config.env",
    message: `the overrides have ${length} characters, and ECS takes ${LONGEST_OVERRIDES}, JSON included; command and parameters count, too: put what is large into storage, and its address into the run`,
  });
}
