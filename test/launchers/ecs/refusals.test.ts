/** What is refused before any call, with the place to set what is missing. */
import { expect, test } from "vitest";
import type { RefusalCode } from "../../../shared/core/errors.ts";
import type { JsonObject } from "../../../shared/core/json.ts";
import type { ECSRun, RunRequest } from "../../../shared/core/run.ts";
import { refusalOf } from "../../support/refusal.ts";
import { ecsRun, ecsTarget, FARGATE_PARTS, planOf, type TargetParts } from "./support.ts";

const ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/fam:3";
const definition = (parts: JsonObject, containers: readonly JsonObject[] = []): Partial<ECSRun> => ({
  taskDefinition: { ...FARGATE_PARTS, containerDefinitions: containers, ...parts },
});
const kwargs = (runTaskKwargs: JsonObject) => ({ runTaskKwargs });
const noNetwork: TargetParts = { settings: { runTaskKwargs: { networkConfiguration: null } } };

interface RefusalCase {
  readonly rule: string;
  readonly config?: Partial<ECSRun>;
  readonly request?: Partial<RunRequest>;
  readonly target?: TargetParts;
  readonly code: RefusalCode;
  readonly path: string;
  /** What its message says. */
  readonly says?: string | RegExp;
}

const ours = (["count", "clientToken", "startedBy", "taskDefinition"] as const).flatMap((name): RefusalCase[] => [
  {
    rule: `${name} of the run is ours`,
    config: kwargs({ [name]: 1 }),
    code: "INVALID_REQUEST",
    path: `run_config.run_task_kwargs.${name}`,
    says: "must not be set",
  },
  {
    rule: `${name} of the target is ours`,
    target: { settings: kwargs({ [name]: "x" }) },
    code: "INVALID_CONFIGURATION",
    path: `targets.prod.run_task_kwargs.${name}`,
    says: "must not be set",
  },
]);

const ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:1";
const ROLE_PLACES =
  /run config \(execution_role_arn\), in the task definition \(executionRoleArn\), or in target "prod" \(execution_role_arn\)/;
const role = { code: "EXECUTION_ROLE_MISSING", path: "run_config.execution_role_arn", says: ROLE_PLACES } as const;

