/** The packaged zip, unpacked into an empty folder: its handlers take real events, and load what they need when they need it. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareEmbeddedPayloads, prepareEmbeddedQueue, prepareEmbeddedTable } from "../../functions/composition/embedded.ts";
import { loadConfiguration } from "../../functions/composition/planning.ts";
import { OWN_RIGHTS } from "../../functions/deploy/own-rights.ts";
import { configuredRights, FUNCTION_NAMES, type FunctionName } from "../../functions/deploy/rights.ts";
import { type Emulators, startEmulators } from "../../functions/local/emulators.ts";
import { runKey } from "../../shared/core/identity.ts";
import { type EcsDouble, startEcsDouble } from "../doubles/ecs/ecs-double.ts";
import { type EventBridgeServer, startEventBridge } from "../doubles/eventbridge/server.ts";
import type { HttpDouble } from "../support/http-double.ts";
import { tableReader } from "../support/table-reader.ts";
import { batch, httpRequest, largeRequest, request, TICK } from "./events.ts";
import { type Lambda, startLambda } from "./lambda.ts";
import { packaged, unpacked } from "./package.ts";
import { type AskedFor, startRecorder } from "./recorder.ts";
import { BY_OTHERS, ELSEWHERE } from "./unseen-rights.ts";

const TOKEN = "correct-horse-battery-staple-0123456789";
const TEMPLATE = `
family: from-a-file
cpu: "512"
memory: "1024"
networkMode: awsvpc
requiresCompatibilities: [FARGATE]
containerDefinitions: [{ name: flow, image: docker.io/acme/other:2 }]
`;

let ecs: EcsDouble;
let events: EventBridgeServer;
let emulators: Emulators;
let folder: string;
let root: string;
let environment: Readonly<Record<string, string>>;
let endpoints: Readonly<Record<string, string>>;
const gates: HttpDouble[] = [];
/** What each function called. */
const called = new Map<FunctionName, AskedFor[]>(FUNCTION_NAMES.map((name) => [name, []]));
let table: ReturnType<typeof tableReader>;
const started: Lambda[] = [];

beforeAll(async () => {
  ecs = await startEcsDouble({});
  events = await startEventBridge(["runs"]);
  folder = await packaged(
    `
deployment: prod
targets:
  - name: prod
    type: ecs
    region: us-east-1
    cluster: default
    image: docker.io/acme/etl:1
    run_task_kwargs: { networkConfiguration: { awsvpcConfiguration: { subnets: [subnet-1] } } }
  - { name: box, type: docker, labels: [box], host: "unix:///nowhere.sock" }
  - { name: remote, type: docker, labels: [remote], host: "ssh://nobody@127.0.0.1:9", ssh: { private_key: "env:TOKEN", host_keys: ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] } }
  - { name: kube, type: kubernetes, labels: [kube], cluster: { server: "https://127.0.0.1:9", token: "env:TOKEN" } }
  - { name: ai, type: vertex, labels: [ai], project: acme, region: europe-west4, endpoint: "http://127.0.0.1:9" }
schedules: [{ name: minutely, cron: "* * * * *", timezone: UTC, request: { command: [work], run_config: { type: ECSRun } } }]
templates: { from: [templates] }
http: { tokens: [{ name: scheduler, secret: "env:TOKEN", may: [submit, read, cancel], targets: ["*"] }] }
`,
    [],
    { "templates/etl/task.yml": TEMPLATE, "templates/notes.txt": "not a template" },
  );
  root = await unpacked(folder);
  emulators = await startEmulators(join(folder, "emulators"));
  const { dynamodb, sqs, s3 } = emulators.endpoints;
  const name = await prepareEmbeddedTable(dynamodb, { repair: false });
  table = tableReader(dynamodb, name);
  endpoints = {
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_SQS: sqs,
    AWS_ENDPOINT_URL_S3: s3,
    AWS_ENDPOINT_URL_EVENTBRIDGE: events.endpoint,
    AWS_ENDPOINT_URL_ECS: ecs.endpoint,
  };
  environment = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "any",
    AWS_SECRET_ACCESS_KEY: "any",
    // As serverless.yml sets them.
    SLIPWAY_CONFIG: "dist/functions/slipway.json",
    SLIPWAY_TABLE: name,
    SLIPWAY_QUEUE: await prepareEmbeddedQueue(sqs, 360),
    SLIPWAY_PAYLOADS: await prepareEmbeddedPayloads(s3),
    SLIPWAY_NOTIFY: "arn:aws:events:us-east-1:000000000000:event-bus/runs",
    TOKEN,
  };
}, 180_000);

