/** What a run may not bring: asked about its template, its `run_task_kwargs`, and every role, image, secret and network that it names. */
import { type AllowQuestion, allowsPrivileged, checkAllowed, refuseDisallowed } from "../../core/allow.ts";
import type { Issue } from "../../core/errors.ts";
import { isList, type Json, type JsonObject } from "../../core/json.ts";
import type { ECSRun, PlannedRun } from "../../core/run.ts";
import { checkSafeFields, type FieldTree } from "../../core/safe-fields.ts";
import type { Target } from "../../core/target.ts";
import type { Template } from "./definition.ts";
import { objectAt, objectsAt, textAt } from "./documents.ts";
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

const SAFE_DEFINITION: FieldTree = {
  family: true,
  containerDefinitions: SAFE_CONTAINER,
  taskRoleArn: true,
  executionRoleArn: true,
  networkMode: ["awsvpc", "bridge", "none"],
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

const SAFE_RUN_TASK: FieldTree = {
  capacityProviderStrategy: true,
  cluster: true,
  enableECSManagedTags: true,
  group: true,
  launchType: true,
  networkConfiguration: { awsvpcConfiguration: { subnets: true, securityGroups: true, assignPublicIp: true } },
  overrides: {
    containerOverrides: { name: true, command: true, environment: true, cpu: true, memory: true, memoryReservation: true, resourceRequirements: true },
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

/** What is looked at: all that the run itself brings. */
export interface Brought {
  readonly run: PlannedRun;
  readonly target: Target<EcsSettings>;
  readonly config: ECSRun | undefined;
  /** The template that was chosen, where a definition is made. */
  readonly template?: Template;
  readonly image?: string;
}

/** Throws `Refusal` NOT_ALLOWED that names every rule that the run reaches outside of. */
export function refuseOutside({ run, target, config, template, image }: Brought): void {
  const ask = asking(target);
  const kwargs = config?.runTaskKwargs;
  refuseDisallowed([
    ask("images", run.request.flow?.storage?.type === "Docker" ? image : undefined, "flow.storage"),
    ask("images", config?.image, "run_config.image"),
    ask("task_definitions", config?.taskDefinitionArn, "run_config.task_definition_arn"),
    ask("task_roles", config?.taskRoleArn, "run_config.task_role_arn"),
    ask("execution_roles", config?.executionRoleArn, "run_config.execution_role_arn"),
    ...(template?.origin === "run" ? ofTemplate(template, target, ask) : []),
    ...(kwargs === undefined ? [] : ofKwargs(kwargs, target, ask)),
  ]);
}

type Ask = (rule: AllowQuestion["rule"], value: string | undefined, path: string) => Issue | undefined;

function asking(target: Target<EcsSettings>): Ask {
  const { settings } = target;
  const kwargs = settings.runTaskKwargs ?? {};
  const overrides = objectAt(kwargs, "overrides", "run_task_kwargs.overrides");
  const definition = settings.taskDefinition ?? {};
  const text = (document: JsonObject, key: string) => (typeof document[key] === "string" ? (document[key] as string) : undefined);
  const own: Partial<Record<AllowQuestion["rule"], readonly (string | undefined)[]>> = {
    task_roles: [settings.taskRoleArn, text(definition, "taskRoleArn"), text(overrides, "taskRoleArn")],
    execution_roles: [settings.executionRoleArn, text(definition, "executionRoleArn"), text(overrides, "executionRoleArn")],
    clusters: [settings.cluster, text(kwargs, "cluster")],
    networks: networksOf(kwargs).map(([network]) => network),
    secrets: Object.values(target.secrets).map((reference) => reference.replace(/^(secretsmanager|ssm):/, "")),
    images: [target.image],
  };
  return (rule, value, path) => (value === undefined ? undefined : checkAllowed({ target, rule, value, path, own: own[rule] ?? [] }));
}

function ofTemplate({ document, path }: Template, target: Target, ask: Ask): (Issue | undefined)[] {
  const containers = objectsAt(document, "containerDefinitions", `${path}.containerDefinitions`);
  const safe = allowsPrivileged(target) ? { ...SAFE_DEFINITION, containerDefinitions: { ...SAFE_CONTAINER, privileged: true as const } } : SAFE_DEFINITION;
  return [
    ...checkSafeFields({ document, safe, target, rule: "safe_fields", path }),
    ask("task_roles", textAt(document, "taskRoleArn", `${path}.taskRoleArn`), `${path}.taskRoleArn`),
    ask("execution_roles", textAt(document, "executionRoleArn", `${path}.executionRoleArn`), `${path}.executionRoleArn`),
    ...containers.flatMap((container, index) => {
      const at = `${path}.containerDefinitions[${index}]`;
      const secrets = objectsAt(container, "secrets", `${at}.secrets`);
      return [
        ask("images", textAt(container, "image", `${at}.image`), `${at}.image`),
        ...secrets.map((secret, nth) => ask("secrets", textAt(secret, "valueFrom", `${at}.secrets`), `${at}.secrets[${nth}].valueFrom`)),
      ];
    }),
  ];
}

function ofKwargs(kwargs: JsonObject, target: Target, ask: Ask): (Issue | undefined)[] {
  const path = "run_config.run_task_kwargs";
  const overrides = objectAt(kwargs, "overrides", `${path}.overrides`);
  const at = (document: JsonObject, key: string, where: string) => (document[key] === null ? undefined : textAt(document, key, where));
  return [
    ...checkSafeFields({ document: kwargs, safe: SAFE_RUN_TASK, target, rule: "safe_fields", path }),
    ask("clusters", at(kwargs, "cluster", `${path}.cluster`), `${path}.cluster`),
    ask("task_roles", at(overrides, "taskRoleArn", `${path}.overrides.taskRoleArn`), `${path}.overrides.taskRoleArn`),
    ask("execution_roles", at(overrides, "executionRoleArn", `${path}.overrides.executionRoleArn`), `${path}.overrides.executionRoleArn`),
    ...networksOf(kwargs).map(([network, where]) => ask("networks", network, `${path}.networkConfiguration.awsvpcConfiguration.${where}`)),
  ];
}

/** The subnets and security groups that RunTask arguments name, each with where. */
function networksOf(kwargs: JsonObject): readonly (readonly [network: string, where: string])[] {
  const configuration = objectAt(kwargs, "networkConfiguration", "run_task_kwargs.networkConfiguration");
  const vpc = objectAt(configuration, "awsvpcConfiguration", "run_task_kwargs.networkConfiguration.awsvpcConfiguration");
  return ["subnets", "securityGroups"].flatMap((kind) => {
    const list: Json = vpc[kind] ?? [];
    return (isList(list) ? list : [list]).map((network, index) => [String(network), `${kind}[${index}]`] as const);
  });
}
