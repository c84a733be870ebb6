import { DescribeTasksCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import { expect } from "vitest";
import { LIFE_QUIRKS } from "./quirks.ts";
import { quirkRows } from "./rows.ts";
import { INSTANCE_DEFINITION, onlyArn, refusalOf, type Scenario } from "./scenario.ts";

const steps = ({ double }: Scenario) => double.events.map(({ detail }) => [detail.version, detail.lastStatus, detail.desiredStatus]);
const stop = ({ ecs }: Scenario, task: string, reason = "cancelled") => ecs.send(new StopTaskCommand({ task, reason }));
const described = async ({ ecs }: Scenario, arn: string) => (await ecs.send(new DescribeTasksCommand({ tasks: [arn] }))).tasks?.[0];

quirkRows("Life of a task", LIFE_QUIRKS, {
  "PROVISIONING, PENDING, RUNNING, STOPPED, each with an event of the next version": [
    { life: { provisioningMs: 2000, pendingMs: 10_000, runMs: 30_000, exitCode: 3 } },
    async (scenario) => {
      const arn = onlyArn(await scenario.run());
      scenario.pass(2000);
      expect((await described(scenario, arn))?.lastStatus).toBe("PENDING");
      scenario.pass(40_000);
      expect(await described(scenario, arn)).toMatchObject({ lastStatus: "STOPPED", version: 4, containers: [{ exitCode: 3 }] });
      expect(steps(scenario)).toEqual([
        [1, "PROVISIONING", "RUNNING"],
        [2, "PENDING", "RUNNING"],
        [3, "RUNNING", "RUNNING"],
        [4, "STOPPED", "STOPPED"],
      ]);
      const times = scenario.double.events.map(({ time }) => time.slice(11, 19));
      expect(times).toEqual(["09:00:00", "09:00:02", "09:00:12", "09:00:42"]);
    },
  ],
  "on an instance without awsvpc a task begins PENDING": async (scenario) => {
    await scenario.register(INSTANCE_DEFINITION);
    const { tasks } = await scenario.run({ taskDefinition: "batch", launchType: "EC2", networkConfiguration: undefined });
    expect(tasks?.[0]?.lastStatus).toBe("PENDING");
  },
  "the end has the exit code, its reason and a stop code": async (scenario) => {
    const arn = onlyArn(await scenario.run());
    scenario.pass(60_000);
    scenario.double.finish(arn, { exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" });
    expect(await described(scenario, arn)).toMatchObject({
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      stoppedAt: expect.any(Date),
      containers: [
        { name: "flow", lastStatus: "STOPPED", exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" },
      ],
    });
    const other = onlyArn(await scenario.run());
    scenario.double.finish(other, { stopCode: "SpotInterruption", stoppedReason: "Your Spot Task was interrupted.", exitCode: 143 });
    expect(await described(scenario, other)).toMatchObject({ stopCode: "SpotInterruption", startedAt: expect.any(Date) });
  },
  "a task that can't start has no exit code and no start": [
    { life: { failToStart: "CannotPullContainerError: pull image manifest has been retried 5 time(s)" } },
    async (scenario) => {
      const arn = onlyArn(await scenario.run());
      scenario.pass(60_000);
      const task = await described(scenario, arn);
      expect(task).toMatchObject({
        lastStatus: "STOPPED",
        stopCode: "TaskFailedToStart",
        stoppedReason: expect.stringMatching(/^CannotPull/),
      });
      expect([task?.startedAt, task?.containers?.[0]?.exitCode]).toEqual([undefined, undefined]);
    },
  ],
  "StopTask by id or ARN: UserInitiated, with the reason": async (scenario) => {
    const { tasks = [] } = await scenario.run({ count: 2 });
    scenario.pass(60_000);
    const [one = "", other = ""] = tasks.map(({ taskArn }) => taskArn ?? "");
    await stop(scenario, one, "cancelled by ops");
    await stop(scenario, other.slice(-32));
    expect(await described(scenario, one)).toMatchObject({
      stopCode: "UserInitiated",
      stoppedReason: "cancelled by ops",
      containers: [{ exitCode: 143 }],
    });
    expect((await described(scenario, other))?.lastStatus).toBe("STOPPED");
  },
  "a task that runs on for a while after StopTask": [
    { life: { stopMs: 30_000 } },
    async (scenario) => {
      const arn = onlyArn(await scenario.run());
      scenario.pass(60_000);
      expect((await stop(scenario, arn)).task).toMatchObject({ lastStatus: "RUNNING", desiredStatus: "STOPPED" });
      // It ends by itself before it is killed: the exit code is its own, the reason stays ours.
      scenario.double.finish(arn, { exitCode: 0 });
      expect(await described(scenario, arn)).toMatchObject({ stopCode: "UserInitiated", containers: [{ exitCode: 0 }] });
      scenario.pass(30_000);
      expect(steps(scenario).slice(-2)).toEqual([
        [4, "RUNNING", "STOPPED"],
        [5, "STOPPED", "STOPPED"],
      ]);
    },
  ],
  "a task stopped before it ran has no exit code": async (scenario) => {
    const arn = onlyArn(await scenario.run());
    await stop(scenario, arn);
    scenario.pass(60_000);
    expect((await described(scenario, arn))?.containers?.[0]?.exitCode).toBeUndefined();
    expect(steps(scenario)).toHaveLength(2);
  },
  "stopping a stopped task changes nothing": async (scenario) => {
    const arn = onlyArn(await scenario.run());
    await stop(scenario, arn, "first");
    expect((await stop(scenario, arn, "second")).task).toMatchObject({ stoppedReason: "first", version: 2 });
    scenario.double.finish(arn);
    expect(scenario.double.events).toHaveLength(2);
  },
  "an unknown task can't be stopped": async (scenario) => {
    expect(await refusalOf(stop(scenario, "0".repeat(32)))).toBe("InvalidParameterException: The referenced task was not found.");
  },
  "an event shows startedBy and the overrides in clear, and no tags": async (scenario) => {
    const overrides = { containerOverrides: [{ name: "flow", environment: [{ name: "PASSWORD", value: "open" }] }] };
    const arn = onlyArn(await scenario.run({ startedBy: "slipway/prod/run-1/1", overrides, tags: [{ key: "team", value: "data" }] }));
    const [event] = scenario.double.events;
    expect(event).toMatchObject({
      source: "aws.ecs",
      "detail-type": "ECS Task State Change",
      resources: [arn],
      detail: { taskArn: arn, startedBy: "slipway/prod/run-1/1", overrides, createdAt: expect.stringMatching(/Z$/) },
    });
    expect(JSON.stringify(event)).not.toContain("team");
  },
  "an event may come more than once, with the same version": [
    { eventCopies: 2 },
    async (scenario) => {
      await scenario.run();
      expect(scenario.double.events.map(({ id, detail }) => [id, detail.version])).toEqual([
        ["00000000-0000-4000-8000-000000000001", 1],
        ["00000000-0000-4000-8000-000000000001", 1],
      ]);
    },
  ],
});
