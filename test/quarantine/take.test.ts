/** Messages that ended up among the dead letters of SQS are taken into quarantine, and launched once, whatever became of them before. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { GetQueueAttributesCommand, type Message, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Composition, compose } from "../../functions/compose.ts";
import {
  embeddedDeadLetters,
  prepareEmbeddedPayloads,
  prepareEmbeddedQueue,
  prepareEmbeddedTable,
} from "../../functions/composition/embedded.ts";
import { dispatchHandler } from "../../functions/dispatch.ts";
import { type Emulators, startEmulators } from "../../functions/local/emulators.ts";
import { lambdaContext } from "../../functions/local/lambda-context.ts";
import { jsonLog } from "../../shared/adapters/log.ts";
import { type EcsDouble, startEcsDouble } from "../doubles/ecs/ecs-double.ts";
import { recordFor } from "../harness/world.ts";
import { tableReader } from "../support/table-reader.ts";

let folder: string;
let emulators: Emulators;
let ecs: EcsDouble;
let composed: Composition;
let client: SQSClient;
let queue: string;
let deadLetters: string;
let payloads: string;
let table: string;

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIATESTER", AWS_SECRET_ACCESS_KEY: "secret" });
  folder = await mkdtemp(join(tmpdir(), "slipway-take-"));
  ecs = await startEcsDouble({});
  emulators = await startEmulators(join(folder, "data"));
  const { dynamodb, sqs, s3 } = emulators.endpoints;
  client = new SQSClient({ endpoint: sqs, region: "us-east-1", credentials: { accessKeyId: "any", secretAccessKey: "any" } });
  queue = await prepareEmbeddedQueue(sqs, 30);
  deadLetters = await embeddedDeadLetters(sqs);
  payloads = await prepareEmbeddedPayloads(s3);
  table = await prepareEmbeddedTable(dynamodb, { repair: false });
  const target = {
    name: "prod",
    type: "ecs",
    endpoint: ecs.endpoint,
    region: "us-east-1",
    image: "docker.io/acme/etl:1",
    run_task_kwargs: { networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } } },
  };
  composed = await compose({
    environment: {},
    settings: {
      config: JSON.stringify({ targets: [target] }),
      table,
      queue,
      endpoints: {},
      isFunction: true,
      isLambda: false,
    },
    embedded: { dynamodb, sqs, s3, payloads },
    log: jsonLog("silent"),
  });
});

afterAll(async () => {
  client.destroy();
  await emulators.stop();
  await ecs.close();
  await rm(folder, { recursive: true });
});

/** Received, and visible again after so many seconds. */
async function received(from: string, VisibilityTimeout = 30): Promise<readonly Message[]> {
  const input = { QueueUrl: from, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout };
  return (await client.send(new ReceiveMessageCommand(input))).Messages ?? [];
}

/** A batch as Lambda hands it over. */
async function dispatch(messages: readonly Message[]) {
  const Records = messages.map(({ MessageId = "", Body = "" }) => recordFor({ id: MessageId, body: Body, receives: 1, visibleAt: 0 }));
  return dispatchHandler(async () => composed)({ Records }, lambdaContext("dispatch", 60));
}

/** Sends a message, and has `meanwhile` happen when it is received first; then it is received in vain until SQS gives it up. */
async function endedUp(
  body: string,
  meanwhile: (messages: readonly Message[]) => Promise<unknown> = async () => undefined,
): Promise<string> {
  const { MessageId = "" } = await client.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: body }));
  await meanwhile(await received(queue, 0));
  const before = await waiting();
  while ((await waiting()) === before) await received(queue, 0);
  return MessageId;
}

