/** Every wrapping, sent by the client that sends it: one run each, under the documented id, however often it is delivered. */
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { CloudEvent, HTTP } from "cloudevents";
import { afterAll, beforeAll, expect, test } from "vitest";
import { embeddedOptions } from "../../functions/composition/options.ts";
import { answerOf, bearerClient, signedHeaders } from "../support/http-clients.ts";
import { type HttpWorld, httpWorld } from "../support/http-world.ts";

const CI = `whsec_${Buffer.from("a secret of 24 bytes ...").toString("base64")}`;
const CONFIG = `
targets: [{name: main, type: local, command: ["true"]}]
requests: {from: ["s3://requests/from-here/"]}
http:
  tokens: [{name: all, secret: "env:ALL", may: [submit, read, cancel], targets: ["*"]}]
  webhooks: [{name: ci, secrets: ["env:CI"], targets: ["*"]}]
`;
const TIMES = 20;
const REQUEST = { command: ["true"], run_config: { type: "LocalRun" } };

let world: HttpWorld;
let sqs: SQSClient;
let s3: S3Client;
beforeAll(async () => {
  world = await httpWorld({ config: CONFIG, secrets: { ALL: "all-secret", CI } });
  const options = embeddedOptions(world.emulators.endpoints.sqs);
  sqs = new SQSClient(options);
  s3 = new S3Client({ ...options, forcePathStyle: true });
  for (const Bucket of ["requests", "elsewhere"]) await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => world.close());

/** Sends a message; answers the id that the queue gave it. */
const enqueue = async (body: string) =>
  (await sqs.send(new SendMessageCommand({ QueueUrl: world.queue, MessageBody: body }))).MessageId ?? "";

const launchesOf = (id: string) => world.launches.filter((launch) => launch.id === id).length;

async function expectOne(id: string): Promise<void> {
  await world.dispatchAll();
  expect(launchesOf(id), id).toBe(1);
  const runs = (await world.table.runs()).filter((run) => run["id"] === id);
  expect(runs).toMatchObject([{ state: "LAUNCHED", attempt: 1 }]);
}

const structured = (event: CloudEvent<unknown>) => String(HTTP.structured(event).body);

test.each<[string, (id: string) => string, (id: string) => string]>([
  ["a request with its own id", (id) => JSON.stringify({ id, ...REQUEST }), (id) => id],
  ["a request in base64", (id) => Buffer.from(JSON.stringify({ id, ...REQUEST })).toString("base64"), (id) => id],
  [
    "an EventBridge event",
    (id) =>
      // Documented: what a rule without an input transformer sends.
      JSON.stringify({
        version: "0",
        id,
        "detail-type": "Run requested",
        source: "etl",
        account: "1",
        time: "2026-11-22T06:00:00Z",
        region: "r",
        resources: [],
        detail: REQUEST,
      }),
    (id) => id,
  ],
  [
    "a CloudEvent in structured mode",
    (id) => structured(new CloudEvent({ id, source: "/etl", type: "t", data: REQUEST })),
    (id) => `/etl|${id}`,
  ],
  [
    "a CloudEvent of bytes in structured mode",
    (id) =>
      structured(
        new CloudEvent({
          id,
          source: "/etl",
          type: "t",
          data: Uint32Array.from(Buffer.from(JSON.stringify(REQUEST))),
        }),
      ),
    (id) => `/etl|${id}`,
  ],
  [
    "a Pub/Sub push",
    (id) =>
      JSON.stringify({
        message: { data: Buffer.from(JSON.stringify(REQUEST)).toString("base64"), messageId: id },
        subscription: "projects/p/subscriptions/s",
      }),
    (id) => id,
  ],
])(`over the queue, sent by the SDK ${TIMES} times at once: %s`, async (rule, body, idOf) => {
  const id = `queue-${rule.replaceAll(/\W+/g, "-")}`;
  await Promise.all(Array.from({ length: TIMES }, () => enqueue(body(id))));
  await expectOne(idOf(id));
});

test("over the queue: a bare run config, and a request without an id, are named by the message", async () => {
  for (const body of [REQUEST.run_config, REQUEST]) await expectOne(await enqueue(JSON.stringify(body)));
});

test(`over a topic, with and without raw delivery, and what the topic sent delivered ${TIMES} times`, async () => {
  const options = embeddedOptions(world.emulators.endpoints.sqs);
  const sns = new SNSClient(options);
  const Endpoint = "arn:aws:sqs:us-east-1:000000000000:slipway";
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "runs" }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint }));
  const { MessageId = "" } = await sns.send(new PublishCommand({ TopicArn, Message: JSON.stringify(REQUEST) }));
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: world.queue, VisibilityTimeout: 0 }));
  const notification = Messages[0]?.Body ?? "";
  expect(JSON.parse(notification)).toMatchObject({ Type: "Notification", MessageId });
  await Promise.all(Array.from({ length: TIMES }, () => enqueue(notification)));
  await expectOne(MessageId);

  const raw = await sns.send(new CreateTopicCommand({ Name: "raw" }));
  await sns.send(new SubscribeCommand({ TopicArn: raw.TopicArn, Protocol: "sqs", Endpoint, Attributes: { RawMessageDelivery: "true" } }));
  await sns.send(new PublishCommand({ TopicArn: raw.TopicArn, Message: JSON.stringify({ id: "raw-1", ...REQUEST }) }));
  await expectOne("raw-1");
});