afterAll(async () => {
  await Promise.all(started.map((lambda) => lambda.end()));
  await Promise.all(gates.map((gate) => gate.stop()));
  await emulators.stop();
  await events.stop();
  await ecs.close();
  for (const each of [folder, root]) await rm(each, { recursive: true, force: true });
});

async function start(name: FunctionName): Promise<Lambda> {
  const own: Record<string, string> = {};
  for (const [variable, endpoint] of Object.entries(endpoints)) {
    const gate = await startRecorder(endpoint, (call) => called.get(name)?.push(call));
    gates.push(gate);
    own[variable] = gate.endpoint;
  }
  const lambda = await startLambda(root, name, { ...environment, ...own });
  started.push(lambda);
  return lambda;
}

/** The packages that the loaded files of the build were made of. */
async function packagesIn(loaded: readonly string[]): Promise<ReadonlySet<string>> {
  const maps = await readdir(join(root, "dist/functions"), { recursive: true });
  const found = new Set<string>();
  for (const file of loaded) {
    const map = maps.find((path) => path.endsWith(`${file}.map`));
    if (map === undefined) continue;
    const { sources }: { sources: readonly string[] } = JSON.parse(await readFile(join(root, "dist/functions", map), "utf8"));
    for (const source of sources) {
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
      if (name !== undefined) found.add(name);
    }
  }
  return found;
}

/** What only a launcher, or a rare service, needs. */
const LATER =
  /^(@aws-sdk\/client-(ecs|eks|s3|eventbridge|secrets-manager|ssm)|@google-cloud\/.*|@kubernetes\/.*|google-gax|dockerode|ssh2)$/;

test("the package holds the functions and the configuration, and nothing else", async () => {
  expect(await readdir(root)).toEqual(["dist"]);
  expect(await readdir(join(root, "dist"))).toEqual(["functions"]);
  expect(await readdir(join(root, "dist/functions"))).toContain("slipway.json");
});

test("dispatch: a batch with a run and with what is none; no launcher's SDK is loaded before the first run", async () => {
  const dispatch = await start("dispatch");
  expect([...(await packagesIn(dispatch.cold))].filter((name) => LATER.test(name))).toEqual([]);
  expect((await packagesIn(dispatch.cold)).has("@aws-sdk/client-dynamodb")).toBe(true);
  const first = await dispatch.invoke(batch("no JSON", JSON.stringify({ run: "nobody" })), 60);
  expect(first).toMatchObject({ result: { batchItemFailures: [] } });
  expect([...(await packagesIn(first.loaded))].filter((name) => LATER.test(name))).toEqual([]);
  const second = await dispatch.invoke(batch(request("packaged-1"), "no JSON either"), 60);
  expect(second).toMatchObject({ result: { batchItemFailures: [] } });
  expect(ecs.tasks().length).toBe(1);
  expect((await table.runs()).find((run) => run["id"] === "packaged-1")).toMatchObject({ state: "LAUNCHED", target: "prod" });
  expect(events.bus.taken.map(({ detail }) => JSON.parse(detail).type)).toEqual(["slipway.run.launched"]);
  const later = [...(await packagesIn(second.loaded))].filter((name) => LATER.test(name));
  expect(later.toSorted()).toEqual(["@aws-sdk/client-ecs", "@aws-sdk/client-eventbridge"]);
  const logged = dispatch.log.map((line) => JSON.parse(line));
  expect(logged).toContainEqual(expect.objectContaining({ event: "message", outcome: "launched", id: "packaged-1", target: "prod" }));
  expect(dispatch.log.join()).not.toContain(TOKEN);
});

