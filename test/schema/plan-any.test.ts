import fc from "fast-check";
import { expect, test } from "vitest";
import { templateReader } from "../../shared/adapters/template-reader.ts";
import { Refusal } from "../../shared/core/errors.ts";
import type { Json, JsonObject } from "../../shared/core/json.ts";
import { prepare } from "../../shared/core/prepare.ts";
import type { Configuration } from "../../shared/core/target.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { decodeMessage } from "../../shared/schema/message.ts";
import { CANARY, nearly, secretive } from "./arbitrary.ts";

const subnets = { networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } } };

const TARGETS: readonly JsonObject[] = [
  { name: "here", type: "local", env: { A: "a" }, command: ["a", "${run.id}"], working_dir: "/", max_parallel: 1 },
  { name: "there", type: "local", labels: ["l"], enforced_env: { A: "${flow.name}" }, timeout_seconds: 5, fallback: ["here"] },
  {
    name: "tasks",
    type: "ecs",
    region: "r",
    image: "i",
    execution_role_arn: "e",
    run_task_kwargs: subnets,
    secrets: { S: "ssm:/x" },
    tags: { t: "${image}" },
  },
  {
    name: "any",
    type: "ecs",
    labels: ["l"],
    launch_type: "EC2",
    task_definition: { containerDefinitions: [{ name: "flow" }] },
    allow: "*",
  },
  { name: "path", type: "ecs", labels: ["p"], task_definition_path: "templates/t.json", allow: { images: ["*"], task_roles: ["a*"] } },
  {
    name: "jobs",
    type: "kubernetes",
    cluster: { eks: { name: "n" } },
    job_template: { spec: { template: { spec: { serviceAccountName: "a" } } } },
    allow: { privileged: true, secrets: ["s"] },
  },
  { name: "vertex", type: "vertex", project: "p", region: "r", credentials: { type: "external_account" } },
  { name: "box", type: "docker", host: "ssh://u@h", ssh: { host_keys: ["SHA256:a"], private_key: "env:K" }, volumes: ["/a:/b"] },
];

const CONFIGURATIONS: readonly JsonObject[] = [
  { targets: TARGETS },
  { targets: [...TARGETS].reverse(), templates: { from: ["templates"] }, requests: { from: ["s3://bucket"] } },
  {
    targets: TARGETS.slice(2),
    schedules: [{ name: "n", cron: "0 3 * * *", request: { run_config: { type: "LocalRun" } } }],
    http: { tokens: [{ name: "t", secret: "env:T", may: ["read"], targets: ["*"] }], webhooks: [] },
    payloads: "gs://bucket/p",
    notify: "default",
  },
];

const common = { flow: { name: "f", version: 1 }, command: ["c"], parameters: { p: [1] }, timeout_seconds: 9 };
const REQUESTS: readonly JsonObject[] = [
  { ...common, run_config: { type: "UniversalRun", env: { A: 1, N: null } } },
  { ...common, target: "there", run_config: { type: "LocalRun", working_dir: "/w", labels: ["l"] } },
  { run_config: { type: "DockerRun", image: "i", ports: [80], host_config: { privileged: true } } },
  {
    run_config: {
      type: "KubernetesRun",
      job_template: "kind: Job\nspec: {template: {spec: {}}}",
      image: "i",
      cpu_limit: 1,
      image_pull_secrets: ["s"],
    },
  },
  { ...common, run_config: { type: "ECSRun", image: "i", cpu: "1 vcpu", memory: 2048, task_role_arn: "a", env: { A: "x" } } },
  {
    ...common,
    run_config: {
      type: "ECSRun",
      task_definition_arn: "a:1",
      labels: ["l"],
      run_task_kwargs: {
        overrides: { cpu: 1, containerOverrides: [{ name: "flow", environment: [{ name: "A", value: "x" }] }] },
        tags: [{ key: "a", value: "b" }],
      },
    },
  },
  {
    ...common,
    flow: { storage: { type: "Docker", image_name: "a", image_tag: "b" } },
    run_config: {
      type: "ECSRun",
      labels: ["l"],
      task_definition: {
        cpu: 256,
        memory: "512",
        networkMode: "awsvpc",
        containerDefinitions: [{ name: "flow", environment: [{ name: "A", value: "x" }], secrets: [] }],
      },
    },
  },
  { ...common, target: "path", run_config: { type: "ECSRun", task_definition_path: "s3://b/k" } },
  { run_config: { type: "VertexRun", worker_pool_specs: [{ a: 1 }, null], scheduling: { timeout: "5s" } } },
];

const parsed = (document: Json) => parseConfiguration(document, launchers);

/** What parsing, routing and planning say; a refusal's text where they refuse. Anything else that is thrown fails the test. */
async function planText(configured: () => Configuration, request: Json): Promise<string> {
  try {
    const configuration = configured();
    const message = decodeMessage(JSON.stringify(request), { messageId: "m" });
    if (message.kind !== "request") return "";
    const planning = {
      configuration,
      launchers,
      services: { stateFolder: "/state" },
      templates: templateReader(configuration.templates?.from ?? []),
    };
    const { plan } = await prepare(planning, message.request, 1);
    JSON.stringify(plan.calls);
    return "";
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

const values = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;

test("parsing, routing and planning throw nothing but refusals, for requests that are nearly right", async () => {
  const configurations = CONFIGURATIONS.map(parsed);
  const requests = fc.oneof(
    nearly(REQUESTS, values),
    nearly(REQUESTS, fc.constantFrom(...REQUESTS)),
    nearly(REQUESTS, fc.constantFrom<Json>("", [], {}, null, 0, "x", "here", ["l"], { name: "flow" })),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...configurations), requests, async (configuration, request) => {
      await planText(() => configuration, request);
    }),
    { numRuns: 3000 },
  );
});

test("and for configurations that are nearly right", async () => {
  const configurations = fc.oneof(
    nearly(CONFIGURATIONS, values),
    nearly(CONFIGURATIONS, fc.constantFrom<Json>("", [], {}, null, 0, "x", "${run.id}", "s3://b")),
  );
  await fc.assert(
    fc.asyncProperty(configurations, fc.constantFrom(...REQUESTS), async (configuration, request) => {
      await planText(() => parsed(configuration), request);
    }),
    { numRuns: 1000 },
  );
});

test("the documents that the above are near to reach a plan", async () => {
  const answers = await Promise.all(
    CONFIGURATIONS.flatMap((configuration) => REQUESTS.map((request) => planText(() => parsed(configuration), request))),
  );
  expect(answers.filter((answer) => answer === "").length).toBeGreaterThan(8);
  expect(answers.filter((answer) => answer.includes("unknown field"))).toEqual([]);
});

test("no refusal repeats an env value", async () => {
  const [configuration] = CONFIGURATIONS.map(parsed);
  if (configuration === undefined) throw new Error("expected a configuration");
  const requests = fc.tuple(fc.constantFrom(...REQUESTS), secretive, secretive).map(([request, one, two]): Json => {
    const run_config = request["run_config"] as JsonObject;
    return { ...request, run_config: { ...run_config, env: { A: one, B: typeof two === "string" ? two : "x" } } };
  });
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      expect(await planText(() => configuration, request)).not.toContain(CANARY);
    }),
    { numRuns: 500 },
  );
});
