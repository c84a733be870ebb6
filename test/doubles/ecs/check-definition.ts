/** What RegisterTaskDefinition refuses beyond the types of its model. Messages: `quirks.ts` says which are recorded. */
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs";
import { checkTags } from "./check-tags.ts";
import { clientError, type EcsRefusal } from "./refusal.ts";
import { cpuUnitsOf, fargateOffers, memoryMibOf } from "./sizes.ts";

const MOST_BYTES = 65_536;
const MOST_CONTAINERS = 10;
const NETWORK_MODES = ["bridge", "host", "awsvpc", "none"];
const COMPATIBILITIES = ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"];

export function checkDefinition(input: RegisterTaskDefinitionRequest): void {
  const containers = input.containerDefinitions ?? [];
  const bytes = Buffer.byteLength(JSON.stringify(input));
  const problems: readonly (string | false | undefined)[] = [
    !input.family && "Family should not be null or empty.",
    !/^[A-Za-z0-9_-]{1,255}$/.test(input.family ?? "x") && "Family contains invalid characters.",
    containers.length === 0 && "Container list cannot be empty.",
    containers.length > MOST_CONTAINERS && `Task definition must have at most ${MOST_CONTAINERS} containers.`,
    bytes > MOST_BYTES && `Actual length: '${bytes}'. Max allowed length is '${MOST_BYTES}' bytes.`,
    containers.some(({ name }) => !name) && "Container.name should not be null or empty.",
    containers.some(({ name }) => !/^[A-Za-z0-9_-]{1,255}$/.test(name ?? "")) && "Container.name contains invalid characters.",
    containers.some(({ image }) => !image) && "Container.image should not be null or empty.",
    new Set(containers.map(({ name }) => name)).size < containers.length && "Container.name must be unique.",
    containers.every(({ essential }) => essential === false) && "At least one container must be marked as essential.",
    input.networkMode !== undefined &&
      !NETWORK_MODES.includes(input.networkMode) &&
      `Invalid value for 'networkMode': ${input.networkMode}.`,
    input.requiresCompatibilities?.some((one) => !COMPATIBILITIES.includes(one)) &&
      `Invalid value for requires compatibilities: ${input.requiresCompatibilities.join(", ")}.`,
    input.cpu !== undefined && cpuUnitsOf(input.cpu) === undefined && "Invalid 'cpu' setting for task.",
    input.memory !== undefined && memoryMibOf(input.memory) === undefined && "Invalid 'memory' setting for task.",
    roleProblem(input.taskRoleArn),
    roleProblem(input.executionRoleArn),
    needsExecutionRole(input) && "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    ...(input.requiresCompatibilities?.includes("FARGATE") ? fargateProblems(input) : []),
    ...containers.map((container) => memoryProblem(container, input)),
  ];
  const problem = problems.find((text) => typeof text === "string");
  if (typeof problem === "string") throw clientError(problem);
  checkTags(input.tags);
}

export function missingMember(member: string): EcsRefusal {
  return clientError(`${member} should not be null or empty.`);
}

function roleProblem(role: string | undefined): string | undefined {
  if (role === undefined || /^arn:[a-z-]+:iam::\d{12}:role\/\S+$/.test(role) || /^[\w+=,.@-]{1,64}$/.test(role)) return undefined;
  return "Role is not valid";
}

function needsExecutionRole({ containerDefinitions = [], executionRoleArn }: RegisterTaskDefinitionRequest): boolean {
  const hasSecrets = containerDefinitions.some(
    ({ secrets, logConfiguration, repositoryCredentials }) =>
      (secrets ?? []).length > 0 || (logConfiguration?.secretOptions ?? []).length > 0 || repositoryCredentials !== undefined,
  );
  return hasSecrets && executionRoleArn === undefined;
}

function fargateProblems(input: RegisterTaskDefinitionRequest): readonly (string | false | undefined)[] {
  const { cpu, memory, networkMode, executionRoleArn, ephemeralStorage, containerDefinitions: containers = [] } = input;
  const [units, mib] = [cpuUnitsOf(cpu ?? ""), memoryMibOf(memory ?? "")];
  const storage = ephemeralStorage?.sizeInGiB;
  const isEcr = ({ image }: ContainerDefinition) => /^\d{12}\.dkr\.ecr[.-]/.test(image ?? "");
  return [
    networkMode !== "awsvpc" && "Fargate only supports network mode ‘awsvpc’.",
    cpu === undefined && "Fargate requires that 'cpu' be defined at the task level.",
    memory === undefined && "Fargate requires that 'memory' be defined at the task level.",
    units !== undefined &&
      mib !== undefined &&
      !fargateOffers(units, mib) &&
      `No Fargate configuration exists for given values: ${units} CPU, ${mib} memory. See the Amazon ECS documentation for the valid values.`,
    executionRoleArn === undefined &&
      containers.some(isEcr) &&
      "Fargate requires task definition to have execution role ARN to support ECR images.",
    executionRoleArn === undefined &&
      containers.some(({ logConfiguration }) => logConfiguration?.logDriver === "awslogs") &&
      "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
    containers.some(({ privileged }) => privileged) && "Fargate does not support privileged containers.",
    storage !== undefined && (storage < 21 || storage > 200) && "Ephemeral storage must be between 21 GiB and 200 GiB.",
  ];
}

function memoryProblem({ name, memory, memoryReservation }: ContainerDefinition, task: RegisterTaskDefinitionRequest): string | undefined {
  const total = memoryMibOf(task.memory ?? "");
  if (total === undefined && memory === undefined && memoryReservation === undefined) {
    return `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`;
  }
  if (memory !== undefined && total !== undefined && memory > total) {
    return `Invalid setting for container '${name}'. The container 'memory' must not be greater than the task 'memory'.`;
  }
  return undefined;
}
