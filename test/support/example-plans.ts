/** What is to be seen in the plan of each example of the run configs' documentation. */
import { expect } from "vitest";
import type { RefusalCode } from "../../shared/core/errors.ts";

/** What comes of planning an example with `examples/slipway.yml`. */
export type Expectation =
  | {
      readonly file: string;
      readonly target: string;
      readonly launcher: string;
      /** By `api`, what its input holds at least. */
      readonly calls: Readonly<Record<string, object>>;
      /** Calls that must not be in the plan. */
      readonly without?: readonly string[];
    }
  | { readonly file: string; readonly target: string; readonly launcher: string; readonly refused: RefusalCode; readonly says: RegExp };

const ROLES = "arn:aws:iam::123456789012:role";
const TASK_ROLE = `${ROLES}/prefectTaskRole`;
const AGENTS_ROLE = `${ROLES}/prefectECSAgentTaskExecutionRole`;
const REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const ECR_IMAGE = `${REGISTRY}/image_name:latest`;
const CUSTOM = "example/my-custom-image:latest";
const DEFAULT_IMAGE = "example/default-image:1.0";

const register = "ecs:RegisterTaskDefinition";
const runTask = "ecs:RunTask";
const job = "kubernetes:createNamespacedJob";

function local(file: string, input: object, target = "local"): Expectation {
  return { file, target, launcher: "local", calls: { "local:spawn": input } };
}

function docker(file: string, body: object): Expectation {
  return { file, target: "docker-host", launcher: "docker", calls: { "docker:createContainer": { body } } };
}

/** A Job by its pod template's metadata and its one container. */
function kubernetes(file: string, container: object, labels: object): Expectation {
  const spec = { template: { metadata: { labels: expect.objectContaining(labels) }, spec: { containers: [container] } } };
  return { file, target: "cluster", launcher: "kubernetes", calls: { [job]: { namespace: "jobs", body: { kind: "Job", spec } } } };
}

function vertex(file: string, image: string, machineType: string): Expectation {
  const workerPoolSpecs = [{ machineSpec: { machineType }, containerSpec: { imageUri: image } }];
  return {
    file,
    target: "vertex",
    launcher: "vertex",
    calls: { "vertex:createCustomJob": { customJob: { jobSpec: { workerPoolSpecs } } } },
  };
}

function ecs(file: string, calls: Readonly<Record<string, object>>, without: readonly string[] = [], target = "prod"): Expectation {
  return { file, target, launcher: "ecs", calls, without };
}

/** The definition of examples 14 and 19, as it is registered. */
const YAML_DEFINITION = {
  family: expect.stringMatching(/^prefectFlow-[a-z0-9]{12}$/),
  requiresCompatibilities: ["FARGATE"],
  networkMode: "awsvpc",
  cpu: "1024",
  memory: "2048",
  taskRoleArn: TASK_ROLE,
  executionRoleArn: AGENTS_ROLE,
  containerDefinitions: [
    {
      name: "flow",
      image: ECR_IMAGE,
      essential: true,
      environment: expect.arrayContaining([
        { name: "AWS_RETRY_MODE", value: "adaptive" },
        { name: "AWS_MAX_ATTEMPTS", value: "10" },
      ]),
      logConfiguration: { logDriver: "awslogs", options: { "awslogs-create-group": "true", "awslogs-group": "/ecs/prefectEcsAgent" } },
    },
  ],
};

