import { DescribeTasksCommand, ListTasksCommand, type ListTasksCommandInput, TagResourceCommand } from "@aws-sdk/client-ecs";
import { expect } from "vitest";
import { HOUR } from "./options.ts";
import { READ_QUIRKS } from "./quirks.ts";
import { quirkRows } from "./rows.ts";
import { onlyArn, refusalOf, type Scenario } from "./scenario.ts";

const describe = ({ ecs }: Scenario, tasks: string[], ...include: "TAGS"[]) => ecs.send(new DescribeTasksCommand({ tasks, include }));
const list = async ({ ecs }: Scenario, input: ListTasksCommandInput) => (await ecs.send(new ListTasksCommand(input))).taskArns;

quirkRows("Reading tasks", READ_QUIRKS, {
  "a new task may be MISSING for a while": [
    { readLagMs: 2000 },
    async (scenario) => {
      const arn = onlyArn(await scenario.run({ startedBy: "run-1" }));
      scenario.pass(1999);
      expect(await describe(scenario, [arn])).toMatchObject({ tasks: [], failures: [{ arn, reason: "MISSING" }] });
      expect(await list(scenario, { startedBy: "run-1" })).toEqual([]);
      scenario.pass(1);
      expect(await describe(scenario, [arn])).toMatchObject({ tasks: [{ taskArn: arn, startedBy: "run-1" }], failures: [] });
    },
  ],
  "a stopped task is gone after an hour": async (scenario) => {
    const arn = onlyArn(await scenario.run());
    scenario.double.finish(arn);
    scenario.pass(HOUR - 1);
    expect((await describe(scenario, [arn])).tasks).toHaveLength(1);
    expect(await list(scenario, { desiredStatus: "STOPPED" })).toEqual([arn]);
    scenario.pass(1);
    expect(await describe(scenario, [arn])).toMatchObject({ tasks: [], failures: [{ arn, reason: "MISSING" }] });
    expect(await list(scenario, { desiredStatus: "STOPPED" })).toEqual([]);
  },
  "DescribeTasks takes 1 to 100 tasks": async (scenario) => {
    const [id = ""] = (await scenario.run()).tasks?.map(({ taskArn = "" }) => taskArn.slice(-32)) ?? [];
    expect(
      (
        await describe(
          scenario,
          Array.from({ length: 100 }, () => id),
        )
      ).tasks,
    ).toHaveLength(100);
    expect(
      await refusalOf(
        describe(
          scenario,
          Array.from({ length: 101 }, () => id),
        ),
      ),
    ).toMatch(/^InvalidParameterException/);
    expect(await refusalOf(describe(scenario, []))).toBe("InvalidParameterException: Tasks cannot be empty.");
  },
  "an ARN of another cluster is refused": [
    { clusters: ["default", "other"] },
    async (scenario) => {
      const arn = onlyArn(await scenario.run({ cluster: "other" }));
      expect(await refusalOf(describe(scenario, [arn]))).toMatch(/Identifier is for cluster other. Your cluster is default$/);
    },
  ],
  "ListTasks by startedBy shows tasks that shall run, starting ones too": async (scenario) => {
    const startedBy = "slipway/prod/run-1/1";
    const [first, second] = [onlyArn(await scenario.run({ startedBy })), onlyArn(await scenario.run({ startedBy }))];
    await scenario.run({ startedBy: "slipway/prod/run-2/1" });
    expect(await list(scenario, { startedBy })).toEqual([first, second]);
    scenario.pass(60_000);
    scenario.double.finish(first);
    expect(await list(scenario, { startedBy })).toEqual([second]);
  },
  "startedBy is the only filter then": async (scenario) => {
    expect(await refusalOf(list(scenario, { startedBy: "run-1", desiredStatus: "STOPPED" }))).toMatch(/^InvalidParameterException/);
  },
  "lists have pages of 100": async (scenario) => {
    for (let call = 0; call < 10; call++) await scenario.run({ count: 10 });
    scenario.pass(1000);
    await scenario.run({ count: 5 });
    const first = await scenario.ecs.send(new ListTasksCommand({}));
    const second = await scenario.ecs.send(
      new ListTasksCommand({ ...(first.nextToken === undefined ? {} : { nextToken: first.nextToken }) }),
    );
    expect([first.taskArns?.length, second.taskArns?.length, second.nextToken]).toEqual([100, 5, undefined]);
    expect(await refusalOf(list(scenario, { maxResults: 101 }))).toMatch(/^InvalidParameterException/);
  },
  "tags are set, and shown only where asked for": async (scenario) => {
    const arn = onlyArn(await scenario.run({ tags: [{ key: "team", value: "data" }] }));
    await scenario.ecs.send(new TagResourceCommand({ resourceArn: arn, tags: [{ key: "run", value: "1" }] }));
    expect((await describe(scenario, [arn])).tasks?.[0]?.tags).toEqual([]);
    expect((await describe(scenario, [arn], "TAGS")).tasks?.[0]?.tags).toHaveLength(2);
    const unknown = new TagResourceCommand({ resourceArn: `${arn}0`, tags: [] });
    expect(await refusalOf(scenario.ecs.send(unknown))).toMatch(/^ResourceNotFoundException/);
  },
});
