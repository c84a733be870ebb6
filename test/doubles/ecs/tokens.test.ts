import { ConflictException, DeregisterTaskDefinitionCommand, DescribeTasksCommand } from "@aws-sdk/client-ecs";
import { expect } from "vitest";
import { REASONS } from "./capacity.ts";
import { DAY, HOUR } from "./options.ts";
import { TOKEN_QUIRKS } from "./quirks.ts";
import { quirkRows } from "./rows.ts";
import { burst, onlyArn, refusalOf } from "./scenario.ts";

const clientToken = "slipway-token-1";

quirkRows("RunTask's token", TOKEN_QUIRKS, {
  "the same token and parameters: the same tasks, none new": async ({ double, run }) => {
    const first = await run({ clientToken });
    const second = await run({ clientToken });
    expect(onlyArn(second)).toBe(onlyArn(first));
    expect(double.tasks()).toHaveLength(1);
    expect(onlyArn(await run({ clientToken: "slipway-token-2" }))).not.toBe(onlyArn(first));
  },
  "the same token and parameters: the same failures, though there is room by now": async ({ double, run }) => {
    double.fail({ reason: REASONS.memory, arn: "arn:instance" });
    const failures = [{ reason: REASONS.memory, arn: "arn:instance" }];
    expect(await run({ clientToken })).toMatchObject({ tasks: [], failures });
    expect(await run({ clientToken })).toMatchObject({ tasks: [], failures });
    onlyArn(await run({ clientToken: "another" }));
  },
  "the same token, other parameters: ConflictException with the tasks in resourceIds": async ({ double, run }) => {
    const arn = onlyArn(await run({ clientToken }));
    const refused = await run({ clientToken, startedBy: "somebody" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConflictException);
    expect(refused).toMatchObject({ resourceIds: [arn], $metadata: { httpStatusCode: 400 } });
    expect(double.tasks()).toHaveLength(1);
  },
  "a token counts in its cluster": [
    { clusters: ["default", "other"] },
    async ({ double, run }) => {
      await run({ clientToken });
      await run({ clientToken, cluster: "other" });
      await run({ clientToken, cluster: "arn:aws:ecs:eu-west-1:111122223333:cluster/other" });
      expect(double.tasks().map(({ cluster }) => cluster)).toEqual(["default", "other"]);
    },
  ],
  "a token ends an hour after the last of its tasks": async ({ double, run, pass }) => {
    const first = onlyArn(await run({ clientToken }));
    pass(HOUR);
    double.finish(first);
    pass(HOUR - 1);
    expect(onlyArn(await run({ clientToken }))).toBe(first);
    pass(1);
    expect(onlyArn(await run({ clientToken }))).not.toBe(first);
  },
  "a token ends after 24 hours, whatever its tasks do": async ({ run, pass }) => {
    const first = onlyArn(await run({ clientToken }));
    pass(DAY - 1);
    expect(onlyArn(await run({ clientToken }))).toBe(first);
    pass(1);
    expect(onlyArn(await run({ clientToken }))).not.toBe(first);
  },
  "a token that brought failures only ends after an hour": async ({ double, run, pass }) => {
    double.fail({ reason: REASONS.memory });
    await run({ clientToken });
    pass(HOUR - 1);
    expect((await run({ clientToken })).failures).toHaveLength(1);
    pass(1);
    onlyArn(await run({ clientToken }));
  },
  "an error binds no token": async ({ double, run }) => {
    double.refuse({ operation: "RunTask", error: "server" });
    expect(await refusalOf(run({ clientToken }))).toMatch(/^ServerException/);
    expect(await refusalOf(run({ clientToken, networkConfiguration: undefined }))).toMatch(/^InvalidParameterException/);
    onlyArn(await run({ clientToken }));
  },
  "a replay shows the tasks as the first answer did": async ({ ecs, run, pass }) => {
    const arn = onlyArn(await run({ clientToken }));
    pass(60_000);
    expect((await ecs.send(new DescribeTasksCommand({ tasks: [arn] }))).tasks?.[0]?.lastStatus).toBe("RUNNING");
    expect((await run({ clientToken })).tasks?.[0]?.lastStatus).toBe("PROVISIONING");
  },
  "a replay takes from RunTask's bucket, but neither room nor Fargate's rate": [
    { buckets: { fargate: { burst: 1, perSecond: 0 } } },
    async ({ double, run }) => {
      await run({ clientToken });
      double.fail({ reason: REASONS.capacity, times: Infinity });
      expect(await burst(100, () => run({ clientToken }))).toEqual({ passed: 99, refused: ["ThrottlingException: Rate exceeded"] });
      expect(double.tasks()).toHaveLength(1);
    },
  ],
  "a replay needs no definition that is still ACTIVE": async ({ ecs, run }) => {
    const request = { clientToken, taskDefinition: "etl:1" };
    const arn = onlyArn(await run(request));
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: "etl:1" }));
    expect(onlyArn(await run(request))).toBe(arn);
  },
});