test("dispatch: a template of the configuration's folder is in the package, and nothing else of that folder", async () => {
  const dispatch = await start("dispatch");
  const ask = (id: string, path: string) =>
    JSON.stringify({ id, command: ["work"], run_config: { type: "ECSRun", task_definition_path: path } });
  // As it was written for the checkout, where the folder is beside the configuration.
  await dispatch.invoke(
    batch(ask("packaged-7", "etl/task.yml"), ask("packaged-8", "templates/etl/task.yml"), ask("packaged-9", "notes.txt")),
    60,
  );
  const runs = await table.runs();
  for (const id of ["packaged-7", "packaged-8"]) expect(runs.find((run) => run["id"] === id)).toMatchObject({ state: "LAUNCHED" });
  expect(runs.find((run) => run["id"] === "packaged-9")).toMatchObject({ state: "REJECTED", error: { code: "TEMPLATE_NOT_FOUND" } });
});

test("dispatch: a message for which the invocation has no time left is given back, and launched by the next", async () => {
  const dispatch = await start("dispatch");
  const late = batch(request("packaged-2"));
  expect(await dispatch.invoke(late, 5)).toMatchObject({ result: { batchItemFailures: [{ itemIdentifier: late.Records[0]?.messageId }] } });
  expect((await table.runs()).filter((run) => run["id"] === "packaged-2")).toEqual([]);
  expect(await dispatch.invoke(late, 60)).toMatchObject({ result: { batchItemFailures: [] } });
  expect((await table.runs()).find((run) => run["id"] === "packaged-2")).toMatchObject({ state: "LAUNCHED" });
});

test("webhook: a run over HTTP is accepted, and read again", async () => {
  const webhook = await start("webhook");
  expect([...(await packagesIn(webhook.cold))].filter((name) => LATER.test(name))).toEqual([]);
  const posted = await webhook.invoke(httpRequest(TOKEN, "POST", "/runs", JSON.parse(request("packaged-3"))), 29);
  expect(posted).toMatchObject({ result: { statusCode: 202 } });
  expect((await table.runs()).find((run) => run["id"] === "packaged-3")).toMatchObject({ state: "ACCEPTED" });
  expect(await webhook.invoke(httpRequest(TOKEN, "GET", "/runs/packaged-3"), 29)).toMatchObject({ result: { statusCode: 200 } });
  expect(await webhook.invoke(httpRequest(TOKEN, "GET", "/healthz"), 29)).toMatchObject({ result: { statusCode: 200 } });
  for (const [path, text] of [
    ["/", "<title>Slipway</title>"],
    ["/console/main.js", "signInByAddress"],
  ] as const) {
    expect(await webhook.invoke(httpRequest(TOKEN, "GET", path), 29)).toMatchObject({
      result: { statusCode: 200, body: expect.stringContaining(text), isBase64Encoded: false },
    });
  }
  expect(await webhook.invoke(httpRequest(TOKEN, "GET", "/runs"), 29)).toMatchObject({ result: { statusCode: 200 } });
  expect(await webhook.invoke(httpRequest(TOKEN, "POST", "/runs", largeRequest("packaged-6")), 29)).toMatchObject({
    result: { statusCode: 202 },
  });
});

test("schedule: a tick, and a run request as the schedule's input", async () => {
  const schedule = await start("schedule");
  expect([...(await packagesIn(schedule.cold))].filter((name) => LATER.test(name))).toEqual([]);
  // The first tick begins to count: nothing is due yet.
  expect(await schedule.invoke(TICK, 30)).toMatchObject({ result: { ticked: expect.any(Array) } });
  expect(await schedule.invoke({ run_config: { type: "NoSuchRun" } }, 30)).toMatchObject({ result: { outcome: "quarantined" } });
  expect(await schedule.invoke(JSON.parse(request("packaged-4")), 30)).toMatchObject({ result: { outcome: "enqueued", id: "packaged-4" } });
});

