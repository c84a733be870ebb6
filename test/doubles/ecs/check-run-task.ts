/** What RunTask refuses beyond the types of its model: first by the request alone, then with the definition at hand. */
import type { RunTaskRequest, TaskOverride } from "@aws-sdk/client-ecs";
import { checkTags } from "./check-tags.ts";
import type { Definition } from "./definitions.ts";
import { EcsRefusal, invalid, REFUSALS } from "./refusal.ts";
import { cpuUnitsOf, fargateOffers, memoryMibOf } from "./sizes.ts";
import { isFargate } from "./task.ts";

const MOST_OVERRIDES = 8192;
const PLATFORMS = ["LATEST", "1.4.0", "1.3.0"];

/** By the request alone. */
export function checkRequest(input: RunTaskRequest, providers: readonly string[]): void {
  const { count = 1, launchType, capacityProviderStrategy: strategy, clientToken, startedBy, overrides, propagateTags, group } = input;
  const named = strategy?.map(({ capacityProvider }) => capacityProvider ?? "") ?? [];
  const unknown = named.find((provider) => !isFargate(provider) && !providers.includes(provider));
  refuseFirst([
    !input.taskDefinition && "TaskDefinition can not be blank.",
    (!Number.isInteger(count) || count < 1 || count > 10) && "count should be between 1 and 10.",
    clientToken !== undefined &&
      !/^[\x21-\x7e]{1,64}$/.test(clientToken) &&
      "clientToken must be 1 to 64 ASCII characters in the range 33-126.",
    startedBy !== undefined && !/^[A-Za-z0-9_/-]{0,128}$/.test(startedBy) && `Invalid startedBy: ${startedBy.slice(0, 40)}`,
    (group?.length ?? 0) > 255 && "group is too long.",
    (input.referenceId?.length ?? 0) > 1024 && "referenceId is too long.",
    launchType !== undefined &&
      strategy !== undefined &&
      strategy.length > 0 &&
      "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
    launchType !== undefined && !["EC2", "FARGATE", "EXTERNAL"].includes(launchType) && `Invalid launch type: ${launchType}.`,
    unknown !== undefined && `The specified capacity provider '${unknown}' was not found. Specify a valid name or ARN and try again.`,
    named.some(isFargate) &&
      !named.every(isFargate) &&
      "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers.",
    named.length > 0 &&
      strategy?.every(({ weight = 0, base = 0 }) => weight === 0 && base === 0 && named.length > 1) &&
      "At least one capacity provider must have a weight greater than zero.",
    propagateTags !== undefined && !["TASK_DEFINITION", "NONE"].includes(propagateTags) && `Invalid propagateTags value: ${propagateTags}.`,
    overrides !== undefined &&
      JSON.stringify(overrides).length > MOST_OVERRIDES &&
      `Container Overrides length must be at most ${MOST_OVERRIDES}`,
    (overrides?.containerOverrides ?? []).some((override) => Object.keys(override).length > 0 && !override.name) &&
      "Container name cannot be null or empty in an override.",
  ]);
  checkTags(input.tags);
}

/** The definition that the tasks would have, and where they would run. */
export interface Intended {
  readonly input: RunTaskRequest;
  readonly definition: Definition;
  /** FARGATE, FARGATE_SPOT, EC2, EXTERNAL, or a capacity provider; one for each task. */
  readonly provider: string;
}

