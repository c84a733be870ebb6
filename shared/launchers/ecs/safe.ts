/** The fields of what a run brings that are known to reach nothing outside its task. */
import { allowsPrivileged } from "../../core/allow.ts";
import type { FieldTree } from "../../core/safe-fields.ts";
import type { Target } from "../../core/target.ts";
import { objectsAt } from "./documents.ts";
import type { EcsSettings } from "./target.ts";

/** A definition's fields that reach nothing outside the task. Roles, secrets and images are asked about one by one. */
const SAFE_CONTAINER: FieldTree = {
  name: true,
  image: true,
  cpu: true,
  memory: true,
  memoryReservation: true,
  links: true,
  portMappings: { containerPort: true, protocol: true, name: true, appProtocol: true, containerPortRange: true, hostPort: true },
  essential: true,
  entryPoint: true,
  command: true,
  environment: true,
  mountPoints: true,
  volumesFrom: true,
  linuxParameters: { initProcessEnabled: true, sharedMemorySize: true, maxSwap: true, swappiness: true, capabilities: { drop: true } },
  secrets: { name: true, valueFrom: true },
  dependsOn: true,
  startTimeout: true,
  stopTimeout: true,
  versionConsistency: true,
  hostname: true,
  user: true,
  workingDirectory: true,
  disableNetworking: true,
  privileged: [false],
  readonlyRootFilesystem: true,
  dnsServers: true,
  dnsSearchDomains: true,
  extraHosts: true,
  interactive: true,
  pseudoTerminal: true,
  dockerLabels: true,
  ulimits: true,
  logConfiguration: { logDriver: ["awslogs", "awsfirelens", "json-file", "journald"], options: true },
  healthCheck: true,
  resourceRequirements: true,
  restartPolicy: true,
};

/** A definition. On Fargate only one network mode there is; on instances the host's own is not the run's to use. */
const SAFE_DEFINITION: FieldTree = {
  family: true,
  containerDefinitions: SAFE_CONTAINER,
  taskRoleArn: true,
  executionRoleArn: true,
  // A volume without any source is the task's own.
  volumes: { name: true },
  placementConstraints: true,
  requiresCompatibilities: true,
  cpu: true,
  memory: true,
  tags: true,
  pidMode: ["task"],
  ipcMode: ["task", "none"],
  ephemeralStorage: true,
  runtimePlatform: true,
};

/** The arguments of RunTask. Roles, networks and the cluster are asked about one by one. */
const SAFE_RUN_TASK: FieldTree = {
  cluster: true,
  enableECSManagedTags: true,
  group: true,
  networkConfiguration: { awsvpcConfiguration: { subnets: true, securityGroups: true, assignPublicIp: true } },
  overrides: {
    containerOverrides: {
      name: true,
      command: true,
      environment: true,
      cpu: true,
      memory: true,
      memoryReservation: true,
      resourceRequirements: true,
    },
    cpu: true,
    memory: true,
    executionRoleArn: true,
    taskRoleArn: true,
    ephemeralStorage: true,
  },
  placementConstraints: true,
  placementStrategy: true,
  platformVersion: true,
  propagateTags: true,
  referenceId: true,
  tags: true,
  cpu: true,
  memory: true,
};

/** The safe fields of a definition that a run brings to a target. */
export function safeDefinition(target: Target<EcsSettings>): FieldTree {
  return {
    ...SAFE_DEFINITION,
    containerDefinitions: allowsPrivileged(target) ? { ...SAFE_CONTAINER, privileged: true } : SAFE_CONTAINER,
    networkMode: launchTypeOf(target) === "FARGATE" ? ["awsvpc"] : ["awsvpc", "bridge", "none"],
  };
}

/**
 * The safe arguments of RunTask. What a task is launched on is the target's to say: on an instance of the cluster it could ask for
 * the instance's own role.
 */
export function safeRunTask(target: Target<EcsSettings>): FieldTree {
  const own = launchTypeOf(target);
  const fargate = own === "FARGATE" ? ["FARGATE", "FARGATE_SPOT"] : [];
  const providers = [...strategyOf(target).map(({ capacityProvider }) => String(capacityProvider)), ...fargate];
  return {
    ...SAFE_RUN_TASK,
    launchType: own === undefined ? [] : [own],
    capacityProviderStrategy: { capacityProvider: providers, weight: true, base: true },
  };
}

function strategyOf({ settings, name }: Target<EcsSettings>) {
  return objectsAt(settings.runTaskKwargs ?? {}, "capacityProviderStrategy", `targets.${name}.run_task_kwargs.capacityProviderStrategy`);
}

function launchTypeOf(target: Target<EcsSettings>): string | undefined {
  return target.settings.launchType ?? (strategyOf(target).length > 0 ? undefined : "FARGATE");
}