async function cli(...args: readonly string[]): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  const { dynamodb, sqs, s3 } = emulators.endpoints;
  const env = {
    PATH: process.env["PATH"],
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "AKIATESTER",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_SQS: sqs,
    AWS_ENDPOINT_URL_S3: s3,
    SLIPWAY_TABLE: table,
    SLIPWAY_QUEUE: queue,
  };
  const slipway = resolve("functions/cli/slipway.mjs");
  return promisify(execFile)(process.execPath, [slipway, ...args], { env, cwd: folder }).then(
    (done) => ({ status: 0, ...done }),
    (error: { code: number; stdout: string; stderr: string }) => ({ status: error.code, stdout: error.stdout, stderr: error.stderr }),
  );
}

async function waiting(): Promise<number> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: deadLetters,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
}

const BARE = JSON.stringify({ command: ["work"], run_config: { type: "ECSRun" } });

test("a request without an id that was launched before its function ended is not launched again; the same that was not, is", async () => {
  const launched = await endedUp(BARE, async (messages) => expect(await dispatch(messages)).toEqual({ batchItemFailures: [] }));
  const untouched = await endedUp(BARE);
  expect(ecs.tasks()).toHaveLength(1);
  expect(await waiting()).toBe(2);

  const taken = await cli("quarantine", "take", deadLetters, "--json");
  expect(taken).toMatchObject({ status: 0, stderr: "" });
  expect(JSON.parse(taken.stdout)).toEqual({ taken: 2, left: [] });
  expect(await waiting()).toBe(0);
  const listed: readonly { source: string }[] = JSON.parse((await cli("quarantine", "list", "--code", "DEAD_LETTER", "--json")).stdout);
  // The same text twice: two messages, and two runs.
  expect(listed.map(({ source }) => source).toSorted()).toEqual([launched, untouched].map((id) => `dead letters:${id}`).toSorted());

  expect(await cli("quarantine", "redrive", "--code", "DEAD_LETTER")).toMatchObject({ status: 0 });
  expect(await dispatch(await received(queue))).toEqual({ batchItemFailures: [] });
  const runs = await tableReader(emulators.endpoints.dynamodb, table).runs();
  expect(runs.map(({ id, state, attempt }) => [id, state, attempt]).toSorted()).toEqual(
    [
      [launched, "LAUNCHED", 1],
      [untouched, "LAUNCHED", 1],
    ].toSorted(),
  );
  expect(ecs.tasks()).toHaveLength(2);
  expect(await cli("quarantine", "list")).toMatchObject({ stdout: "nothing is in quarantine\n" });
});

test("taken twice, as by somebody who was interrupted, it is one entry; nothing there is said to be nothing", async () => {
  const body = JSON.stringify({ id: `again-${randomBytes(6).toString("hex")}`, run_config: { type: "ECSRun" } });
  await endedUp(body);
  const [message] = await received(deadLetters, 0);
  await composed.context.quarantine.keep(
    { code: "DEAD_LETTER", issues: [], source: "interrupted", messageId: message?.MessageId ?? "", body, own: true },
    Date.now(),
  );
  expect(await cli("quarantine", "take", deadLetters)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("taken into quarantine: 1"),
  });
  expect(JSON.parse((await cli("quarantine", "list", "--json")).stdout)).toHaveLength(1);
  expect(await cli("quarantine", "take", deadLetters)).toMatchObject({ status: 0, stdout: "no dead letter was taken\n" });
});

test("what can't be kept whole stays where it is, and it is said why", async () => {
  const body = JSON.stringify({
    id: "large",
    parameters: { noise: randomBytes(300_000).toString("base64") },
    run_config: { type: "ECSRun" },
  });
  await endedUp(body);
  const taken = await cli("quarantine", "take", deadLetters);
  expect(taken).toMatchObject({ status: 1, stderr: expect.stringMatching(/stays in the queue: .*SLIPWAY_PAYLOADS/) });
  expect(await waiting()).toBe(1);
});

test("a queue's name is no URL", async () => {
  expect(await cli("quarantine", "take", "slipway-prod-dead-letters")).toMatchObject({ status: 2, stderr: expect.stringContaining("URL") });
});