/** Calls of the HTTP interface, as its senders make them, and the run's id. */
const overHttp: readonly (readonly [
  string,
  string,
  (id: string) => { body: string; headers: Record<string, string> },
  (id: string) => string,
])[] = [
  ["a request with its own id", "request", (id) => ({ body: JSON.stringify({ id, ...REQUEST }), headers: {} }), (id) => id],
  ["an Idempotency-Key", "idempotency-key", (id) => ({ body: JSON.stringify(REQUEST), headers: { "idempotency-key": id } }), (id) => id],
  [
    "an Idempotency-Key in quotes, as its draft has it",
    "idempotency-key",
    (id) => ({ body: JSON.stringify(REQUEST), headers: { "idempotency-key": `"${id}"` } }),
    (id) => id,
  ],
  [
    "a webhook-id without a signature",
    "webhook-id",
    (id) => ({ body: JSON.stringify(REQUEST), headers: { "webhook-id": id } }),
    (id) => id,
  ],
  [
    "a bare run config",
    "idempotency-key",
    (id) => ({ body: JSON.stringify(REQUEST.run_config), headers: { "idempotency-key": id } }),
    (id) => id,
  ],
  [
    "a body in base64",
    "request",
    (id) => ({ body: Buffer.from(JSON.stringify({ id, ...REQUEST })).toString("base64"), headers: {} }),
    (id) => id,
  ],
  [
    "a CloudEvent in binary mode",
    "cloudevent",
    (id) => sent(HTTP.binary(new CloudEvent({ id, source: "/etl", type: "t", data: REQUEST }))),
    (id) => `/etl|${id}`,
  ],
  [
    "a CloudEvent in structured mode",
    "wrapping",
    (id) => sent(HTTP.structured(new CloudEvent({ id, source: "/etl", type: "t", data: REQUEST }))),
    (id) => `/etl|${id}`,
  ],
];

function sent({ body, headers }: ReturnType<typeof HTTP.binary>) {
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return { body: String(body), headers: named };
}

test.each(overHttp)(`over HTTP, ${TIMES} times at once: %s (id from the %s)`, async (rule, from, call, idOf) => {
  const given = `http-${rule.replaceAll(/\W+/g, "-")}`;
  const id = idOf(given);
  const client = bearerClient(world.url, "all-secret");
  const { body, headers } = call(given);
  const answers = await Promise.all(Array.from({ length: TIMES }, () => client.post("/runs", body, headers)));
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 202, body: { id, id_from: from } });
    expect(answer.headers.get("location")).toBe(`/runs/${encodeURIComponent(id)}`);
  }
  await expectOne(id);
  expect(await client.get(`/runs/${encodeURIComponent(id)}`)).toMatchObject({ status: 200, body: { id, state: "LAUNCHED" } });
});

test("over HTTP, with nothing to name it by: a new run each time, and the answer says so", async () => {
  const client = bearerClient(world.url, "all-secret");
  const [one, two] = await Promise.all([client.post("/runs", REQUEST), client.post("/runs", REQUEST)]);
  const ids = [one, two].map((answer) => {
    expect(answer).toMatchObject({ status: 202, body: { id_from: "new", known: false } });
    return runIdOf(answer?.body);
  });
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) await expectOne(String(id));
});

test("over HTTP, signed by the scheme's own library", async () => {
  const body = JSON.stringify(REQUEST);
  const headers = signedHeaders(CI, "msg_signed", body);
  expect(await answerOf(fetch(`${world.url}/runs`, { method: "POST", headers, body }))).toMatchObject({
    status: 202,
    body: { id: "msg_signed", id_from: "webhook-id" },
  });
  await expectOne("msg_signed");
});

