import { ECSClient, ListTasksCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { AssumeRoleCommand, type AssumeRoleCommandInput, STSClient, STSServiceException } from "@aws-sdk/client-sts";
import { expect } from "vitest";
import { ACCESS_QUIRKS } from "./quirks.ts";
import { quirkRows } from "./rows.ts";
import { DEFINITION, NETWORK, onlyArn, refusalOf, type Scenario } from "./scenario.ts";

const role = "arn:aws:iam::444455556666:role/launcher";

async function assume({ double }: Scenario, input: Partial<AssumeRoleCommandInput> = {}): Promise<ECSClient> {
  const credentials = { accessKeyId: "AKIATESTER", secretAccessKey: "secret" };
  const sts = new STSClient({ endpoint: double.endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
  const { Credentials: given } = await sts.send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: "slipway", ...input }));
  sts.destroy();
  return client(double.endpoint, given?.AccessKeyId ?? "", given?.SessionToken);
}

function client(endpoint: string, accessKeyId: string, sessionToken: string | undefined): ECSClient {
  const credentials = { accessKeyId, secretAccessKey: "secret", ...(sessionToken === undefined ? {} : { sessionToken }) };
  return new ECSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
}

async function stsRefusal(call: Promise<unknown>): Promise<string | undefined> {
  const error = await call.catch((thrown: unknown) => thrown);
  return error instanceof STSServiceException ? `${error.name} ${error.$metadata.httpStatusCode}: ${error.message}` : undefined;
}

quirkRows("Callers and rights", ACCESS_QUIRKS, {
  "a denial names user, action and resource": async ({ double, run }) => {
    double.deny({ action: "ecs:RunTask" });
    const user = "User: arn:aws:iam::111122223333:user/AKIATESTER is not authorized to perform: ecs:RunTask";
    const resource = "on resource: arn:aws:ecs:eu-west-1:111122223333:task-definition/etl:1";
    const reason = "because no identity-based policy allows the ecs:RunTask action";
    expect(await refusalOf(run())).toBe(`AccessDeniedException: ${user} ${resource} ${reason}`);
    double.allow();
    onlyArn(await run());
  },
  "the roles of a task need iam:PassRole": async ({ double, register, run }) => {
    const executionRoleArn = "arn:aws:iam::111122223333:role/execution";
    double.deny({ action: "iam:PassRole", resource: executionRoleArn });
    expect(await refusalOf(register({ executionRoleArn }))).toMatch(
      /^AccessDeniedException: .* iam:PassRole on resource: .*role\/execution /,
    );
    expect(await refusalOf(run({ overrides: { executionRoleArn } }))).toMatch(/^AccessDeniedException: .* iam:PassRole /);
    onlyArn(await run());
  },
  "tags at the launch need ecs:TagResource": async ({ double, run }) => {
    double.deny({ action: "ecs:TagResource" });
    expect(await refusalOf(run({ tags: [{ key: "a", value: "b" }] }))).toMatch(/^AccessDeniedException: .* ecs:TagResource /);
    onlyArn(await run());
  },
  "an unknown cluster: ClusterNotFoundException": async ({ run, ecs }) => {
    expect(await refusalOf(run({ cluster: "nobody" }))).toBe("ClusterNotFoundException: Cluster not found.");
    const elsewhere = "arn:aws:ecs:us-east-1:111122223333:cluster/default";
    expect(await refusalOf(ecs.send(new ListTasksCommand({ cluster: elsewhere })))).toBe("ClusterNotFoundException: Cluster not found.");
  },
  "an assumed role's calls belong to its account": async (scenario) => {
    const { double } = scenario;
    const other = await assume(scenario);
    expect(await refusalOf(other.send(new RunTaskCommand({ taskDefinition: "etl" })))).toBe("ClientException: TaskDefinition not found.");
    double.deny({ action: "ecs:ListTasks" });
    expect(await refusalOf(other.send(new ListTasksCommand({})))).toContain(
      "User: arn:aws:sts::444455556666:assumed-role/launcher/slipway is not",
    );
    expect(double.requests.find(({ operation }) => operation === "AssumeRole")).toMatchObject({ region: "us-east-1", answer: "ok" });
    expect(double.requests.at(-1)).toMatchObject({ account: "444455556666", region: "us-east-1" });
    other.destroy();
  },
  "a role wants its external id": [
    { roles: { [role]: { externalId: "slipway-7" } } },
    async (scenario) => {
      expect(await stsRefusal(assume(scenario))).toMatch(/^AccessDenied 403: User: .* sts:AssumeRole on resource: .*role\/launcher$/);
      expect(await stsRefusal(assume(scenario, { RoleArn: `${role}2`, ExternalId: "slipway-7" }))).toMatch(/^AccessDenied 403/);
      (await assume(scenario, { ExternalId: "slipway-7" })).destroy();
    },
  ],
  "a session ends when it said": async (scenario) => {
    const session = await assume(scenario, { DurationSeconds: 900 });
    scenario.pass(899_999);
    expect(await refusalOf(session.send(new ListTasksCommand({})))).toBeUndefined();
    scenario.pass(1);
    expect(await refusalOf(session.send(new ListTasksCommand({})))).toMatch(/^ExpiredTokenException/);
    session.destroy();
  },
  "a session is no longer than its role allows": async (scenario) => {
    expect(await stsRefusal(assume(scenario, { DurationSeconds: 3601 }))).toMatch(/^ValidationError 400: .*MaxSessionDuration/);
    expect(await stsRefusal(assume(scenario, { DurationSeconds: 60 }))).toMatch(/^ValidationError 400/);
    expect(await stsRefusal(assume(scenario, { RoleArn: "launcher-role-of-no-account" }))).toMatch(/^ValidationError 400/);
  },
  "a session that nobody gave out is refused": async ({ double }) => {
    const stranger = client(double.endpoint, "ASIASTRANGER", "token");
    expect(
      await refusalOf(stranger.send(new RunTaskCommand({ taskDefinition: DEFINITION.family, networkConfiguration: NETWORK }))),
    ).toMatch(/^UnrecognizedClientException/);
    stranger.destroy();
  },
});
