/** What a run may bring to a target: DESIGN §8, each rule without `allow`, with a list, with `"*"`. */
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import type { ECSRun, RunRequest } from "../../../shared/core/run.ts";
import type { Allow } from "../../../shared/core/target.ts";
import { refusalOf } from "../../support/refusal.ts";
import { ecsRun, ecsTarget, FARGATE_PARTS, NETWORK, planOf, type TargetParts } from "./support.ts";

const definition = (parts: JsonObject, ...containers: readonly JsonObject[]): Partial<ECSRun> => ({
  taskDefinition: { ...FARGATE_PARTS, ...parts, containerDefinitions: containers.length === 0 ? [{ name: "flow" }] : containers },
});
const flow = (parts: JsonObject): Partial<ECSRun> => definition({ executionRoleArn: "exec-t" }, { name: "flow", ...parts });
const kwargs = (runTaskKwargs: JsonObject): Partial<ECSRun> => ({ runTaskKwargs });
const overrides = (parts: JsonObject): Partial<ECSRun> => kwargs({ overrides: parts });
const network = (parts: JsonObject): Partial<ECSRun> =>
  kwargs({ networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-t"], securityGroups: ["sg-t"], ...parts } } });

/** What the target of these tests names itself. */
const named: TargetParts = {
  image: "img-t",
  secrets: { S: "ssm:/secret-t", Q: "secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:q-t" },
  settings: { cluster: "cluster-t", taskRoleArn: "task-t", executionRoleArn: "exec-t" },
};

interface RuleCase {
  readonly rule: string;
  readonly what: string;
  readonly path: string;
  /** A run config that uses a value of the rule. */
  use(value: string): Partial<ECSRun>;
  /** The target's own value; absent where it names none. */
  readonly own?: string;
  readonly request?: (value: string) => Partial<RunRequest>;
}

const rules: readonly RuleCase[] = [
  { rule: "task_roles", what: "task_role_arn", path: "run_config.task_role_arn", use: (taskRoleArn) => ({ taskRoleArn }), own: "task-t" },
  {
    rule: "task_roles",
    what: "the template's taskRoleArn",
    path: "run_config.task_definition.taskRoleArn",
    use: (taskRoleArn) => definition({ taskRoleArn }),
    own: "task-t",
  },
  {
    rule: "task_roles",
    what: "run_task_kwargs' taskRoleArn",
    path: "run_config.run_task_kwargs.overrides.taskRoleArn",
    use: (taskRoleArn) => overrides({ taskRoleArn }),
    own: "task-t",
  },
  {
    rule: "execution_roles",
    what: "execution_role_arn",
    path: "run_config.execution_role_arn",
    use: (executionRoleArn) => ({ executionRoleArn }),
    own: "exec-t",
  },
  {
    rule: "execution_roles",
    what: "the template's executionRoleArn",
    path: "run_config.task_definition.executionRoleArn",
    use: (executionRoleArn) => definition({ executionRoleArn }),
    own: "exec-t",
  },
  {
    rule: "execution_roles",
    what: "run_task_kwargs' executionRoleArn",
    path: "run_config.run_task_kwargs.overrides.executionRoleArn",
    use: (executionRoleArn) => overrides({ executionRoleArn }),
    own: "exec-t",
  },
  {
    rule: "clusters",
    what: "the cluster",
    path: "run_config.run_task_kwargs.cluster",
    use: (cluster) => kwargs({ cluster }),
    own: "cluster-t",
  },
  {
    rule: "networks",
    what: "a subnet",
    path: "run_config.run_task_kwargs.networkConfiguration.awsvpcConfiguration.subnets[0]",
    use: (value) => network({ subnets: [value] }),
    own: "subnet-t",
  },
  {
    rule: "networks",
    what: "a security group",
    path: "run_config.run_task_kwargs.networkConfiguration.awsvpcConfiguration.securityGroups[0]",
    use: (value) => network({ securityGroups: [value] }),
    own: "sg-t",
  },
  {
    rule: "secrets",
    what: "a secret of the template",
    path: "run_config.task_definition.containerDefinitions[0].secrets[0].valueFrom",
    use: (valueFrom) => flow({ secrets: [{ name: "A", valueFrom }] }),
    own: "/secret-t",
  },
];

describe.each(rules)("$rule: $what", ({ rule, path, use, own }) => {
  const target = (allow?: Allow) => ecsTarget(allow === undefined ? { ...named, secrets: {} } : { ...named, secrets: {}, allow });
  const withSecrets = ecsTarget(named);

  test("another than the target's own is refused, by rule and place", () => {
    const refusal = refusalOf(() => planOf(ecsRun(use("foreign")), target()));
    expect([refusal.code, refusal.path]).toEqual(["NOT_ALLOWED", path]);
    expect(refusal.message).toContain(`rule ${rule} of target "prod"`);
    expect(refusal.message).toContain(`allow.${rule}`);
  });

  test("what the target itself names is let through", () => {
    expect(planOf(ecsRun(use(own ?? "")), withSecrets).runTask).toHaveProperty("clientToken");
    // Lists are for others: the target's own is not measured against them.
    expect(planOf(ecsRun(use(own ?? "")), ecsTarget({ ...named, allow: { [rule]: [] } })).runTask).toHaveProperty("clientToken");
  });

  test("a list lets through what matches, and nothing else", () => {
    expect(planOf(ecsRun(use("foreign/1")), target({ [rule]: ["no", "foreign*"] })).runTask).toHaveProperty("clientToken");
    expect(refusalOf(() => planOf(ecsRun(use("other")), target({ [rule]: ["foreign*"] }))).code).toBe("NOT_ALLOWED");
  });

  test("a list of another rule changes nothing", () => {
    expect(refusalOf(() => planOf(ecsRun(use("foreign")), target({ service_accounts: ["*"] }))).path).toBe(path);
  });

  test('"*" lets everything through', () => {
    expect(planOf(ecsRun(use("foreign")), target("*")).runTask).toHaveProperty("clientToken");
  });
});

const docker: Partial<RunRequest> = { flow: { storage: { type: "Docker", image_name: "foreign", image_tag: "1" } } };
const imageCases: readonly (readonly [what: string, config: Partial<ECSRun>, request: Partial<RunRequest>, path: string])[] = [
  ["the run config's", { image: "foreign:1" }, {}, "run_config.image"],
  ["Docker storage's", {}, docker, "flow.storage"],
  ["the template's", flow({ image: "foreign:1" }), {}, "run_config.task_definition.containerDefinitions[0].image"],
  [
    "a sidecar's",
    definition({}, { name: "flow" }, { name: "side", image: "foreign:1" }),
    {},
    "run_config.task_definition.containerDefinitions[1].image",
  ],
];
test.each(imageCases)("images: %s is let through unless there is a list", (_what, config, request, path) => {
  const run = ecsRun(config, request);
  const target = (allow?: Allow) => ecsTarget({ ...named, secrets: {}, ...(allow === undefined ? {} : { allow }) });
  for (const allow of [undefined, "*", { images: ["foreign:*"] }, { images: ["*"] }] as const) {
    expect(planOf(run, target(allow)).runTask).toHaveProperty("clientToken");
  }
  const refusal = refusalOf(() => planOf(run, target({ images: ["mine/*"] })));
  expect([refusal.code, refusal.path]).toEqual(["NOT_ALLOWED", path]);
});

test("images: a run that names none uses the target's own, whatever the list", () => {
  expect(planOf(ecsRun(), ecsTarget({ ...named, allow: { images: [] } })).container["image"]).toBe("img-t");
  expect(planOf(ecsRun({ image: "img-t" }), ecsTarget({ ...named, allow: { images: [] } })).container["image"]).toBe("img-t");
});

test.each([
  ["nothing", undefined, false],
  ["a list that matches", { task_definitions: ["arn:aws:ecs:*:task-definition/shared-*"] }, true],
  ["a list that does not", { task_definitions: ["arn:*:task-definition/other:*"] }, false],
  ['"*"', "*", true],
] as const)("task_definitions: with %s", (_what, allow, isAllowed) => {
  const run = ecsRun({ taskDefinitionArn: "arn:aws:ecs:eu-west-1:1:task-definition/shared-x:3" });
  const plan = () => planOf(run, ecsTarget(allow === undefined ? {} : { allow }));
  if (isAllowed) expect(plan().runTask).toHaveProperty("taskDefinition");
  else expect(refusalOf(plan)).toMatchObject({ code: "NOT_ALLOWED", path: "run_config.task_definition_arn" });
});

const volume = { name: "v" };
const unsafe: readonly (readonly [field: string, config: Partial<ECSRun>])[] = [
  ["task_definition.volumes[0].host", definition({ volumes: [{ ...volume, host: { sourcePath: "/" } }] })],
  [
    "task_definition.volumes[0].dockerVolumeConfiguration",
    definition({ volumes: [{ ...volume, dockerVolumeConfiguration: { driver: "local" } }] }),
  ],
  [
    "task_definition.volumes[0].efsVolumeConfiguration",
    definition({ volumes: [{ ...volume, efsVolumeConfiguration: { fileSystemId: "fs-1" } }] }),
  ],
  [
    "task_definition.volumes[0].fsxWindowsFileServerVolumeConfiguration",
    definition({ volumes: [{ ...volume, fsxWindowsFileServerVolumeConfiguration: {} }] }),
  ],
  ["task_definition.volumes[0].configuredAtLaunch", definition({ volumes: [{ ...volume, configuredAtLaunch: true }] })],
  ["task_definition.pidMode", definition({ pidMode: "host" })],
  ["task_definition.ipcMode", definition({ ipcMode: "host" })],
  ["task_definition.networkMode", definition({ networkMode: "host" })],
  ["task_definition.proxyConfiguration", definition({ proxyConfiguration: { containerName: "flow" } })],
  ["task_definition.inferenceAccelerators", definition({ inferenceAccelerators: [{ deviceName: "d", deviceType: "t" }] })],
  ["task_definition.enableFaultInjection", definition({ enableFaultInjection: true })],
  ["task_definition.containerDefinitions[0].privileged", flow({ privileged: true })],
  ["task_definition.containerDefinitions[0].linuxParameters.devices", flow({ linuxParameters: { devices: [{ hostPath: "/dev/sda" }] } })],
  [
    "task_definition.containerDefinitions[0].linuxParameters.capabilities.add",
    flow({ linuxParameters: { capabilities: { add: ["SYS_ADMIN"] } } }),
  ],
  ["task_definition.containerDefinitions[0].repositoryCredentials", flow({ repositoryCredentials: { credentialsParameter: "arn" } })],
  ["task_definition.containerDefinitions[0].environmentFiles", flow({ environmentFiles: [{ value: "arn:aws:s3:::b/x.env", type: "s3" }] })],
  ["task_definition.containerDefinitions[0].dockerSecurityOptions", flow({ dockerSecurityOptions: ["label:disable"] })],
  ["task_definition.containerDefinitions[0].systemControls", flow({ systemControls: [{ namespace: "net.core.somaxconn", value: "1" }] })],
  ["task_definition.containerDefinitions[0].credentialSpecs", flow({ credentialSpecs: ["credentialspec:arn"] })],
  ["task_definition.containerDefinitions[0].firelensConfiguration", flow({ firelensConfiguration: { type: "fluentbit" } })],
  ["task_definition.containerDefinitions[0].logConfiguration.logDriver", flow({ logConfiguration: { logDriver: "syslog" } })],
  [
    "task_definition.containerDefinitions[0].logConfiguration.secretOptions",
    flow({ logConfiguration: { logDriver: "awslogs", secretOptions: [{ name: "a", valueFrom: "b" }] } }),
  ],
  ["run_task_kwargs.enableExecuteCommand", kwargs({ enableExecuteCommand: true })],
  ["run_task_kwargs.volumeConfigurations", kwargs({ volumeConfigurations: [{ name: "v", managedEBSVolume: { roleArn: "r" } }] })],
  ["run_task_kwargs.overrides.inferenceAcceleratorOverrides", overrides({ inferenceAcceleratorOverrides: [{ deviceName: "d" }] })],
  [
    "run_task_kwargs.overrides.containerOverrides[0].environmentFiles",
    overrides({ containerOverrides: [{ name: "flow", environmentFiles: [{ value: "arn", type: "s3" }] }] }),
  ],
  ["run_task_kwargs.networkConfiguration.awsvpcConfiguration.assignPublicIp", network({ assignPublicIp: "ENABLED" })],
  ["run_task_kwargs.networkConfiguration.awsvpcConfiguration.securityGroups", network({ securityGroups: [] })],
];

test.each(unsafe)('a run may not bring %s; with "*" it may, and the target itself always', (field, config) => {
  const path = `run_config.${field}`;
  const onEc2 = { settings: { launchType: "EC2", executionRoleArn: "exec-t" } } as const;
  const refusal = refusalOf(() => planOf(ecsRun(config), ecsTarget({ ...onEc2, allow: { images: ["*"] } })));
  expect([refusal.code, refusal.path]).toEqual(["NOT_ALLOWED", path]);
  expect(planOf(ecsRun(config), ecsTarget({ ...onEc2, allow: "*" })).runTask).toHaveProperty("clientToken");
  const { taskDefinition, runTaskKwargs } = config;
  const settings = {
    ...onEc2.settings,
    ...(taskDefinition === undefined ? {} : { taskDefinition }),
    ...(runTaskKwargs === undefined ? {} : { runTaskKwargs }),
  };
  expect(planOf(ecsRun(), ecsTarget({ settings, allow: { images: [] } })).runTask).toHaveProperty("clientToken");
});

test("a template that the run names is measured, one that the target names is not", () => {
  const document = { ...FARGATE_PARTS, pidMode: "host", taskRoleArn: "foreign" };
  expect(refusalOf(() => planOf(ecsRun({}, {}, { origin: "run", document }))).issues.map(({ path }) => path)).toEqual([
    "s3://templates/t.yaml.pidMode",
    "s3://templates/t.yaml.taskRoleArn",
  ]);
  expect(planOf(ecsRun({}, {}, { origin: "target", document })).definition).toMatchObject({ pidMode: "host" });
});

test("a run may name the roles, images and secrets of a template that the target names by path", () => {
  const document = {
    ...FARGATE_PARTS,
    taskRoleArn: "task-p",
    executionRoleArn: "exec-p",
    containerDefinitions: [{ name: "flow", image: "img-p", secrets: [{ name: "A", valueFrom: "secret-p" }] }],
  };
  const template = { origin: "target", document } as const;
  const run = ecsRun({ taskRoleArn: "task-p", executionRoleArn: "exec-p", image: "img-p" }, {}, template);
  expect(planOf(run, ecsTarget({ allow: { images: [] } })).overrides).toMatchObject({ taskRoleArn: "task-p" });
});

test("privileged: true lets a container be privileged, and nothing else", () => {
  const target = ecsTarget({ allow: { privileged: true }, settings: { launchType: "EC2", executionRoleArn: "exec-t" } });
  expect(planOf(ecsRun(flow({ privileged: true })), target).container["privileged"]).toBe(true);
  expect(refusalOf(() => planOf(ecsRun(definition({ pidMode: "host" })), target)).code).toBe("NOT_ALLOWED");
});

test.each([
  [
    "volumes of the task's own",
    definition({ volumes: [volume] }, { name: "flow", mountPoints: [{ sourceVolume: "v", containerPath: "/v" }] }),
  ],
  ["what is not privileged", flow({ privileged: false, linuxParameters: { capabilities: { drop: ["ALL"] }, initProcessEnabled: true } })],
  ["a log group", flow({ logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "g" } } })],
  [
    "sizes, storage, platform",
    {
      ...definition({ ephemeralStorage: { sizeInGiB: 30 }, runtimePlatform: { cpuArchitecture: "ARM64" } }),
      ...kwargs({ platformVersion: "1.4.0" }),
    },
  ],
  ["a network of the target's own", kwargs({ networkConfiguration: NETWORK })],
  ["a network that is null, like one that is absent", kwargs({ networkConfiguration: null })],
  [
    "nulls where something else would be refused",
    { ...definition({ pidMode: null }), ...kwargs({ enableExecuteCommand: null, cluster: null }) },
  ],
  ["a strategy", kwargs({ capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT" }] })],
] as const)("a run may bring %s", (_what, config) => {
  expect(planOf(ecsRun(config), ecsTarget({ settings: { executionRoleArn: "exec-t" } })).runTask).toHaveProperty("clientToken");
});

test("a list of networks is the operator's word on what else they reach, too", () => {
  const run = ecsRun(network({ subnets: ["subnet-x"], securityGroups: [], assignPublicIp: "ENABLED" }));
  expect(planOf(run, ecsTarget({ allow: { networks: ["subnet-*"] } })).runTask).toHaveProperty("clientToken");
});

test("a public address that the target gives, a run may keep", () => {
  const settings = {
    runTaskKwargs: { networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-t"], assignPublicIp: "ENABLED" } } },
  };
  const run = ecsRun(kwargs({ networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-t"], assignPublicIp: "ENABLED" } } }));
  expect(planOf(run, ecsTarget({ settings })).runTask).toHaveProperty("clientToken");
});

test("all that is outside is told at once", () => {
  const run = ecsRun({ taskRoleArn: "a", executionRoleArn: "b", ...definition({ pidMode: "host" }), ...kwargs({ cluster: "c" }) });
  expect(refusalOf(() => planOf(run)).issues.map(({ path }) => path)).toEqual([
    "run_config.task_role_arn",
    "run_config.execution_role_arn",
    "run_config.task_definition.pidMode",
    "run_config.run_task_kwargs.cluster",
  ]);
});

test.each([
  ["EC2, where the instance has a role of its own", kwargs({ launchType: "EC2" })],
  ["a capacity provider of instances", kwargs({ capacityProviderStrategy: [{ capacityProvider: "gpu" }] })],
] as const)("a run may not move itself from Fargate to %s", (_what, config) => {
  expect(() => planOf(ecsRun(config), ecsTarget())).toThrow(expect.objectContaining({ code: "NOT_ALLOWED" }));
  expect(() => planOf(ecsRun(kwargs({ launchType: "EC2" })), ecsTarget({ settings: { launchType: "EC2" } }))).not.toThrow();
});