test("observe: what ECS tells of a task is folded into its run, whose end is told", async () => {
  const observe = await start("observe");
  expect([...(await packagesIn(observe.cold))].filter((name) => LATER.test(name))).toEqual([]);
  const task = ecs.tasks().find(({ startedBy }) => startedBy?.includes(runKey("packaged-1")));
  ecs.finish(task?.arn ?? "", { exitCode: 3 });
  const stopped = ecs.events.findLast(({ detail }) => detail.taskArn === task?.arn);
  expect(await observe.invoke(stopped, 30)).toMatchObject({ result: { outcome: "folded in", id: "packaged-1", state: "FAILED" } });
  expect(await observe.invoke(stopped, 30)).toMatchObject({ result: { outcome: "nothing new" } });
  expect((await table.runs()).find((run) => run["id"] === "packaged-1")).toMatchObject({ state: "FAILED", exit_code: 3 });
  expect(JSON.parse(events.bus.taken.at(-1)?.detail ?? "")).toMatchObject({ type: "slipway.run.failed", subject: "packaged-1" });
});

test("sweep: a tick looks after what can be reached, with every launcher's library, and says what can't", async () => {
  const sweep = await start("sweep");
  expect([...(await packagesIn(sweep.cold))].filter((name) => LATER.test(name))).toEqual([]);
  const { result, loaded } = await sweep.invoke(TICK, 30);
  expect(result).toMatchObject({ complete: true });
  const { problems }: { problems: readonly { target: string; message: string }[] } = JSON.parse(JSON.stringify(result));
  expect(problems.map(({ target }) => target).toSorted()).toEqual(["ai", "box", "kube", "remote"]);
  for (const { message } of problems) expect(message).not.toMatch(/is not defined|is not a function|Cannot find|not supported|undefined/);
  const libraries = [...(await packagesIn(loaded))].filter((name) => LATER.test(name));
  expect(libraries).toEqual(
    expect.arrayContaining(["@aws-sdk/client-ecs", "@google-cloud/aiplatform", "@kubernetes/client-node", "dockerode", "ssh2"]),
  );
});

test("dispatch: large requests are kept among the payloads and found there; a cancel stops what was launched", async () => {
  const dispatch = await start("dispatch");
  const messages = [largeRequest("packaged-5"), { run: "packaged-6" }, { cancel: { id: "packaged-2" } }];
  const invoked = await dispatch.invoke(batch(...messages.map((message) => JSON.stringify(message))), 60);
  expect(invoked).toMatchObject({ result: { batchItemFailures: [] } });
  const runs = await table.runs();
  // Kept, read again, and too long for what ECS takes in one call.
  for (const id of ["packaged-5", "packaged-6"])
    expect(runs.find((run) => run["id"] === id)).toMatchObject({ state: "REJECTED", error: { code: "OVERRIDES_TOO_LONG" } });
});

test.each(FUNCTION_NAMES)("%s called nothing that its role does not allow, of no index that it may not ask", async (name) => {
  const { functions } = configuredRights(await loadConfiguration(join(folder, "slipway.yml")));
  const rights = [...OWN_RIGHTS[name], ...functions[name]];
  const allows = ({ action, index }: AskedFor) =>
    rights.some(
      ({ actions, resources }) =>
        actions.includes(action) &&
        (index === undefined
          ? !resources.every((arn) => arn.includes("/index/"))
          : resources.some((arn) => arn.endsWith(`/index/${index}`))),
    );
  const calls = called.get(name) ?? [];
  expect(calls.length).toBeGreaterThan(0);
  expect([...new Set(calls.filter((call) => !allows(call)).map((call) => JSON.stringify(call)))]).toEqual([]);
  const seen = new Set(calls.map(({ action }) => action));
  const allowed = rights.flatMap(({ actions }) => actions);
  // A busy machine may bring a sweep to runs that are due only then.
  expect(allowed.filter((action) => !seen.has(action) && !(action in BY_OTHERS) && !(action in ELSEWHERE[name]))).toEqual([]);
  expect(Object.keys(ELSEWHERE[name]).filter((action) => !allowed.includes(action))).toEqual([]);
});