export function checkLaunch({ input, definition, provider }: Intended): void {
  const onFargate = isFargate(provider);
  const { networkMode } = definition.input;
  const network = input.networkConfiguration?.awsvpcConfiguration;
  const names = new Set(definition.input.containerDefinitions?.map(({ name }) => name));
  const stranger = input.overrides?.containerOverrides?.find(({ name }) => name !== undefined && !names.has(name));
  const launchType = onFargate ? "FARGATE" : provider === "EXTERNAL" ? "EXTERNAL" : "EC2";
  refuseFirst([
    !(definition.compatibilities.includes(launchType) && asksFor(definition, launchType)) &&
      `Task definition does not support launch_type ${launchType}.`,
    networkMode === "awsvpc" && network === undefined && "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    networkMode !== "awsvpc" &&
      network !== undefined &&
      "Network Configuration is not valid for the given networkMode of this task definition.",
    network !== undefined && (network.subnets ?? []).length === 0 && "subnets can not be empty.",
    (network?.subnets ?? []).length > 16 && "subnets can have at most 16 items.",
    (network?.securityGroups ?? []).length > 5 && "securityGroups can have at most 5 items.",
    network?.assignPublicIp !== undefined &&
      !["ENABLED", "DISABLED"].includes(network.assignPublicIp) &&
      "Invalid value for assignPublicIp.",
    network?.assignPublicIp === "ENABLED" && !onFargate && "Assign public IP is not supported for this launch type.",
    stranger !== undefined && `Override for container named ${stranger.name} is not a container in the TaskDefinition.`,
    ...sizeProblems(input.overrides, definition, onFargate),
    input.platformVersion !== undefined && !onFargate && "The platform version must be null when specifying an EC2 launch type.",
    onFargate && (input.placementConstraints ?? []).length > 0 && "Placement constraints are not supported with FARGATE launch type.",
    onFargate && (input.placementStrategy ?? []).length > 0 && "Placement strategies are not supported with FARGATE launch type.",
  ]);
  if (onFargate) checkPlatform(input, definition);
}

/** A definition that names its compatibilities is held to them. */
function asksFor({ input }: Definition, launchType: string): boolean {
  const asked = input.requiresCompatibilities ?? [];
  return asked.length === 0 || asked.includes(launchType as (typeof asked)[number]);
}

/** The CPU units and MiB that a task would have. */
export function sizeOf(overrides: TaskOverride | undefined, definition: Definition): { readonly cpu?: number; readonly memory?: number } {
  const cpu = overrides?.cpu === undefined ? definition.cpu : cpuUnitsOf(overrides.cpu);
  const memory = overrides?.memory === undefined ? definition.memory : memoryMibOf(overrides.memory);
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
}

function sizeProblems(overrides: TaskOverride | undefined, definition: Definition, onFargate: boolean): readonly (string | false)[] {
  const { cpu, memory } = sizeOf(overrides, definition);
  const storage = overrides?.ephemeralStorage?.sizeInGiB;
  return [
    overrides?.cpu !== undefined && cpu === undefined && "Invalid 'cpu' setting for task.",
    overrides?.memory !== undefined && memory === undefined && "Invalid 'memory' setting for task.",
    onFargate &&
      !fargateOffers(cpu ?? 0, memory ?? 0) &&
      `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory. See the Amazon ECS documentation for the valid values.`,
    storage !== undefined && (storage < 20 || storage > 200) && "Ephemeral storage must be between 20 GiB and 200 GiB.",
  ];
}

/** An older platform lacks what the newer brought: EFS, larger storage, tasks of 8 vCPUs and more. */
function checkPlatform({ platformVersion = "LATEST", overrides }: RunTaskRequest, definition: Definition): void {
  if (!PLATFORMS.includes(platformVersion)) throw new EcsRefusal(REFUSALS.platformUnknown);
  const { cpu = 0 } = sizeOf(overrides, definition);
  const { volumes = [], ephemeralStorage } = definition.input;
  const isNew =
    volumes.some(({ efsVolumeConfiguration }) => efsVolumeConfiguration !== undefined) || ephemeralStorage !== undefined || cpu >= 8192;
  if (platformVersion === "1.3.0" && isNew) throw new EcsRefusal(REFUSALS.platformIncompatible);
}

function refuseFirst(problems: readonly (string | false | undefined)[]): void {
  const problem = problems.find((text) => typeof text === "string");
  if (typeof problem === "string") throw invalid(problem);
}
