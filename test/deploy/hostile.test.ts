/** The built functions where things are not as they should be: events of another kind, a wrong environment, processes that were frozen. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { prepareEmbeddedPayloads, prepareEmbeddedQueue, prepareEmbeddedTable } from "../../functions/composition/embedded.ts";
import { buildFunctions } from "../../functions/deploy/build.ts";
import { FUNCTION_NAMES, type FunctionName } from "../../functions/deploy/rights.ts";
import { type Emulators, startEmulators } from "../../functions/local/emulators.ts";
import { type EcsDouble, startEcsDouble } from "../doubles/ecs/ecs-double.ts";
import type { HttpDouble } from "../support/http-double.ts";
import { tableReader } from "../support/table-reader.ts";
import { batch, httpRequest, request, TICK } from "./events.ts";
import { type Invoked, type Lambda, startLambda } from "./lambda.ts";
import { startRecorder } from "./recorder.ts";

const CONFIGURATION = JSON.stringify({
  deployment: "prod",
  targets: [
    {
      name: "prod",
      type: "ecs",
      region: "us-east-1",
      image: "docker.io/acme/etl:1",
      run_task_kwargs: { networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } } },
    },
  ],
  http: { tokens: [{ name: "all", secret: "env:TOKEN", may: ["read"], targets: ["*"] }] },
});
const TOKEN = "correct-horse-battery-staple-0123456789";

let root: string;
let ecs: EcsDouble;
let emulators: Emulators;
let environment: Readonly<Record<string, string>>;
let table: ReturnType<typeof tableReader>;
const gates: HttpDouble[] = [];
const started: Lambda[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-hostile-"));
  await mkdir(join(root, "dist"));
  await buildFunctions(join(root, "dist/functions"));
  ecs = await startEcsDouble({});
  emulators = await startEmulators(join(root, "emulators"));
  const { dynamodb, sqs, s3 } = emulators.endpoints;
  const name = await prepareEmbeddedTable(dynamodb, { repair: false });
  table = tableReader(dynamodb, name);
  const gate = async (endpoint: string) => {
    const opened = await startRecorder(endpoint, () => undefined);
    gates.push(opened);
    return opened.endpoint;
  };
  environment = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "any",
    AWS_SECRET_ACCESS_KEY: "any",
    SLIPWAY_CONFIG: CONFIGURATION,
    SLIPWAY_TABLE: name,
    SLIPWAY_QUEUE: await prepareEmbeddedQueue(sqs, 360),
    SLIPWAY_PAYLOADS: await prepareEmbeddedPayloads(s3),
    TOKEN,
    AWS_ENDPOINT_URL_DYNAMODB: await gate(dynamodb),
    AWS_ENDPOINT_URL_SQS: await gate(sqs),
    AWS_ENDPOINT_URL_ECS: await gate(ecs.endpoint),
  };
}, 120_000);

afterAll(async () => {
  await Promise.all(started.map((lambda) => lambda.end()));
  await Promise.all(gates.map((gate) => gate.stop()));
  await emulators.stop();
  await ecs.close();
  await rm(root, { recursive: true, force: true });
});

async function start(name: FunctionName, changes: Readonly<Record<string, string>> = {}): Promise<Lambda> {
  const lambda = await startLambda(root, name, { ...environment, ...changes });
  started.push(lambda);
  return lambda;
}

/** What a person reads of an invocation: what it said in the log, and what it ended with. */
function read(lambda: Lambda, { result, error }: Invoked): string {
  return [...lambda.log, JSON.stringify(result), error].join("\n");
}

const EVENTS: Readonly<Record<FunctionName, unknown>> = {
  dispatch: batch(request("hostile-1")),
  webhook: httpRequest(TOKEN, "GET", "/runs"),
  schedule: TICK,
  observe: { source: "aws.ecs", "detail-type": "ECS Task State Change", detail: {} },
  sweep: TICK,
};

const WRONG: readonly (readonly [rule: string, changes: Readonly<Record<string, string>>, said: string])[] = [
  ["no table", { SLIPWAY_TABLE: "" }, "set SLIPWAY_TABLE"],
  ["no queue", { SLIPWAY_QUEUE: "" }, "set SLIPWAY_QUEUE"],
  ["what is no queue", { SLIPWAY_QUEUE: "slipway-prod" }, "SLIPWAY_QUEUE: expected an SQS queue's URL"],
  ["what is no bus", { SLIPWAY_NOTIFY: "the bus" }, "SLIPWAY_NOTIFY: expected the name or the ARN of an event bus"],
  ["what is no place for payloads", { SLIPWAY_PAYLOADS: "bucket" }, "SLIPWAY_PAYLOADS: expected s3://"],
  ["no configuration", { SLIPWAY_CONFIG: "" }, "SLIPWAY_CONFIG is not set"],
  ["a configuration that is not there", { SLIPWAY_CONFIG: "dist/functions/slipwey.json" }, "slipwey.json: there is no such file"],
  ["one that is wrong", { SLIPWAY_CONFIG: '{"targets": [{"name": "x", "type": "ecz"}]}' }, "targets[0].type"],
];

