/** What is told before a deployment, rather than at its end, or never. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { outOfPlace } from "../../functions/deploy/out-of-place.ts";
import type { Parameters } from "../../functions/deploy/parameters.ts";
import { deployed } from "../../functions/deploy/serverless.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { readYaml } from "../../shared/schema/json-document.ts";
import { allows, type Statement } from "./policy-reading.ts";

/** A target that asks nothing of AWS. */
const PLAIN = 'targets: [{ name: plain, type: kubernetes, labels: [plain], cluster: { server: "https://10.0.0.6" } }]';

let folder: string;
let usual: Parameters;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-parameters-"));
  const config = join(folder, "slipway.yml");
  await writeFile(config, `deployment: prod\n${PLAIN}\n`);
  usual = { config, name: "slipway-prod", subnets: "", securityGroups: "", alarmTopic: "", httpRate: 50 };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const refused: readonly (readonly [rule: string, given: Partial<Parameters>, message: RegExp])[] = [
  ["a name that makes a function's name too long", { name: "x".repeat(56) }, /at most 55/],
  ["a name that no stack may have", { name: "acme_etl" }, /--param name=/],
  ["a name that begins with a digit", { name: "2nd" }, /--param name=/],
  ["the bus that every account has already", { name: "default" }, /--param name=/],
  ["subnets that are no list", { subnets: "subnet-1", securityGroups: '["sg-1"]' }, /subnets wants a JSON list/],
  ["subnets without security groups", { subnets: '["subnet-1"]' }, /security_groups wants a JSON list/],
  ["security groups without subnets", { securityGroups: '["sg-1"]' }, /subnets wants a JSON list/],
  ["no topic to tell", { alarmTopic: "me@example.com" }, /alarm_topic wants the ARN/],
  ["a rate that lets nothing through", { httpRate: "0" }, /http_rate wants a number/],
  ["a rate that is none", { httpRate: "many" }, /http_rate wants a number/],
  ["a configuration elsewhere", { config: "s3://acme/slipway.yml" }, /wants the path of a file/],
  ["a configuration that is not there", { config: "nowhere.yml" }, /nowhere.yml can't be deployed:\n.*there is no such file/],
];

describe("refused", () => {
  it.each(refused)("%s", async (_rule, given, message) => {
    await expect(deployed({ ...usual, ...given })).rejects.toThrow(message);
  });

  it("more rights than a role holds, in the number of its characters", async () => {
    const target = (index: number) =>
      `  - { name: team-${index}, type: ecs, labels: [team-${index}], cluster: team-cluster-${index}, task_role_arn: "arn:aws:iam::123456789012:role/team-${index}" }`;
    const many = async (count: number) => {
      const config = join(folder, `${count}.yml`);
      await writeFile(config, `targets:\n${Array.from({ length: count }, (_, index) => target(index)).join("\n")}\n`);
      return deployed({ ...usual, config });
    };
    await expect(many(25)).resolves.toBeDefined();
    await expect(many(60)).rejects.toThrow(/function dispatch take \d+ characters/);
  });
});

test("a function in a network lets Lambda join it, and its own code call nothing of that", async () => {
  const { roles, vpc } = await deployed({ ...usual, subnets: '["subnet-1"]', securityGroups: '["sg-1"]' });
  expect(vpc).toEqual({ subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] });
  const call = { action: "ec2:CreateNetworkInterface", resource: "arn:aws:ec2:us-east-1:123456789012:network-interface/eni-1" };
  for (const [name, role] of Object.entries(roles)) {
    // What the framework joins is put together here as CloudFormation would.
    const text = JSON.stringify(role.Policies[0]?.PolicyDocument.Statement).replace(
      /\{"Fn::Join":\["",\[([^\]]*)\]\]\}/g,
      (_, parts: string) => `"${parts.replace(/\{"Ref":"[^"]*"\}/g, "x").replace(/[",]/g, "")}"`,
    );
    const statements: readonly Statement[] = JSON.parse(text);
    const inNetwork = name === "dispatch" || name === "sweep";
    expect([name, allows(statements, call)]).toEqual([name, inNetwork]);
    const itself = { "lambda:SourceFunctionArn": `arn:x:lambda:x:x:function:slipway-prod-${name}` };
    expect([name, allows(statements, { ...call, keys: itself })]).toEqual([name, false]);
    // Nobody writes to another's log, as AWS's own policy for such functions would allow.
    expect(allows(statements, { action: "logs:PutLogEvents", resource: "arn:x:logs:x:x:log-group:/aws/lambda/another:stream" })).toBe(
      false,
    );
  }
});

const told: readonly (readonly [rule: string, configuration: string, note: RegExp])[] = [
  ["a local target", "targets: [{ name: here, type: local }]", /^target here: a local process/],
  ["a Docker socket", 'targets: [{ name: box, type: docker, host: "unix:///var/run/docker.sock" }]', /^target box: .*ssh/],
  ["a kubeconfig in a file", "targets: [{ name: k, type: kubernetes, cluster: { kubeconfig: ~/.kube/config } }]", /^target k: .*secret/],
  [
    "the cluster around the function",
    "targets: [{ name: k, type: kubernetes, cluster: in_cluster }]",
    /^target k: a function runs in no cluster/,
  ],
  [
    "a secret in a file",
    `${PLAIN}\nhttp: { tokens: [{ name: a, secret: "file:/run/token", may: [read], targets: ["*"] }] }`,
    /^file:\/run\/token: .*secretsmanager:/,
  ],
  [
    "a secret in a variable",
    `${PLAIN}\nhttp: { tokens: [{ name: a, secret: "env:TOKEN", may: [read], targets: ["*"] }] }`,
    /^env:TOKEN: .*provider.environment/,
  ],
  ["a table of one's own", `${PLAIN}\ntable: mine`, /^table: not used/],
  ["a bus of one's own", `${PLAIN}\nnotify: mine`, /^notify: not used/],
];

describe("told of what a function can't make use of", () => {
  it.each(told)("%s", (_rule, text, note) => {
    const notes = outOfPlace(parseConfiguration(readYaml(text), launchers));
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(note);
  });

  it("and of nothing else", () => {
    const text = `
targets:
  - { name: k, type: kubernetes, cluster: { kubeconfig: "secretsmanager:slipway/kubeconfig" } }
  - { name: box, type: docker, labels: [b], host: "ssh://deploy@10.0.0.5", ssh: { private_key: "ssm:/slipway/box", host_keys: ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] } }
`;
    expect(outOfPlace(parseConfiguration(readYaml(text), launchers))).toEqual([]);
  });
});
