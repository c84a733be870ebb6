import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  StopTaskCommand,
  TagResourceCommand,
} from "@aws-sdk/client-ecs";
import { expect } from "vitest";
import { THROTTLE_QUIRKS } from "./quirks.ts";
import { quirkRows } from "./rows.ts";
import { burst, INSTANCE_DEFINITION, onlyArn, refusalOf, type Scenario } from "./scenario.ts";

const refused = ["ThrottlingException: Rate exceeded"];
const onInstances = { taskDefinition: "batch", launchType: "EC2", networkConfiguration: undefined } as const;

/** So many at once get through, and after a second so many more. */
async function showBucket({ pass }: Scenario, size: number, perSecond: number, call: (index: number) => Promise<unknown>): Promise<void> {
  pass(600_000);
  expect(await burst(size + 10, call)).toEqual({ passed: size, refused });
  pass(1000);
  expect(await burst(perSecond + 10, call)).toEqual({ passed: perSecond, refused });
}

quirkRows("Throttles", THROTTLE_QUIRKS, {
  "a throttle is a 400": async ({ double, run }) => {
    double.refuse({ operation: "RunTask", error: "throttled" });
    await expect(run()).rejects.toMatchObject({
      name: "ThrottlingException",
      message: "Rate exceeded",
      $metadata: { httpStatusCode: 400 },
    });
    expect(double.counter("RunTask")).toEqual({ calls: 1, ok: 0, throttled: 1, refused: 0, lost: 0 });
  },
  "a throttle of EC2 is hidden in an InvalidParameterException": async ({ double, run }) => {
    double.refuse({ operation: "RunTask", error: "hiddenThrottle" });
    expect(await refusalOf(run())).toMatch(/^InvalidParameterException: .*Rate exceeded \(ErrorCode: Throttling\)$/);
    double.refuse({ operation: "RunTask", error: "hiddenRequestLimit" });
    expect(await refusalOf(run())).toMatch(/^InvalidParameterException: .*\(ErrorCode: RequestLimitExceeded\)$/);
    expect(double.counter("RunTask").throttled).toBe(2);
  },
  "RunTask and StopTask share 100, and 40 a second": async (scenario) => {
    await scenario.register(INSTANCE_DEFINITION);
    const task = onlyArn(await scenario.run(onInstances));
    await showBucket(scenario, 100, 40, (index) =>
      index % 2 === 0 ? scenario.run(onInstances) : scenario.ecs.send(new StopTaskCommand({ task })),
    );
  },
  "Fargate launches 100, and 20 a second": (scenario) => showBucket(scenario, 100, 20, () => scenario.run()),
  "Fargate Spot has a bucket of its own": async (scenario) => {
    const spot = { launchType: undefined, capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT" }] };
    await scenario.run({ count: 10 });
    await showBucket(scenario, 100, 20, () => scenario.run(spot));
  },
  "a Fargate launch over the rate is refused whole, as a ThrottlingException": async ({ double, run }) => {
    for (let call = 0; call < 9; call++) await run({ count: 10 });
    await run({ count: 5 });
    expect(await refusalOf(run({ count: 6 }))).toBe(refused[0]);
    expect(double.tasks()).toHaveLength(95);
    await run({ count: 5 });
  },
  "Fargate takes 20 RunTask calls a second (off unless asked for)": [
    { buckets: { fargateRunTask: { burst: 20, perSecond: 20 } } },
    (scenario) => showBucket(scenario, 20, 20, () => scenario.run()),
  ],
  "RegisterTaskDefinition and Deregister share 20, and 1 a second": async (scenario) => {
    const call = (index: number) =>
      index % 2 === 0 ? scenario.register() : scenario.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: "etl:1" }));
    await showBucket(scenario, 20, 1, call);
  },
  "DescribeTasks and ListTasks share 100, and 20 a second": async (scenario) => {
    const call = (index: number) =>
      index % 2 === 0
        ? scenario.ecs.send(new DescribeTasksCommand({ tasks: ["0".repeat(32)] }))
        : scenario.ecs.send(new ListTasksCommand({}));
    await showBucket(scenario, 100, 20, call);
  },
  "DescribeTaskDefinition has 50, and 20 a second": async (scenario) => {
    await showBucket(scenario, 50, 20, () => scenario.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: "etl" })));
  },
  "TagResource has 20, and 10 a second": async (scenario) => {
    const resourceArn = await scenario.register();
    await showBucket(scenario, 20, 10, () => scenario.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: "a", value: "b" }] })));
  },
  "each account and region has its own buckets": [
    { accounts: { AKIAOTHER: "444455556666" }, buckets: { describeTasks: { burst: 1, perSecond: 0 } } },
    async ({ client }) => {
      const list = (...where: Parameters<typeof client>) => refusalOf(client(...where).send(new ListTasksCommand({})));
      expect([await list(), await list(), await list("us-east-1"), await list("eu-west-1", "AKIAOTHER")]).toEqual([
        undefined,
        refused[0],
        undefined,
        undefined,
      ]);
    },
  ],
  "two registrations of a family at once: one is refused": [
    { registerMs: 50 },
    async ({ register, double }) => {
      const outcomes = await Promise.all([
        refusalOf(register({ family: "one" })),
        refusalOf(register({ family: "one" })),
        refusalOf(register({ family: "two" })),
      ]);
      expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual([
        "ClientException: Too many concurrent attempts to create a new revision of the specified family.",
      ]);
      expect(await refusalOf(register({ family: "one" }))).toBeUndefined();
      expect(double.definitions().filter(({ family }) => family === "one")).toHaveLength(2);
    },
  ],
});