describe.each(WRONG)("%s", (_rule, changes, said) => {
  it.each(FUNCTION_NAMES)("%s says so in its log, and to no client", async (name) => {
    const lambda = await start(name, changes);
    const invoked = await lambda.invoke(EVENTS[name], 30);
    expect(lambda.log.join("\n").replaceAll('\\"', '"')).toContain(said);
    if (name !== "webhook") expect(invoked.error?.replaceAll('\\"', '"')).toContain(said);
    else {
      expect(invoked).toMatchObject({ result: { statusCode: 500 } });
      expect(JSON.stringify(invoked.result)).not.toContain(said);
    }
    expect(read(lambda, invoked)).not.toContain(TOKEN);
  });
});

test("what failed to be composed is composed anew by the next event of the same process", async () => {
  const path = join(root, "late.json");
  const dispatch = await start("dispatch", { SLIPWAY_CONFIG: path });
  const event = batch(request("composed-late"));
  expect((await dispatch.invoke(event, 60)).error).toContain("there is no such file");
  await writeFile(path, CONFIGURATION);
  expect(await dispatch.invoke(event, 60)).toMatchObject({ result: { batchItemFailures: [] } });
  expect((await table.runs()).find((run) => run["id"] === "composed-late")).toMatchObject({ state: "LAUNCHED" });
});

describe("events of another kind", () => {
  it.each([
    ["a run request itself", JSON.parse(request("direct"))],
    ["S3's", { Records: [{ eventSource: "aws:s3", s3: {} }] }],
    ["SNS's", { Records: [{ EventSource: "aws:sns", Sns: { Message: "{}" } }] }],
    ["nothing", null],
  ])("dispatch refuses %s, and says what it takes", async (_kind, event) => {
    const dispatch = await start("dispatch");
    expect((await dispatch.invoke(event, 60)).error).toContain("takes batches of an SQS queue");
    expect((await table.runs()).filter((run) => run["id"] === "direct")).toEqual([]);
  });

  it("observe takes notice of none", async () => {
    const observe = await start("observe");
    for (const event of [{}, { Records: [] }, { source: "aws.ecs", "detail-type": "ECS Task State Change", detail: null }])
      expect(await observe.invoke(event, 30)).toMatchObject({ result: { outcome: "of no run" } });
  });

  it("schedule keeps what is no run request in quarantine, and counts it", async () => {
    const schedule = await start("schedule");
    expect(await schedule.invoke({ Records: [{ eventSource: "aws:s3" }] }, 30)).toMatchObject({ result: { outcome: "quarantined" } });
    expect(schedule.log.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining({ quarantined: 1, service: "prod" }));
  });
});

test("of a batch of rubbish with one run in it the run is launched, and each other is kept", async () => {
  const before = (await table.quarantined()).length;
  const rubbish = [
    "",
    "null",
    "\u0000",
    "[".repeat(20_000) + "]".repeat(20_000),
    JSON.stringify({ run_config: { type: "ECSRun", env: { A: "x".repeat(1_100_000) } } }),
    '{"__proto__": {"a": 1}, "run_config": {"type": "ECSRun"}}',
    '{"run_config": {"type": "ECSRun", "env": {"A": {}}}}',
    '{"message": {"data": "%%%"}}',
    '{"run_config": {"type": "NoSuchRun"}}',
  ];
  const dispatch = await start("dispatch");
  expect(await dispatch.invoke(batch(...rubbish, request("amid-rubbish")), 60)).toMatchObject({ result: { batchItemFailures: [] } });
  expect((await table.runs()).find((run) => run["id"] === "amid-rubbish")).toMatchObject({ state: "LAUNCHED" });
  expect((await table.quarantined()).length).toBe(before + rubbish.length);
});

test("two cold functions with the same batch launch each run once", async () => {
  const ids = ["twice-1", "twice-2", "twice-3"];
  const event = batch(...ids.map(request));
  const before = ecs.tasks().length;
  const both = await Promise.all([start("dispatch"), start("dispatch")]);
  const answers = await Promise.all(both.map((dispatch) => dispatch.invoke(event, 60)));
  for (const answer of answers) expect(answer).toMatchObject({ result: { batchItemFailures: [] } });
  expect(ecs.tasks().length).toBe(before + ids.length);
});

test("connections that ended while the process was frozen cost no message", async () => {
  const dispatch = await start("dispatch");
  for (let times = 0; times < 3; times++) {
    const ids = [`thawed-${times}-1`, `thawed-${times}-2`];
    expect(await dispatch.invoke(batch(...ids.map(request)), 60)).toMatchObject({ result: { batchItemFailures: [] } });
    for (const id of ids) expect((await table.runs()).find((run) => run["id"] === id)).toMatchObject({ state: "LAUNCHED", attempt: 1 });
    dispatch.freeze();
    for (const gate of gates) gate.hangUp();
    dispatch.thaw();
  }
});
