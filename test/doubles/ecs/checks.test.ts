import type { RegisterTaskDefinitionCommandInput, RunTaskCommandInput } from "@aws-sdk/client-ecs";
import { expect } from "vitest";
import { CHECK_QUIRKS } from "./quirks.ts";
import { quirkRows, type Row } from "./rows.ts";
import { INSTANCE_DEFINITION, NETWORK, refusalOf } from "./scenario.ts";

type Refused<Input> = readonly (readonly [input: Partial<Input>, refusal: RegExp])[];

const container = { name: "flow", image: "python:3.12" };
const ecrImage = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/flow:1";
const executionRoleArn = "arn:aws:iam::111122223333:role/execution";
const onInstances = { taskDefinition: "batch", launchType: "EC2", networkConfiguration: undefined } as const;
const repeated = (length: number) => "x".repeat(length);
const tagsOf = (length: number) => Array.from({ length }, (_, index) => ({ key: `k${index}`, value: "v" }));

/** Every input is refused, with a message that matches; every accepted one is taken. */
function runs(refused: Refused<RunTaskCommandInput>, accepted: readonly Partial<RunTaskCommandInput>[]): Row {
  return async ({ run, register, double }) => {
    await register(INSTANCE_DEFINITION);
    for (const [input, message] of refused) expect(await refusalOf(run(input)), JSON.stringify(input).slice(0, 200)).toMatch(message);
    expect(double.tasks()).toEqual([]);
    for (const input of accepted) expect(await refusalOf(run(input)), JSON.stringify(input).slice(0, 200)).toBeUndefined();
  };
}

function registers(
  refused: Refused<RegisterTaskDefinitionCommandInput>,
  accepted: readonly Partial<RegisterTaskDefinitionCommandInput>[],
): Row {
  return [
    { buckets: false },
    async ({ register }) => {
      for (const [input, message] of refused)
        expect(await refusalOf(register(input)), JSON.stringify(input).slice(0, 200)).toMatch(message);
      for (const input of accepted) expect(await refusalOf(register(input)), JSON.stringify(input).slice(0, 200)).toBeUndefined();
    },
  ];
}

const withEnvironment = (length: number) => ({
  containerOverrides: [{ name: "flow", environment: [{ name: "A", value: repeated(length) }] }],
});
const framing = JSON.stringify(withEnvironment(0)).length;

