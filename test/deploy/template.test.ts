/** What `npx serverless package` makes of serverless.yml, without credentials: CloudFormation checked point by point. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { tableDefinition } from "../../shared/adapters/table.ts";
import { recordedTask } from "../functions/recorded-task.ts";
import { packaged } from "./package.ts";

const CONFIGURATION = `
deployment: prod
retention_days: 14
targets:
  - name: prod
    type: ecs
    labels: [prod]
    cluster: jobs
    task_role_arn: arn:aws:iam::123456789012:role/etl-task
    execution_role_arn: arn:aws:iam::123456789012:role/etl-execution
    run_task_kwargs: { networkConfiguration: { awsvpcConfiguration: { subnets: [subnet-1] } } }
  - name: other-account
    type: ecs
    labels: [other]
    region: eu-central-1
    cluster: batch
    role_arn: arn:aws:iam::210987654321:role/slipway-launch
  - name: box
    type: docker
    labels: [gpu]
    host: ssh://deploy@10.0.0.5
    ssh: { private_key: "secretsmanager:slipway/box", host_keys: ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] }
templates: { from: ["s3://acme-slipway/templates/"] }
http:
  tokens: [{ name: scheduler, secret: "ssm:/slipway/scheduler", may: [submit, read, cancel], targets: ["*"] }]
`;

const FUNCTIONS = { dispatch: 60, webhook: 29, schedule: 30, observe: 30, sweep: 30 } as const;

/** Actions for which AWS offers no narrower resource, and why each is called. */
const EVERYWHERE: Readonly<Record<string, string>> = {
  "ecs:RegisterTaskDefinition": "a definition has no name before it is registered",
  "ecs:DescribeTaskDefinition": "AWS checks no resource for it",
  "ecs:DeregisterTaskDefinition": "AWS checks no resource for it",
  "ecs:ListTasks": "AWS checks container instances for it, which Fargate has none of; the cluster is a condition",
};

const list = z.union([z.string(), z.array(z.unknown())]);
const statement = z.looseObject({ Sid: z.string(), Effect: z.string(), Action: list, Resource: list });
const resource = z.looseObject({ Type: z.string(), Properties: z.optional(z.record(z.string(), z.unknown())) });
const template = z.looseObject({
  Resources: z.record(z.string(), resource),
  Outputs: z.record(z.string(), z.record(z.string(), z.unknown())),
});
const pattern = z.strictObject({
  source: z.array(z.string()),
  "detail-type": z.array(z.string()),
  detail: z.strictObject({ startedBy: z.array(z.strictObject({ prefix: z.string() })) }),
});
const packageState = z.looseObject({ service: z.looseObject({ provider: z.looseObject({ stackName: z.string() }) }) });

let folder: string;
let resources: z.output<typeof template>["Resources"];
let outputs: z.output<typeof template>["Outputs"];
let state: z.output<typeof packageState>;

