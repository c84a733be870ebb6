/** The schedule function over the embedded table and queue, handed what EventBridge hands a function. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Composition, compose } from "../../functions/compose.ts";
import { prepareEmbeddedQueue, prepareEmbeddedTable } from "../../functions/composition/embedded.ts";
import { type Emulators, startEmulators } from "../../functions/local/emulators.ts";
import { lambdaContext } from "../../functions/local/lambda-context.ts";
import { scheduleHandler } from "../../functions/schedule.ts";
import { jsonLog } from "../../shared/adapters/log.ts";
import { tableReader } from "../support/table-reader.ts";
import { START } from "../support/virtual-clock.ts";

const HOUR = 3_600_000;
const REQUEST = { command: ["true"], run_config: { type: "LocalRun" } };

let folder: string;
let emulators: Emulators;
let composed: Composition;
let now = START;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-schedule-"));
  emulators = await startEmulators(join(folder, "data"));
  const { dynamodb, sqs } = emulators.endpoints;
  const schedules = [
    { name: "hourly", cron: "0 * * * *", request: REQUEST },
    { name: "nightly", cron: "0 3 * * *", timezone: "Europe/Berlin", request: REQUEST },
  ];
  composed = await compose({
    environment: {},
    settings: {
      config: JSON.stringify({ targets: [{ name: "here", type: "local" }], schedules }),
      table: await prepareEmbeddedTable(dynamodb, { repair: false }),
      queue: await prepareEmbeddedQueue(sqs, 30),
      state: folder,
      endpoints: {},
      isFunction: false,
      isLambda: false,
    },
    embedded: { dynamodb, sqs },
    log: jsonLog("silent"),
    clock: { now: () => now, sleep: () => Promise.resolve(), random: () => 0.5 },
  });
});
afterAll(async () => {
  await emulators.stop();
  await rm(folder, { recursive: true });
});

const handler = scheduleHandler(async () => composed);
const invoke = (event: unknown, awsRequestId: string = crypto.randomUUID()) =>
  handler(event, { ...lambdaContext("schedule", 30), awsRequestId });

/** What is on the queue; it is empty afterwards. */
async function enqueued(count: number): Promise<unknown[]> {
  const bodies: unknown[] = [];
  const { consumer } = composed;
  if (consumer === undefined) throw new Error("the queue is not one to read from");
  while (bodies.length < count) {
    const messages = await consumer.receive(AbortSignal.timeout(5000));
    await consumer.remove(messages.map(({ ReceiptHandle = "" }) => ReceiptHandle));
    bodies.push(...messages.map(({ Body = "" }): unknown => JSON.parse(Body)));
  }
  return bodies;
}

const RULE = {
  version: "0",
  id: "1",
  source: "aws.events",
  "detail-type": "Scheduled Event",
  detail: {},
  resources: ["arn:aws:events:eu-west-1:1:rule/tick"],
};

test.each([
  ["a rule's event", RULE],
  ["the event of EventBridge Scheduler, whose detail is a text", { ...RULE, source: "aws.scheduler", detail: "{}" }],
  ["an empty input", {}],
])("%s is a tick", async (_what, event) => {
  now += HOUR;
  const first = await invoke(event);
  expect(first).toMatchObject({ ticked: expect.any(Array) });
  now += HOUR;
  const due = new Date(now).toISOString();
  expect(await invoke(event)).toEqual({ ticked: [expect.objectContaining({ schedule: "hourly", outcome: "fired", due, missed: 0 })] });
  const [last] = (await enqueued("ticked" in first && first.ticked.some(({ outcome }) => outcome === "fired") ? 2 : 1)).slice(-1);
  expect(last).toEqual({ id: `hourly-${due.replace(".000", "").replaceAll(/[-:]/g, "")}`, ...REQUEST });
  expect(await invoke(event)).toEqual({ ticked: [] });
});

test("the tick of a night enqueues the nightly run in its own time zone", async () => {
  now = Date.UTC(2026, 0, 6, 1, 59);
  await invoke(RULE);
  now = Date.UTC(2026, 0, 6, 2);
  await invoke(RULE);
  const ids = (await enqueued(3)).map((body) => (body as { id: string }).id);
  expect(ids.slice(1).toSorted()).toEqual(["hourly-20260106T020000Z", "nightly-20260106T020000Z"]);
});

const ARN = "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/weekly";

test.each<[string, unknown, unknown]>([
  ["a run request with an id", { id: "given", ...REQUEST }, { id: "given", ...REQUEST }],
  ["a run request without one, named by the invocation", REQUEST, { id: "invocation", ...REQUEST }],
  ["a bare run config", { type: "LocalRun", env: {} }, { id: "invocation", run_config: { type: "LocalRun", env: {} } }],
  [
    "a run request with its schedule and due time, named by both",
    { schedule: ARN, due: "2026-11-22T03:00:00Z", request: REQUEST },
    { id: "weekly-20261122T030000Z", ...REQUEST },
  ],
  ["a cancel", { cancel: { id: "other" } }, { cancel: { id: "other" } }],
  [
    "a pointer",
    { schedule: ARN, due: "2026-11-22T03:00:00Z", request: { request_path: "s3://bucket/r.json" } },
    { "detail-type": "Scheduled Event", id: "weekly-20261122T030000Z", detail: { request_path: "s3://bucket/r.json" } },
  ],
])("%s is enqueued; the same invocation again enqueues the same", async (_what, event, body) => {
  expect(await invoke(event, "invocation")).toMatchObject({ outcome: "enqueued" });
  await invoke(event, "invocation");
  expect(await enqueued(2)).toEqual([body, body]);
});

test.each<[string, unknown, string]>([
  ["no run request", { command: ["true"] }, "INVALID_REQUEST"],
  ["a list", [], "INVALID_MESSAGE"],
  ["a due time that is none", { schedule: ARN, due: "tonight", request: REQUEST }, "INVALID_MESSAGE"],
  ["an unknown field beside the due time", { schedule: ARN, due: "2026-11-22T03:00:00Z", requset: 1, request: REQUEST }, "INVALID_MESSAGE"],
])("%s is kept in quarantine, and not invoked again", async (_what, event, code) => {
  expect(await invoke(event)).toEqual({ outcome: "quarantined", code });
  const kept = await tableReader(emulators.endpoints.dynamodb, "slipway-runs").quarantined();
  expect(kept.map((item) => item["code"])).toContain(code);
});