test("a CloudEvent has one id in both modes, also where a header can't hold it", async () => {
  const client = bearerClient(world.url, "all-secret");
  const event = { "ce-specversion": "1.0", "ce-type": "t", "ce-source": "/caf%C3%A9", "ce-id": "a%20b" };
  const binary = await client.post("/runs", REQUEST, event);
  const structured = await client.post("/runs", { specversion: "1.0", type: "t", source: "/café", id: "a b", data: REQUEST });
  expect(binary).toMatchObject({ status: 202, body: { known: false } });
  expect(structured).toMatchObject({ status: 202, body: { known: true, id: runIdOf(binary.body) } });
});

function runIdOf(body: unknown): unknown {
  return typeof body === "object" && body !== null && "id" in body ? body.id : undefined;
}

const put = (Bucket: string, Key: string, document: unknown) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body: typeof document === "string" ? document : JSON.stringify(document) }));
const pointer = (path: string) => JSON.stringify({ request_path: path });

test(`a request that a message points to: read from an allowed place, its version on the record, ${TIMES} deliveries one run`, async () => {
  const { ETag } = await put("requests", "from-here/one.json", { id: "pointed-1", ...REQUEST });
  await Promise.all(Array.from({ length: TIMES }, () => enqueue(pointer("s3://requests/from-here/one.json"))));
  await expectOne("pointed-1");
  const [run] = (await world.table.runs()).filter(({ id }) => id === "pointed-1");
  expect(run).toMatchObject({ request_from: { path: "s3://requests/from-here/one.json", version: ETag?.replaceAll('"', "") } });
});

test("a request that a call points to is read before the call is answered: what becomes of the object later changes nothing", async () => {
  const client = bearerClient(world.url, "all-secret");
  await put("requests", "from-here/two.json", { ...REQUEST, name: "as it was" });
  const call = () => client.post("/runs", pointer("s3://requests/from-here/two.json"), { "idempotency-key": "pointed-2" });
  expect(await call()).toMatchObject({ status: 202, body: { id: "pointed-2", known: false } });
  await put("requests", "from-here/two.json", { ...REQUEST, name: "as it is now" });
  await expectOne("pointed-2");
  expect(await client.get("/runs/pointed-2")).toMatchObject({ body: { name: "as it was" } });
  expect(await call()).toMatchObject({ status: 409, body: { code: "ID_REUSED" } });
});

test.each<[string, string, string]>([
  ["a place that is not listed", "s3://elsewhere/one.json", "REQUEST_PATH_NOT_ALLOWED"],
  ["a bucket that begins alike", "s3://requests/from-here-not/one.json", "REQUEST_PATH_NOT_ALLOWED"],
  ["another store", "gs://requests/from-here/one.json", "REQUEST_PATH_NOT_ALLOWED"],
  ["an object that is not there", "s3://requests/from-here/absent.json", "REQUEST_NOT_FOUND"],
  ["an object that is no request", "s3://requests/from-here/broken.json", "NOT_JSON"],
  ["an object that points on", "s3://requests/from-here/pointer.json", "INVALID_MESSAGE"],
  ["an object that cancels", "s3://requests/from-here/cancel.json", "INVALID_MESSAGE"],
])("%s is refused: to a call with its code, from the queue into quarantine, launching nothing", async (_rule, path, code) => {
  await put("requests", "from-here/broken.json", "{");
  await put("requests", "from-here/pointer.json", { request_path: "s3://requests/from-here/one.json" });
  await put("requests", "from-here/cancel.json", { cancel: { id: "pointed-1" } });
  await put("elsewhere", "one.json", { id: "elsewhere", ...REQUEST });
  const before = world.launches.length;
  const answer = await bearerClient(world.url, "all-secret").post("/runs", pointer(path));
  expect(answer).toMatchObject({ status: expect.any(Number), body: { code } });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  const messageId = await enqueue(pointer(path));
  await world.dispatchAll();
  expect(await world.table.quarantined()).toContainEqual(expect.objectContaining({ code, source: `sqs:${messageId}` }));
  expect(world.launches).toHaveLength(before);
});

test("once its run is claimed a pointer is not read again: the object may be gone", async () => {
  await put("requests", "from-here/three.json", REQUEST);
  const body = pointer("s3://requests/from-here/three.json");
  // The same message of a topic, delivered again later.
  const delivery = (text: string) => JSON.stringify({ Type: "Notification", MessageId: "pointed-3", Message: text });
  await enqueue(delivery(body));
  await expectOne("pointed-3");
  const kept = (await world.table.quarantined()).length;
  await put("requests", "from-here/three.json", "{");
  await enqueue(delivery(body));
  await world.dispatchAll();
  expect(launchesOf("pointed-3")).toBe(1);
  expect(await world.table.quarantined()).toHaveLength(kept);
});