beforeAll(async () => {
  folder = await packaged(CONFIGURATION, ["alarm_topic=arn:aws:sns:us-east-1:123456789012:pager"]);
  const text = await readFile(join(folder, ".serverless/cloudformation-template-update-stack.json"), "utf8");
  ({ Resources: resources, Outputs: outputs } = z.parse(template, JSON.parse(text)));
  state = z.parse(packageState, JSON.parse(await readFile(join(folder, ".serverless/serverless-state.json"), "utf8")));
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

function properties(name: string): Readonly<Record<string, unknown>> {
  return resources[name]?.Properties ?? {};
}

function statements(name: string): readonly z.output<typeof statement>[] {
  const policies = z.parse(
    z.array(z.object({ PolicyDocument: z.object({ Statement: z.array(statement) }) })),
    properties(name)["Policies"],
  );
  return policies.flatMap((policy) => policy.PolicyDocument.Statement);
}

function allowed(name: string): readonly string[] {
  return statements(name).flatMap(({ Action }) => (Array.isArray(Action) ? Action.map(String) : [Action]));
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

describe("functions", () => {
  it.each(Object.entries(FUNCTIONS))("%s has %i seconds, Node 24 on arm64, a role of its own and a log that ends", (name, seconds) => {
    expect(properties(`${capital(name)}LambdaFunction`)).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Timeout: seconds,
      Role: { "Fn::GetAtt": [`${capital(name)}Role`, "Arn"] },
    });
    expect(properties(`${capital(name)}LogGroup`)).toMatchObject({ RetentionInDays: 30 });
  });

  it("no versions pile up", () => {
    expect(Object.values(resources).filter(({ Type }) => Type === "AWS::Lambda::Version")).toEqual([]);
  });

  it("no role is shared", () => {
    const roles = Object.entries(resources).filter(([, { Type }]) => Type === "AWS::IAM::Role");
    expect(roles.map(([name]) => name).sort()).toEqual(
      Object.keys(FUNCTIONS)
        .map((name) => `${capital(name)}Role`)
        .sort(),
    );
  });

  it("sweep and schedule are called each minute", () => {
    for (const name of ["SweepEventsRuleSchedule1", "ScheduleEventsRuleSchedule1"]) {
      expect(properties(name)).toMatchObject({ ScheduleExpression: "rate(1 minute)", State: "ENABLED" });
    }
  });

  it("the webhook is all of the HTTP API", () => {
    expect(properties("HttpApiRouteDefault")).toMatchObject({ RouteKey: "$default" });
    expect(properties("HttpApiIntegrationWebhook")).toMatchObject({ PayloadFormatVersion: "2.0" });
  });

  it("a flood ends at the gateway", () => {
    expect(properties("HttpApiStage")).toMatchObject({ DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 50 } });
  });

  it("outside a VPC, unless subnets are given", () => {
    for (const name of Object.keys(FUNCTIONS)) expect(properties(`${capital(name)}LambdaFunction`)).not.toHaveProperty("VpcConfig");
  });
});

describe("queue", () => {
  it("a message is invisible for six times the function's time, and goes to the dead letters after ten receives", () => {
    const queue = properties("Queue");
    expect(queue["VisibilityTimeout"]).toBeGreaterThanOrEqual(6 * FUNCTIONS.dispatch);
    expect(queue["RedrivePolicy"]).toEqual({ deadLetterTargetArn: { "Fn::GetAtt": ["DeadLetters", "Arn"] }, maxReceiveCount: 10 });
  });

  it("batches report the messages that failed, few at once", () => {
    expect(properties("DispatchEventSourceMappingSQSQueue")).toMatchObject({
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: 5 },
      EventSourceArn: { "Fn::GetAtt": ["Queue", "Arn"] },
    });
  });

  it.each(["Queue", "DeadLetters", "LostEvents", "LostInputs"])("%s is encrypted and keeps what it has for fourteen days", (name) => {
    expect(properties(name)).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 });
  });
});

describe("table", () => {
  it("is the one that the adapters write, on demand, expiring, recoverable, encrypted, and outlives the stack", () => {
    const { TableName: _, ...definition } = tableDefinition("any");
    expect(properties("Table")).toEqual({
      ...definition,
      TimeToLiveSpecification: { AttributeName: "expires_at", Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
    });
  });
});

describe("what runs are in", () => {
  it.each(["Table", "Payloads", "Queue", "DeadLetters", "LostInputs"])(
    "%s is kept when the stack goes or another takes its place, and is no hindrance where a first deployment failed",
    (name) => {
      expect(resources[name]).toMatchObject({ DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Retain" });
    },
  );
});

describe("calls that nobody waits for", () => {
  it.each([
    ["Observe", "LostEvents"],
    ["Schedule", "LostInputs"],
  ])("what %s could not do after Lambda's own tries goes to %s, and its role may put it there", (name, queue) => {
    const arn = { "Fn::GetAtt": [queue, "Arn"] };
    expect(properties(`${name}LambdaFunction`)).toMatchObject({ DeadLetterConfig: { TargetArn: arn } });
    expect(statements(`${name}Role`)).toContainEqual(expect.objectContaining({ Action: ["sqs:SendMessage"], Resource: [arn] }));
  });

  it("a sweep that failed is not tried again: the next is due", () => {
    expect(properties("SweepLambdaEvConf")).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
  });
});

describe("several deployments", () => {
  it("share no name: the stack is called like the deployment, and exports nothing", () => {
    expect(state.service.provider.stackName).toBe("slipway-prod");
    expect(Object.values(outputs).filter((output) => Object.hasOwn(output, "Export"))).toEqual([]);
  });

  it("the outputs name what the command line, other accounts and people ask for", () => {
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining(["Queue", "Table", "Payloads", "Bus", "DeadLetters", "LostInputs", "DispatchRole", "SweepRole", "HttpApiUrl"]),
    );
  });
});

describe("payloads", () => {
  it("are private, encrypted, and expire after their records", () => {
    const bucket = properties("Payloads");
    expect(bucket["PublicAccessBlockConfiguration"]).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(bucket).toMatchObject({
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }] },
      LifecycleConfiguration: { Rules: [{ Status: "Enabled", ExpirationInDays: 14 + 45 }] },
    });
  });
});