export const EXPECTATIONS: readonly Expectation[] = [
  local("01-universal-defaults.json", { cwd: ".", env: { LOG_LEVEL: "info", SLIPWAY_TARGET: "local" } }),
  local("02-universal-env-and-labels.json", { env: { SOME_VAR: "value", SLIPWAY_TARGET: "two-labels" } }, "two-labels"),
  local("03-local-defaults.json", { cwd: "." }),
  local("04-local-working-dir.json", { cwd: "/path/to/working-directory" }),
  local("05-local-env.json", { env: { SOME_VAR: "value" } }),
  docker("06-docker-defaults.json", { Image: DEFAULT_IMAGE }),
  docker("07-docker-ports-and-host-config.json", {
    Image: CUSTOM,
    ExposedPorts: { "8080/tcp": {} },
    HostConfig: { Memory: 512 * 1024 * 1024, PortBindings: { "8080/tcp": [{ HostPort: "18080" }] } },
  }),
  kubernetes(
    "08-kubernetes-defaults.json",
    { name: "flow", image: DEFAULT_IMAGE, resources: { requests: { cpu: "500m", memory: "512Mi" } } },
    { team: "data" },
  ),
  kubernetes(
    "09-kubernetes-local-template.json",
    {
      name: "flow",
      image: "example/template-image:1.0",
      env: expect.arrayContaining([{ name: "FROM_TEMPLATE", value: "yes" }]),
    },
    { "my-custom-label": "something" },
  ),
  kubernetes(
    "10-kubernetes-template-in-s3.json",
    {
      image: CUSTOM,
      resources: { limits: { cpu: "2" } },
      env: expect.arrayContaining([{ name: "FROM_TEMPLATE", value: "yes" }]),
    },
    { "my-custom-label": "something" },
  ),
  kubernetes("11-kubernetes-pull-policy.json", { image: "example/my-custom-image:my-tag", imagePullPolicy: "Always" }, { team: "data" }),
  kubernetes(
    "12-kubernetes-inline-template.json",
    { name: "flow", image: "example/my-custom-image:my-tag" },
    { "my-custom-label": "something" },
  ),
  ecs("13-ecs-defaults.json", {
    [register]: {
      cpu: "1024",
      memory: "2048",
      networkMode: "awsvpc",
      executionRoleArn: `${ROLES}/slipwayExecutionRole`,
      containerDefinitions: [{ name: "flow", image: `${REGISTRY}/default_image:1.0` }],
    },
    [runTask]: { cluster: "default", launchType: "FARGATE" },
  }),
  ecs("14-ecs-definition-in-s3.json", { [register]: YAML_DEFINITION, [runTask]: { cluster: "prefectEcsCluster" } }),
  ecs("15-ecs-registered-definition.json", { [runTask]: { cluster: "prefectEcsCluster", taskDefinition: "prefectFlow:1" } }, [register]),
  ecs(
    "16-ecs-registered-definition-arn.json",
    {
      [runTask]: { cluster: "prefectEcsCluster", taskDefinition: "arn:aws:ecs:us-east-1:123456789012:task-definition/prefectFlow:1" },
    },
    [register],
  ),
  ecs("17-ecs-image-and-roles.json", {
    [register]: { executionRoleArn: AGENTS_ROLE, containerDefinitions: [{ name: "flow", image: ECR_IMAGE }] },
    [runTask]: { cluster: "prefectEcsCluster", overrides: { taskRoleArn: TASK_ROLE, executionRoleArn: AGENTS_ROLE } },
  }),
  { file: "18-ecs-image-and-cpu.json", target: "any-ecs", launcher: "ecs", refused: "SIZE_NOT_OFFERED", says: /4096/ },
  ecs(
    "19-ecs-definition-path-as-string.json",
    { [register]: YAML_DEFINITION, [runTask]: { overrides: { cpu: "2048", memory: "4096" } } },
    [],
    "any-ecs",
  ),
  ecs("20-ecs-inline-definition.json", {
    [register]: {
      family: expect.stringMatching(/^ecs_demo_ecr-[a-z0-9]{12}$/),
      cpu: "1024",
      memory: "2048",
      taskRoleArn: TASK_ROLE,
      executionRoleArn: AGENTS_ROLE,
      containerDefinitions: [{ name: "flow", image: `${REGISTRY}/your_image_name:latest` }],
    },
    [runTask]: {
      cluster: "prefectEcsCluster",
      overrides: {
        containerOverrides: [
          {
            name: "flow",
            environment: expect.arrayContaining([
              { name: "SLIPWAY_FLOW_STORAGE", value: expect.stringContaining('"bucket":"your_bucket_name"') },
            ]),
          },
        ],
      },
    },
  }),
  vertex("21-vertex-defaults.json", DEFAULT_IMAGE, "e2-standard-4"),
  vertex("21-vertex-image-and-machine.json", CUSTOM, "e2-highmem-8"),
];