quirkRows("Checks of the input", CHECK_QUIRKS, {
  "RunTask's own limits: count, token, startedBy, tags, overrides": runs(
    [
      [{ count: 0 }, /^InvalidParameterException/],
      [{ count: 11 }, /^InvalidParameterException/],
      [{ clientToken: repeated(65) }, /^InvalidParameterException: clientToken/],
      [{ clientToken: "with space" }, /^InvalidParameterException: clientToken/],
      [{ startedBy: repeated(129) }, /^InvalidParameterException: Invalid startedBy/],
      [{ startedBy: "run:1" }, /^InvalidParameterException: Invalid startedBy/],
      [{ tags: tagsOf(51) }, /^InvalidParameterException: .*50/],
      [{ tags: [{ key: "AWS:mine", value: "" }] }, /^InvalidParameterException: .*aws:/],
      [{ tags: [{ key: repeated(129), value: "" }] }, /^InvalidParameterException/],
      [{ tags: [{ key: "a", value: repeated(257) }] }, /^InvalidParameterException/],
      [{ tags: [{ key: "a", value: "50%" }] }, /^InvalidParameterException/],
      [{ overrides: withEnvironment(8193 - framing) }, /^InvalidParameterException: Container Overrides length must be at most 8192$/],
      [{ propagateTags: "SERVICE" }, /^InvalidParameterException/],
    ],
    [
      { clientToken: `!~${repeated(62)}`, startedBy: repeated(128), count: 10 },
      { tags: tagsOf(50) },
      { tags: [{ key: repeated(128), value: repeated(256) }] },
      { overrides: withEnvironment(8192 - framing) },
    ],
  ),
  "launch type, strategy and network exclude or need each other": runs(
    [
      [
        { capacityProviderStrategy: [{ capacityProvider: "FARGATE" }] },
        /Specifying both a launch type and capacity provider strategy is not supported/,
      ],
      [{ launchType: undefined, capacityProviderStrategy: [{ capacityProvider: "nobody" }] }, /capacity provider 'nobody' was not found/],
      [{ networkConfiguration: undefined }, /Network Configuration must be provided when networkMode 'awsvpc' is specified/],
      [{ networkConfiguration: { awsvpcConfiguration: { subnets: [] } } }, /subnets can not be empty/],
      [{ ...onInstances, networkConfiguration: NETWORK }, /Network Configuration is not valid for the given networkMode/],
      [{ taskDefinition: "batch" }, /Task definition does not support launch_type FARGATE/],
      [{ launchType: "EC2" }, /Task definition does not support launch_type EC2/],
      [{ launchType: "LAMBDA" as "EC2" }, /Invalid launch type/],
      [{ placementStrategy: [{ type: "binpack", field: "memory" }] }, /not supported with FARGATE/],
    ],
    [onInstances, { launchType: undefined, capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT" }] }],
  ),
  "overrides name the definition's containers": runs(
    [
      [
        { overrides: { containerOverrides: [{ name: "job" }] } },
        /: Override for container named job is not a container in the TaskDefinition\.$/,
      ],
      [{ overrides: { containerOverrides: [{ command: ["ls"] }] } }, /^InvalidParameterException: Container name/],
    ],
    [{ overrides: { containerOverrides: [{}] } }],
  ),
  "sizes that Fargate does not offer": runs(
    [
      [{ overrides: { cpu: "1024" } }, /No Fargate configuration exists for given values: 1024 CPU, 512 memory/],
      [{ overrides: { cpu: "32768", memory: "65536" } }, /No Fargate configuration exists/],
      [{ overrides: { cpu: "0.25" } }, /Invalid 'cpu' setting for task/],
    ],
    [
      { overrides: { cpu: "32768", memory: "249856" } },
      { overrides: { cpu: "1 vCPU", memory: "2 GB" } },
      { ...onInstances, overrides: { cpu: "1000" } },
    ],
  ),
  "platform versions": runs(
    [
      [{ platformVersion: "9.9.9" }, /^PlatformUnknownException/],
      [{ platformVersion: "1.3.0", overrides: { cpu: "8192", memory: "16384" } }, /^PlatformTaskDefinitionIncompatibilityException/],
      [{ ...onInstances, platformVersion: "LATEST" }, /^InvalidParameterException: The platform version must be null/],
    ],
    [{ platformVersion: "LATEST" }, { platformVersion: "1.3.0" }],
  ),
  "a definition's family, containers and size": registers(
    [
      [{ family: "" }, /^ClientException: Family should not be null or empty/],
      [{ family: "a.b" }, /^ClientException/],
      [{ family: repeated(256) }, /^ClientException/],
      [{ containerDefinitions: [] }, /^ClientException: Container list cannot be empty/],
      [{ containerDefinitions: Array.from({ length: 11 }, (_, index) => ({ ...container, name: `c${index}` })) }, /^ClientException.*10/],
      [{ containerDefinitions: [{ image: "a" }] }, /^ClientException: Container.name should not be null or empty/],
      [{ containerDefinitions: [{ name: "a" }] }, /^ClientException: Container.image should not be null or empty/],
      [{ containerDefinitions: [container, container] }, /^ClientException/],
      [{ containerDefinitions: [{ ...container, essential: false }] }, /^ClientException: .*essential/],
      [
        { containerDefinitions: [{ ...container, environment: [{ name: "A", value: repeated(65_536) }] }] },
        /^ClientException: Actual length: '\d+'. Max allowed length is '65536' bytes/,
      ],
      [{ taskRoleArn: "not a role" }, /^ClientException: Role is not valid/],
      [
        { ...INSTANCE_DEFINITION, cpu: undefined, memory: undefined, containerDefinitions: [container] },
        /At least one of 'memory' or 'memoryReservation' must be specified/,
      ],
      [{ tags: tagsOf(51) }, /^InvalidParameterException/],
    ],
    [{ family: repeated(255) }, { containerDefinitions: [{ ...container, environment: [{ name: "A", value: repeated(65_000) }] }] }],
  ),
  "a definition for Fargate": registers(
    [
      [{ networkMode: "bridge" }, /^ClientException: Fargate only supports network mode ‘awsvpc’/],
      [{ cpu: undefined }, /^ClientException: Fargate requires that 'cpu' be defined at the task level/],
      [{ memory: undefined }, /^ClientException: Fargate requires that 'memory' be defined at the task level/],
      [{ cpu: "512", memory: "512" }, /^ClientException: No Fargate configuration exists for given values: 512 CPU, 512 memory/],
      [{ cpu: "a lot" }, /^ClientException: Invalid 'cpu' setting for task/],
    ],
    [{ cpu: "16384", memory: "122880" }],
  ),
  "secrets and Fargate's ECR images need an execution role": registers(
    [
      [
        { containerDefinitions: [{ ...container, secrets: [{ name: "A", valueFrom: "arn" }] }] },
        /^ClientException: When you are specifying container secrets/,
      ],
      [{ containerDefinitions: [{ ...container, image: ecrImage }] }, /^ClientException: .* execution role ARN to support ECR images/],
      [{ containerDefinitions: [{ ...container, logConfiguration: { logDriver: "awslogs" } }] }, /^ClientException: .* log driver awslogs/],
      [
        { containerDefinitions: [{ ...container, secrets: [{ name: "A", valueFrom: undefined }] }] },
        /^ClientException: .*valueFrom should not be null/,
      ],
    ],
    [{ executionRoleArn, containerDefinitions: [{ ...container, image: ecrImage, secrets: [{ name: "A", valueFrom: "arn" }] }] }],
  ),
});
