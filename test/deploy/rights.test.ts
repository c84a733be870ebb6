/** What follows from a configuration for the roles, read as IAM reads it: enough, and no more. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { mergedRights, type NamedRight } from "../../functions/deploy/merged-rights.ts";
import { plainPolicy } from "../../functions/deploy/policy.ts";
import { configuredRights, type FunctionName } from "../../functions/deploy/rights.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { readYaml } from "../../shared/schema/json-document.ts";
import { allows, type Call } from "./policy-reading.ts";

const OWN = { "AWS::AccountId": "123456789012", "AWS::Region": "us-east-1", "AWS::Partition": "aws" };

function statements(text: string, name: FunctionName) {
  return plainPolicy(configuredRights(parseConfiguration(readYaml(text), launchers)).functions[name], OWN).Statement;
}

const ECS = `
targets:
  - name: one
    type: ecs
    cluster: jobs
    task_role_arn: etl-task
    execution_role_arn: arn:aws:iam::123456789012:role/service/etl-execution
    run_task_kwargs: { volumeConfigurations: [{ name: scratch, managedEBSVolume: { roleArn: "arn:aws:iam::123456789012:role/volumes", sizeInGiB: 10 } }] }
  - { name: two, type: ecs, labels: [two], cluster: batch, allow: { clusters: ["team-*"], task_roles: ["arn:aws:iam::123456789012:role/team-*"] } }
  - { name: far, type: ecs, labels: [far], region: eu-west-1, cluster: jobs }
  - { name: any, type: kubernetes, labels: [any], cluster: { eks: { name: main } } }
templates: { from: [templates, "s3://acme/templates", "s3://whole", "gs://other/x"] }
requests: { from: ["s3://acme/requests/"] }
http:
  tokens: [{ name: a, secret: "secretsmanager:slipway/token", may: [read], targets: ["*"] }]
  webhooks: [{ name: b, secrets: ["ssm:/slipway/hook", "secretsmanager:arn:aws:secretsmanager:eu-west-1:210987654321:secret:shared/hook"], targets: ["*"] }]
`;

const at = (region: string, rest: string) => `arn:aws:ecs:${region}:123456789012:${rest}`;
const run = (region: string, cluster: string): Call => ({
  action: "ecs:RunTask",
  resource: at(region, "task-definition/etl-0a1b:7"),
  keys: { "ecs:cluster": at(region, `cluster/${cluster}`) },
});
const pass = (role: string, service: string): Call => ({
  action: "iam:PassRole",
  resource: `arn:aws:iam::123456789012:role/${role}`,
  keys: { "iam:PassedToService": service },
});
const read = (key: string): Call => ({ action: "s3:GetObject", resource: `arn:aws:s3:::${key}` });
const secret = (region: string, account: string, name: string): Call => ({
  action: "secretsmanager:GetSecretValue",
  resource: `arn:aws:secretsmanager:${region}:${account}:secret:${name}`,
});
const TASKS = "ecs-tasks.amazonaws.com";

const rows: readonly (readonly [rule: string, by: FunctionName, call: Call, allowed: boolean])[] = [
  ["a target's cluster is launched on", "dispatch", run("us-east-1", "jobs"), true],
  ["one that allow names", "dispatch", run("us-east-1", "team-7"), true],
  ["one of another region there", "dispatch", run("eu-west-1", "jobs"), true],
  ["and not on its neighbour of the other region", "dispatch", run("eu-west-1", "batch"), false],
  ["no other cluster is", "dispatch", run("us-east-1", "payroll"), false],
  ["nothing is launched by who looks", "sweep", run("us-east-1", "jobs"), false],
  ["nor by who answers HTTP", "webhook", run("us-east-1", "jobs"), false],
  ["a task is stopped where it may run", "sweep", { action: "ecs:StopTask", resource: at("us-east-1", "task/batch/0123") }, true],
  ["and nowhere else", "sweep", { action: "ecs:StopTask", resource: at("us-east-1", "task/payroll/0123") }, false],
  ["a role is passed by its name alone", "dispatch", pass("etl-task", TASKS), true],
  ["one with a path", "dispatch", pass("service/etl-execution", TASKS), true],
  ["one that allow names", "dispatch", pass("team-blue", TASKS), true],
  ["no other role is passed", "dispatch", pass("admin", TASKS), false],
  ["nor one to another service", "dispatch", pass("etl-task", "lambda.amazonaws.com"), false],
  ["a volume's role is passed to ECS itself", "dispatch", pass("volumes", "ecs.amazonaws.com"), true],
  ["and to no task", "dispatch", pass("volumes", TASKS), false],
  ["a task's role is not passed to ECS itself", "dispatch", pass("etl-task", "ecs.amazonaws.com"), false],
  [
    "a task is tagged when it is launched",
    "dispatch",
    { action: "ecs:TagResource", resource: at("us-east-1", "task/jobs/0123"), keys: { "ecs:CreateAction": "RunTask" } },
    true,
  ],
  ["and never later", "dispatch", { action: "ecs:TagResource", resource: at("us-east-1", "task/jobs/0123") }, false],
  ["a template below a prefix is read", "dispatch", read("acme/templates/etl/job.yml"), true],
  ["and planned with by who answers HTTP", "webhook", read("acme/templates/etl/job.yml"), true],
  ["what only begins like the prefix is another place", "dispatch", read("acme/templates-of-payroll/job.yml"), false],
  ["a whole bucket", "dispatch", read("whole/any/thing.yml"), true],
  ["and not one that begins like it", "dispatch", read("whole-other/any.yml"), false],
  ["a request that a message points to", "dispatch", read("acme/requests/1.json"), true],
  ["nobody writes there", "dispatch", { action: "s3:PutObject", resource: "arn:aws:s3:::acme/requests/1.json" }, false],
  ["schedules read nothing there", "schedule", read("acme/requests/1.json"), false],
  ["a secret by its name, with what Secrets Manager adds", "webhook", secret("us-east-1", "123456789012", "slipway/token-AbC123"), true],
  ["and not one that begins like it", "webhook", secret("us-east-1", "123456789012", "slipway/token-of-another-AbC123"), false],
  ["one by an ARN without that", "webhook", secret("eu-west-1", "210987654321", "shared/hook-AbC123"), true],
  ["who launches has no business with who may send", "dispatch", secret("us-east-1", "123456789012", "slipway/token-AbC123"), false],
  ["a parameter", "webhook", { action: "ssm:GetParameter", resource: "arn:aws:ssm:us-east-1:123456789012:parameter/slipway/hook" }, true],
  [
    "an EKS cluster's address",
    "dispatch",
    { action: "eks:DescribeCluster", resource: "arn:aws:eks:us-east-1:123456789012:cluster/main" },
    true,
  ],
];

describe("by configuration", () => {
  it.each(rows)("%s (%s)", (_rule, by, call, allowed) => {
    expect(allows(statements(ECS, by), call)).toBe(allowed);
  });

  it("a target that AWS knows nothing of asks for nothing", () => {
    const text = 'targets: [{ name: plain, type: kubernetes, cluster: { server: "https://10.0.0.6" } }]';
    const { functions, notes } = configuredRights(parseConfiguration(readYaml(text), launchers));
    expect(Object.values(functions).flat()).toEqual([]);
    expect(notes).toEqual([]);
  });

  it("statements have names of letters and digits, each once, in every role", () => {
    for (const by of ["dispatch", "webhook", "sweep"] as const) {
      const names = statements(ECS, by).map(({ Sid }) => Sid);
      expect(names.filter((name) => !/^[A-Za-z0-9]+$/.test(name))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

test("what is merged allows what each right allowed, and no more", () => {
  const name = fc.constantFrom("a", "b", "c");
  const names = fc.uniqueArray(name, { minLength: 1 });
  const condition = fc.record({ operator: fc.constantFrom("ArnEquals", "StringEquals"), key: fc.constantFrom("k", "l"), values: names });
  const right = fc
    .record({ base: fc.constantFrom("X", "Y"), actions: names, resources: names, given: fc.option(condition, { nil: undefined }) })
    .map(({ given, ...rest }): NamedRight => {
      const limited = given === undefined ? {} : { condition: { [given.operator]: { [given.key]: given.values } } };
      return { ...rest, ...limited, sid: `T${rest.base}` };
    });
  const call = fc.record({ action: name, resource: name, keys: fc.dictionary(fc.constantFrom("k", "l"), name) });
  fc.assert(
    fc.property(fc.array(right, { maxLength: 6 }), fc.array(call, { minLength: 30, maxLength: 30 }), (rights, calls) => {
      const [before, after] = [plainPolicy(rights, {}).Statement, plainPolicy(mergedRights(rights), {}).Statement];
      expect(after.length).toBeLessThanOrEqual(before.length);
      for (const each of calls) expect(allows(after, each)).toBe(allows(before, each));
    }),
  );
});