describe("events of ECS", () => {
  it("only those of tasks that this deployment started come, and what can't be handed over is kept", () => {
    expect(properties("TaskChanged")).toMatchObject({
      EventPattern: {
        source: ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        detail: { startedBy: [{ prefix: "slipway/prod/" }] },
      },
      Targets: [
        { Arn: { "Fn::GetAtt": ["ObserveLambdaFunction", "Arn"] }, DeadLetterConfig: { Arn: { "Fn::GetAtt": ["LostEvents", "Arn"] } } },
      ],
    });
    expect(properties("LostEventsPolicy")).toMatchObject({ Queues: [{ Ref: "LostEvents" }] });
  });
});

describe("the rule takes", () => {
  it.each([
    ["our own tasks", "slipway/prod/abcdefghijklmnopqrstuvwxyz/1", true],
    ["none of a deployment of a longer name", "slipway/prod-2/abcdefghijklmnopqrstuvwxyz/1", false],
    ["none of a service", "ecs-svc/1234567890123456789", false],
    ["none of a person", "", false],
  ])("%s", async (_whose, startedBy, taken) => {
    const { source, "detail-type": type, detail } = z.parse(pattern, properties("TaskChanged")["EventPattern"]);
    const { events } = await recordedTask({ finish: { exitCode: 0 } });
    expect(events.length).toBeGreaterThan(3);
    for (const event of events) expect([[event["source"]], [event["detail-type"]]]).toEqual([source, type]);
    expect(detail.startedBy.some(({ prefix }) => startedBy.startsWith(prefix))).toBe(taken);
  });
});

describe("rights", () => {
  const roles = Object.keys(FUNCTIONS).map((name) => `${capital(name)}Role`);

  it.each(roles)("%s: * only where AWS offers nothing narrower", (role) => {
    for (const { Sid, Action, Resource } of statements(role)) {
      const actions = Array.isArray(Action) ? Action.map(String) : [Action];
      expect(
        actions.filter((action) => action.includes("*")),
        Sid,
      ).toEqual([]);
      if (JSON.stringify(Resource) === '["*"]')
        expect(
          actions.filter((action) => !(action in EVERYWHERE)),
          Sid,
        ).toEqual([]);
    }
  });

  it("roles are passed by name, and to ECS only", () => {
    const [pass, ...others] = statements("DispatchRole").filter(({ Action }) => JSON.stringify(Action).includes("iam:PassRole"));
    expect(others).toEqual([]);
    expect(pass).toMatchObject({
      Resource: ["arn:aws:iam::123456789012:role/etl-execution", "arn:aws:iam::123456789012:role/etl-task"],
      Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    });
  });

  it("RunTask on the configured clusters only", () => {
    const launch = statements("DispatchRole").filter(({ Action }) => JSON.stringify(Action).includes("ecs:RunTask"));
    expect(launch).toHaveLength(1);
    expect(JSON.stringify(launch[0]?.["Condition"])).toContain(":cluster/jobs");
  });

  it("another account's role is assumed by who launches and who looks, and its calls are not allowed at home", () => {
    for (const role of ["DispatchRole", "SweepRole"]) {
      const assumed = statements(role).filter(({ Action }) => JSON.stringify(Action).includes("sts:AssumeRole"));
      expect(assumed.map(({ Resource }) => Resource)).toEqual([["arn:aws:iam::210987654321:role/slipway-launch"]]);
      expect(JSON.stringify(statements(role))).not.toContain("cluster/batch");
    }
  });

  it("a secret is read by who needs it", () => {
    const reads = (role: string) => allowed(role).filter((action) => /^(secretsmanager|ssm):/.test(action));
    expect(Object.fromEntries(roles.map((role) => [role, reads(role)]))).toEqual({
      DispatchRole: ["secretsmanager:GetSecretValue"],
      WebhookRole: ["ssm:GetParameter"],
      ScheduleRole: [],
      ObserveRole: [],
      SweepRole: ["secretsmanager:GetSecretValue"],
    });
  });

  it("the webhook has no right at any target, and neither have schedule and observe", () => {
    for (const role of ["WebhookRole", "ScheduleRole", "ObserveRole"]) {
      expect(allowed(role).filter((action) => /^(ecs|eks|sts|iam):/.test(action))).toEqual([]);
    }
  });
});

