import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { derivedId } from "../../shared/schema/derived-id.ts";
import { decodeMessage } from "../../shared/schema/message.ts";

const REQUEST = { command: ["true"], run_config: { type: "LocalRun" } };
const RUN_CONFIG = { type: "LocalRun" };
const QUEUE_ID = "sqs-1";

const base64 = (document: unknown) => Buffer.from(JSON.stringify(document)).toString("base64");
const base64url = (document: unknown) => Buffer.from(JSON.stringify(document)).toString("base64url");
const sns = (message: string) => ({
  Type: "Notification",
  MessageId: "sns-1",
  TopicArn: "arn:aws:sns:eu-west-1:123456789012:runs",
  Message: message,
  Timestamp: "2026-11-22T06:00:00.000Z",
  SignatureVersion: "1",
  Signature: "x",
  SigningCertURL: "https://sns.eu-west-1.amazonaws.com/x.pem",
  UnsubscribeURL: "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
});
const eventBridge = (detail: unknown) => ({
  version: "0",
  id: "eb-1",
  "detail-type": "Run requested",
  source: "com.example.etl",
  account: "123456789012",
  time: "2026-11-22T06:00:00Z",
  region: "eu-west-1",
  resources: [],
  detail,
});
const cloudEvent = (fields: object) => ({
  specversion: "1.0",
  id: "ce-1",
  source: "/etl/nightly",
  type: "com.example.run.requested",
  time: "2026-11-22T06:00:00Z",
  ...fields,
});
const pubSub = (document: unknown) => ({
  message: { data: base64(document), messageId: "2070443601311540", publishTime: "2026-11-22T06:00:00Z", attributes: { a: "b" } },
  subscription: "projects/p/subscriptions/slipway",
});

const decoded = (body: string | Uint8Array) => decodeMessage(body, { messageId: QUEUE_ID });

describe("a request is taken out of, and gets the id of", () => {
  test.each<[string, unknown, string]>([
    ["nothing: the queue's message", REQUEST, QUEUE_ID],
    ["an SNS notification", sns(JSON.stringify(REQUEST)), "sns-1"],
    ["an SNS notification of base64", sns(base64(REQUEST)), "sns-1"],
    ["an EventBridge event", eventBridge(REQUEST), "eb-1"],
    ["a CloudEvent with its data as JSON", cloudEvent({ datacontenttype: "application/json", data: REQUEST }), "/etl/nightly|ce-1"],
    ["a CloudEvent with its data as text", cloudEvent({ data: JSON.stringify(REQUEST) }), "/etl/nightly|ce-1"],
    ["a CloudEvent with its data as base64", cloudEvent({ data_base64: base64(REQUEST) }), "/etl/nightly|ce-1"],
    ["a CloudEvent with data_base64, and data of null", cloudEvent({ data: null, data_base64: base64(REQUEST) }), "/etl/nightly|ce-1"],
    ["a CloudEvent whose type reads as a run config's", cloudEvent({ type: "LocalRun", data: REQUEST }), "/etl/nightly|ce-1"],
    ["a CloudEvent without a source: the queue's message", { specversion: "1.0", id: "ce-1", data: REQUEST }, QUEUE_ID],
    ["a Pub/Sub push", pubSub(REQUEST), "2070443601311540"],
    ["a Pub/Sub push with the older name of its id", { message: { data: base64url(REQUEST), message_id: "7" } }, "7"],
    ["a Pub/Sub push without an id: the queue's message", { message: { data: base64(REQUEST) } }, QUEUE_ID],
    ["a CloudEvent of a Pub/Sub message", cloudEvent({ data: pubSub(REQUEST) }), "2070443601311540"],
    ["an SNS notification of a CloudEvent", sns(JSON.stringify(cloudEvent({ data: REQUEST }))), "/etl/nightly|ce-1"],
    ["an SNS notification of an EventBridge event", sns(JSON.stringify(eventBridge(REQUEST))), "eb-1"],
    ["an EventBridge event of a CloudEvent of base64", eventBridge(cloudEvent({ data_base64: base64(REQUEST) })), "/etl/nightly|ce-1"],
    ["a CloudEvent without an id in an SNS notification", sns(JSON.stringify({ specversion: "1.0", data: REQUEST })), "sns-1"],
  ])("%s", (_, body, id) => {
    expect(decoded(JSON.stringify(body))).toMatchObject({ kind: "request", document: REQUEST, request: { id } });
  });

  test.each<[string, string | Uint8Array]>([
    ["base64", base64(REQUEST)],
    ["base64 with a line end", `${base64(REQUEST)}\n`],
    ["base64 of the URL alphabet", base64url({ ...REQUEST, name: "ÿþ??>>" })],
    ["base64 as bytes", new TextEncoder().encode(base64(REQUEST))],
    ["bytes of UTF-8", new TextEncoder().encode(JSON.stringify(REQUEST))],
    ["a byte order mark and UTF-8", new TextEncoder().encode(`\uFEFF${JSON.stringify(REQUEST)}`)],
  ])("a body of %s: the queue's message", (_, body) => {
    expect(decoded(body)).toMatchObject({ kind: "request", request: { id: QUEUE_ID, command: ["true"] } });
  });
});