const cases: readonly RefusalCase[] = [
  ...ours,
  {
    rule: "no network on Fargate",
    target: noNetwork,
    code: "NETWORK_MISSING",
    path: "run_config.run_task_kwargs.networkConfiguration",
    says: 'run_task_kwargs.networkConfiguration (subnets, security groups) in target "prod"',
  },
  {
    rule: "no network for an arn",
    config: { taskDefinitionArn: ARN },
    target: { allow: "*", ...noNetwork },
    code: "NETWORK_MISSING",
    path: "run_config.run_task_kwargs.networkConfiguration",
  },
  {
    rule: "no network for a strategy of FARGATE_SPOT",
    config: kwargs({ capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT" }] }),
    target: noNetwork,
    code: "NETWORK_MISSING",
    path: "run_config.run_task_kwargs.networkConfiguration",
  },
  { rule: "an ECR image on Fargate without an execution role", config: { image: ECR }, ...role },
  { rule: "a sidecar's ECR image", config: definition({}, [{ name: "side", image: ECR }]), ...role },
  {
    rule: "a template's secrets without an execution role",
    config: definition({}, [{ name: "flow", secrets: [{ name: "S", valueFrom: "arn:s" }] }]),
    target: { allow: "*" },
    ...role,
  },
  {
    rule: "a log driver's secrets without one",
    config: definition({}, [
      { name: "flow", logConfiguration: { logDriver: "splunk", secretOptions: [{ name: "t", valueFrom: "arn:s" }] } },
    ]),
    target: { allow: "*" },
    ...role,
  },
  {
    rule: "a private registry's credentials without one",
    config: definition({}, [{ name: "flow", repositoryCredentials: { credentialsParameter: "arn" } }]),
    target: { allow: "*" },
    ...role,
  },
  { rule: "the target's secrets without one, on EC2 too", target: { secrets: { S: "ssm:/s" }, settings: { launchType: "EC2" } }, ...role },
  ...(["cpu", "memory"] as const).map(
    (name): RefusalCase => ({
      rule: `a definition for Fargate without ${name}`,
      config: definition({ [name]: null }),
      code: "INVALID_REQUEST",
      path: `run_config.task_definition.${name}`,
      says: `Fargate needs the ${name}`,
    }),
  ),
  {
    rule: "a definition for Fargate without networkMode",
    config: definition({ networkMode: null }),
    code: "INVALID_REQUEST",
    path: "run_config.task_definition.networkMode",
    says: "awsvpc",
  },
  {
    rule: "another networkMode",
    config: definition({ networkMode: "bridge" }),
    code: "INVALID_REQUEST",
    path: "run_config.task_definition.networkMode",
    says: "awsvpc",
  },
  {
    rule: "a target's definition is the operator's",
    target: { settings: { taskDefinition: { networkMode: "awsvpc", cpu: 256 } } },
    code: "INVALID_CONFIGURATION",
    path: "targets.prod.task_definition.memory",
  },
  { rule: "no image anywhere", target: { image: "" }, code: "IMAGE_MISSING", path: "run_config.image", says: 'target "prod" (image)' },
  { rule: "an empty image", config: { image: "" }, code: "IMAGE_MISSING", path: "run_config.image" },
  {
    rule: "an entrypoint with an arn",
    config: { taskDefinitionArn: ARN },
    request: { entrypoint: ["x"] },
    code: "ENTRYPOINT_NOT_SUPPORTED",
    path: "entrypoint",
  },
  {
    rule: "the target's entrypoint with an arn",
    config: { taskDefinitionArn: ARN },
    target: { entrypoint: ["x"] },
    code: "ENTRYPOINT_NOT_SUPPORTED",
    path: "targets.prod.entrypoint",
  },
  {
    rule: "the target's secrets with an arn",
    config: { taskDefinitionArn: ARN },
    target: { secrets: { S: "ssm:/s" } },
    code: "INVALID_REQUEST",
    path: "run_config.task_definition_arn",
    says: "secrets of target",
  },
  { rule: "an empty arn", config: { taskDefinitionArn: "" }, code: "INVALID_REQUEST", path: "run_config.task_definition_arn" },
  {
    rule: "an unknown argument",
    config: kwargs({ networkConfigurations: {} }),
    code: "INVALID_REQUEST",
    path: "run_config.run_task_kwargs.networkConfigurations",
    says: 'did you mean "networkConfiguration"?',
  },
  {
    rule: "an unknown argument, deep down",
    config: kwargs({ overrides: { containerOverrides: [{ name: "flow", enviroment: [] }] } }),
    code: "INVALID_REQUEST",
    path: "run_config.run_task_kwargs.overrides.containerOverrides[0].enviroment",
    says: 'did you mean "environment"?',
  },
  {
    rule: "an unknown argument of the target",
    target: { settings: kwargs({ subnets: [] }) },
    code: "INVALID_CONFIGURATION",
    path: "targets.prod.run_task_kwargs.subnets",
    says: "unknown field",
  },
  {
    rule: "an unknown field of a definition",
    config: definition({}, [{ name: "flow", entrypoint: ["x"] }]),
    code: "INVALID_REQUEST",
    path: "run_config.task_definition.containerDefinitions[0].entrypoint",
    says: 'did you mean "entryPoint"?',
  },
  {
    rule: "a role where it does not belong",
    config: kwargs({ taskRoleArn: "r" }),
    code: "INVALID_REQUEST",
    path: "run_config.run_task_kwargs.taskRoleArn",
    says: "unknown field",
  },
  {
    rule: "a container override without a name",
    config: kwargs({ overrides: { containerOverrides: [{ cpu: 1 }] } }),
    code: "INVALID_REQUEST",
    path: "run_config.run_task_kwargs.overrides.containerOverrides[0].name",
  },
  {
    rule: "a restart policy on the run's container",
    config: definition({}, [
      { name: "side", image: "s" },
      { name: "flow", restartPolicy: { enabled: true } },
    ]),
    code: "INVALID_REQUEST",
    path: "run_config.task_definition.containerDefinitions[1].restartPolicy",
    says: "a second time",
  },
  {
    rule: "the same in the target's own definition",
    target: {
      settings: { taskDefinition: { ...FARGATE_PARTS, containerDefinitions: [{ name: "flow", restartPolicy: { enabled: true } }] } },
    },
    code: "INVALID_CONFIGURATION",
    path: "targets.prod.task_definition.containerDefinitions[0].restartPolicy",
  },
  {
    rule: "more than 10 containers with flow",
    config: definition(
      {},
      Array.from({ length: 10 }, (_, index) => ({ name: `c${index}`, image: "i" })),
    ),
    target: { settings: { launchType: "EC2" } },
    code: "INVALID_REQUEST",
    path: "run_config.task_definition.containerDefinitions",
    says: "11 containers",
  },
  {
    rule: "a definition over 64 KB",
    config: definition({}, [{ name: "flow", dockerLabels: { a: "x".repeat(70_000) } }]),
    code: "TOO_LARGE",
    path: "run_config.task_definition",
    says: "ECS takes 65536",
  },
  {
    rule: "variables that make the definition too large",
    config: { env: { A: "x".repeat(70_000) } },
    code: "TOO_LARGE",
    path: "task_definition",
    says: "variables of the run config",
  },
  {
    rule: "bytes, not characters, of a definition",
    config: { env: { A: "€".repeat(30_000) } },
    code: "TOO_LARGE",
    path: "task_definition",
  },
];

test.each(cases)("refused: $rule", ({ config, request, target, code, path, says }) => {
  const refusal = refusalOf(() => planOf(ecsRun(config, request), ecsTarget(target)));
  expect([refusal.code, refusal.path]).toEqual([code, path]);
  if (says !== undefined)
    expect(refusal.message).toMatch(says instanceof RegExp ? says : new RegExp(says.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")));
});

const shapes: readonly (readonly [path: string, config: Partial<ECSRun>, expected: string])[] = [
  ["run_config.run_task_kwargs.overrides", kwargs({ overrides: [] }), "an object"],
  ["run_config.run_task_kwargs.overrides", kwargs({ overrides: "x" }), "an object"],
  [
    "run_config.run_task_kwargs.overrides.containerOverrides",
    kwargs({ overrides: { containerOverrides: { name: "flow" } } }),
    "a list of objects",
  ],
  ["run_config.run_task_kwargs.overrides.containerOverrides[0]", kwargs({ overrides: { containerOverrides: ["flow"] } }), "an object"],
  ["run_config.run_task_kwargs.overrides.containerOverrides[0]", kwargs({ overrides: { containerOverrides: [null] } }), "an object"],
  [
    "run_config.run_task_kwargs.overrides.containerOverrides[0].environment",
    kwargs({ overrides: { containerOverrides: [{ name: "flow", environment: { A: "1" } }] } }),
    "a list of objects",
  ],
  [
    "run_config.run_task_kwargs.overrides.containerOverrides[0].environment[0].name",
    kwargs({ overrides: { containerOverrides: [{ name: "side", environment: [{ value: "1" }] }] } }),
    "the variable's name",
  ],
  [
    "run_config.run_task_kwargs.overrides.containerOverrides[0].command",
    kwargs({ overrides: { containerOverrides: [{ name: "flow", command: "echo" }] } }),
    "a list of strings",
  ],
  ["run_config.run_task_kwargs.networkConfiguration", kwargs({ networkConfiguration: [] }), "an object"],
  [
    "run_config.run_task_kwargs.networkConfiguration.awsvpcConfiguration.subnets",
    kwargs({ networkConfiguration: { awsvpcConfiguration: { subnets: "subnet-t" } } }),
    "a list of strings",
  ],
  [
    "run_config.run_task_kwargs.networkConfiguration.awsvpcConfiguration.subnets",
    kwargs({ networkConfiguration: { awsvpcConfiguration: { subnets: [1] } } }),
    "a list of strings",
  ],
  ["run_config.run_task_kwargs.capacityProviderStrategy", kwargs({ capacityProviderStrategy: "FARGATE_SPOT" }), "a list of objects"],
  ["run_config.run_task_kwargs.tags", kwargs({ tags: { a: "b" } }), "a list of objects"],
  ["run_config.run_task_kwargs.tags[0].value", kwargs({ tags: [{ key: "a", value: {} }] }), "a single value"],
  ["run_config.run_task_kwargs.cluster", kwargs({ cluster: {} }), "a single value"],
  ["run_config.run_task_kwargs.launchType", kwargs({ launchType: ["EC2"] }), "a single value"],
  ["run_config.task_definition.containerDefinitions", { taskDefinition: { containerDefinitions: { flow: {} } } }, "a list of objects"],
  ["run_config.task_definition.containerDefinitions[0]", { taskDefinition: { containerDefinitions: ["flow"] } }, "an object"],
  [
    "run_config.task_definition.containerDefinitions[0].environment",
    definition({}, [{ name: "flow", environment: { A: "1" } }]),
    "a list of objects",
  ],
  [
    "run_config.task_definition.containerDefinitions[0].environment[0].value",
    definition({}, [{ name: "flow", environment: [{ name: "A", value: [1] }] }]),
    "a single value",
  ],
  [
    "run_config.task_definition.containerDefinitions[0].entryPoint",
    definition({}, [{ name: "flow", entryPoint: "sh" }]),
    "a list of strings",
  ],
  [
    "run_config.task_definition.containerDefinitions[0].dockerLabels",
    definition({}, [{ name: "flow", dockerLabels: ["a"] }]),
    "an object of strings",
  ],
  [
    "run_config.task_definition.containerDefinitions[0].secrets",
    definition({}, [{ name: "flow", secrets: { A: "arn" } }]),
    "a list of objects",
  ],
  [
    "run_config.task_definition.containerDefinitions[0].logConfiguration",
    definition({}, [{ name: "flow", logConfiguration: [] }]),
    "an object",
  ],
  ["run_config.task_definition.containerDefinitions.image", definition({}, [{ name: "flow", image: 5 }]), "a string"],
  ["run_config.task_definition.requiresCompatibilities", definition({ requiresCompatibilities: "FARGATE" }), "a list of strings"],
  ["run_config.task_definition.volumes", definition({ volumes: { name: "v" } }), "a list of objects"],
  ["run_config.task_definition.family", definition({ family: 5 }), "a string"],
  ["run_config.task_definition.cpu", definition({ cpu: true }), "a number or a string"],
];
test.each(shapes)("refused: a wrong shape at %s (%j)", (path, config, expected) => {
  const refusal = refusalOf(() => planOf(ecsRun(config), ecsTarget({ allow: "*" })));
  expect([refusal.code, refusal.path]).toEqual(["INVALID_REQUEST", path]);
  expect(refusal.message).toContain(expected);
});

test("all unknown fields and wrong shapes of a document are told at once", () => {
  const refusal = refusalOf(() => planOf(ecsRun(kwargs({ subnet: 1, overrides: [], tags: {} }))));
  expect(refusal.issues.map(({ path }) => path.replace("run_config.run_task_kwargs.", "")).sort()).toEqual(["overrides", "subnet", "tags"]);
});

const allowed: readonly (readonly [rule: string, config: Partial<ECSRun>, target: TargetParts])[] = [
  ["a restart policy that is off", definition({}, [{ name: "flow", restartPolicy: { enabled: false } }]), {}],
  ["a restart policy of a sidecar", definition({}, [{ name: "side", image: "s", restartPolicy: { enabled: true } }]), {}],
  [
    "10 containers with flow",
    definition(
      {},
      Array.from({ length: 9 }, (_, index) => ({ name: `c${index}`, image: "i" })),
    ),
    {},
  ],
  [
    "no network, cpu and networkMode on EC2",
    { taskDefinition: { containerDefinitions: [{ name: "flow" }] } },
    { settings: { launchType: "EC2", runTaskKwargs: { networkConfiguration: null } } },
  ],
  ["no network on EXTERNAL", {}, { settings: { launchType: "EXTERNAL", runTaskKwargs: { networkConfiguration: null } } }],
  [
    "no network with a strategy of others",
    kwargs({ capacityProviderStrategy: [{ capacityProvider: "gpu" }] }),
    { ...noNetwork, allow: "*" },
  ],
  ["an ECR image on EC2 without an execution role: the instance pulls it", { image: ECR }, { settings: { launchType: "EC2" } }],
  ["an ECR image with the run's role", { image: ECR, executionRoleArn: "r" }, { allow: "*" }],
  ["an ECR image with the target's role", { image: ECR }, { settings: { executionRoleArn: "r" } }],
  ["an ECR image with the template's role", { image: ECR, ...definition({ executionRoleArn: "r" }) }, { allow: "*" }],
  ["an ECR image in an arn's own definition", { taskDefinitionArn: ARN }, { allow: "*", image: ECR }],
  ["an unsafe key, which merging ignores", kwargs(JSON.parse('{"overrides":{"__proto__":{"cpu":"1"}}}')), { allow: "*" }],
];
test.each(allowed)("not refused: %s", (_rule, config, target) => {
  expect(planOf(ecsRun(config), ecsTarget(target)).runTask).toHaveProperty("clientToken");
});

const registries: readonly (readonly [image: string, needsRole: boolean])[] = [
  ["123456789012.dkr.ecr.eu-west-1.amazonaws.com/a", true],
  ["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a:1", true],
  ["123456789012.dkr.ecr.us-gov-west-1.amazonaws.com/a", true],
  ["123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a", true],
  ["123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov/a", true],
  ["123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu/a", true],
  ["123456789012.dkr-ecr.eu-west-1.on.aws/a", true],
  ["123456789012.dkr-ecr-fips.us-east-1.on.aws/a", true],
  ["public.ecr.aws/a/b:1", false],
  ["docker.io/123456789012.dkr.ecr.x/a", false],
  ["ghcr.io/a/b", false],
  ["prefecthq/prefect:1.4.1", false],
];
test.each(registries)("image %s on Fargate needs an execution role: %s", (image, needsRole) => {
  const plan = () => planOf(ecsRun({ image }));
  if (needsRole) expect(refusalOf(plan).code).toBe("EXECUTION_ROLE_MISSING");
  else expect(plan().container["image"]).toBe(image);
});