describe("alarms", () => {
  it("every one tells the topic, and there is one for each thing that a person must see", () => {
    const alarms = Object.entries(resources).filter(([, { Type }]) => Type === "AWS::CloudWatch::Alarm");
    for (const [, { Properties }] of alarms)
      expect(Properties).toMatchObject({ AlarmActions: ["arn:aws:sns:us-east-1:123456789012:pager"] });
    expect(alarms.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        "DeadLettersAlarm",
        "LostEventsAlarm",
        "OldestMessageAlarm",
        "QuarantineAlarm",
        "UnrecognisedAlarm",
        "StuckAlarm",
        "LostInputsAlarm",
        "HttpErrorsAlarm",
        "SweepMissingAlarm",
      ]),
    );
    for (const name of Object.keys(FUNCTIONS)) expect(alarms.map(([alarm]) => alarm)).toContain(`${capital(name)}ErrorsAlarm`);
  });

  it("those of queues and functions look at ones that are there", () => {
    const alarms = Object.values(resources).filter(({ Type }) => Type === "AWS::CloudWatch::Alarm");
    const names = Object.values(resources).map(({ Properties }) => Properties?.["FunctionName"]);
    const looked = z.array(z.object({ Name: z.string(), Value: z.unknown() }));
    for (const { Properties } of alarms) {
      const [dimension, ...others] = z.parse(looked, Properties?.["Dimensions"]);
      expect(others).toEqual([]);
      if (dimension?.Name === "FunctionName") expect(names).toContain(dimension.Value);
      if (dimension?.Name === "service") expect(dimension.Value).toBe("prod");
    }
  });

  it("the dashboard is JSON once its region is put in, of widgets with metrics", () => {
    const joined = z.parse(
      z.object({ "Fn::Join": z.tuple([z.literal(""), z.array(z.unknown())]) }),
      properties("Dashboard")["DashboardBody"],
    );
    const text = joined["Fn::Join"][1].map((part) => (typeof part === "string" ? part : "us-east-1")).join("");
    const widget = z.object({ properties: z.object({ region: z.literal("us-east-1"), metrics: z.array(z.array(z.string())) }) });
    const { widgets } = z.parse(z.object({ widgets: z.array(z.looseObject(widget.shape)) }), JSON.parse(text));
    expect(widgets.length).toBeGreaterThan(4);
    for (const { properties: shown } of widgets) for (const metric of shown.metrics) expect(metric).toHaveLength(4);
  });
});

it("a parameter that is misspelt is refused, not left out", async () => {
  await expect(packaged(CONFIGURATION, ["subnet=subnet-1"])).rejects.toThrow(/there is no parameter subnet; there are config, name,/);
});

it("no resource waits for itself", () => {
  const named = (name: string) =>
    [...JSON.stringify(resources[name]).matchAll(/\{"(?:Ref":"([A-Za-z0-9]+)"|Fn::GetAtt":\["([A-Za-z0-9]+)")/g)].map(
      ([, ref, att]) => ref ?? att ?? "",
    );
  const done = new Set<string>();
  const walk = (name: string, way: readonly string[]): void => {
    expect(way).not.toContain(name);
    if (done.has(name) || !Object.hasOwn(resources, name)) return;
    for (const next of named(name)) walk(next, [...way, name]);
    done.add(name);
  };
  for (const name of Object.keys(resources)) walk(name, []);
  expect(done.size).toBe(Object.keys(resources).length);
});

it("what names another resource names one that is there", () => {
  const named = [...JSON.stringify(resources).matchAll(/\{"(?:Ref":"([A-Za-z0-9]+)"|Fn::GetAtt":\["([A-Za-z0-9]+)")/g)].map(
    ([, ref, att]) => ref ?? att ?? "",
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((name) => !Object.hasOwn(resources, name))).toEqual([]);
});