describe("whatever a wrapping holds is taken out", () => {
  test.each<[string, unknown, object]>([
    ["a bare run config", pubSub(RUN_CONFIG), { kind: "request", document: { run_config: RUN_CONFIG } }],
    ["a wake-up", sns('{"run": "r"}'), { kind: "wake", id: "r" }],
    ["a cancel", eventBridge({ cancel: { id: "r" } }), { kind: "cancel", id: "r" }],
    ["a pointer", sns('{"request_path": "s3://bucket/r.json"}'), { kind: "pointer", path: "s3://bucket/r.json", id: "sns-1" }],
    ["a request with an id, which it keeps", pubSub({ id: "mine", ...REQUEST }), { request: { id: "mine" } }],
  ])("%s", (_, body, message) => {
    expect(decoded(JSON.stringify(body))).toMatchObject(message);
  });

  test.each(["s3://bucket/a/b.json", "gs://my_bucket/r.json", "s3://bucket/a b+c=.json"])("a pointer to %s", (path) => {
    expect(decoded(JSON.stringify({ request_path: path }))).toEqual({ kind: "pointer", path, id: QUEUE_ID });
  });
});

test("a redelivery in the same wrapping is the same run with the same content", () => {
  const body = JSON.stringify(sns(JSON.stringify(cloudEvent({ data: REQUEST }))));
  expect(decodeMessage(body, { messageId: "sqs-2" })).toEqual(decoded(body));
});

test("a run config with a field named as a wrapping's is not taken apart", () => {
  const body = JSON.stringify({ ...REQUEST, name: "n", parameters: { specversion: "1.0", data: {}, message: { data: "x" } } });
  expect(decoded(body)).toMatchObject({ kind: "request", request: { id: QUEUE_ID, name: "n" } });
});

describe("a derived id", () => {
  test("is the source's own where that can be a run's id", () => {
    expect(derivedId("b3c6-1")).toBe("b3c6-1");
    expect(derivedId("/a", "b c")).toBe("/a|b c");
  });

  test("tells parts apart that read alike when they are joined", () => {
    expect(derivedId("a|", "b")).not.toBe(derivedId("a", "|b"));
  });

  test("keeps a readable beginning and gets a hash where it is too long, or holds other characters", () => {
    expect(derivedId("x".repeat(201))).toMatch(/^x{100}-[0-9a-f]{32}$/);
    expect(derivedId("https://e.example/ü", "1")).toMatch(/^https:\/\/e\.example\/-\|1-[0-9a-f]{32}$/);
    expect(derivedId("ü")).not.toBe(derivedId("ö"));
  });

  test("can always be a run's id, is always the same, and is another for other parts", () => {
    const parts = fc.array(fc.oneof(fc.string({ unit: "binary", minLength: 1 }), fc.constantFrom("a", "|", "a|", "|a", "a|a")), {
      minLength: 2,
      maxLength: 2,
    });
    fc.assert(
      fc.property(parts, parts, (one, two) => {
        expect(derivedId(...one)).toMatch(/^[\x20-\x7e]{1,200}$/);
        expect(derivedId(...one) === derivedId(...two)).toBe(JSON.stringify(one) === JSON.stringify(two));
      }),
    );
  });
});
