/** The functions of Google Cloud in the real functions-framework server, with Pub/Sub over its own protocol. */
import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { composeFrom, composition } from "../../functions/compose.ts";
import { prepareEmbeddedTable } from "../../functions/composition/embedded.ts";
import { type Emulators, startEmulators } from "../../functions/local/emulators.ts";
import { ACCOUNT, AUDIENCE, type GoogleTokens, startGoogleTokens } from "../support/google-tokens.ts";
import { answerOf, bearerClient, signedHeaders } from "../support/http-clients.ts";
import { type CountedLaunch, collected, counting } from "../support/http-world.ts";
import { type PubsubDouble, startPubsubDouble } from "../support/pubsub-double.ts";
import { tableReader } from "../support/table-reader.ts";
import "../../functions/gcp.ts";

const TOPIC = "projects/acme/topics/slipway";
const CI = `whsec_${Buffer.from("a secret of 24 bytes ...").toString("base64")}`;
const CONFIG = `
queue: ${TOPIC}
targets: [{name: main, type: local}]
schedules: [{name: nightly, cron: "0 3 * * *", request: {run_config: {type: LocalRun}}}]
http:
  tokens: [{name: all, secret: "env:ALL", may: [submit, read, cancel], targets: ["*"]}]
  webhooks: [{name: ci, secrets: ["env:CI"], targets: ["*"]}]
`;
const REQUEST = { command: ["true"], run_config: { type: "LocalRun" } };

let folder: string;
let emulators: Emulators;
let pubsub: PubsubDouble;
let google: GoogleTokens;
let table: ReturnType<typeof tableReader>;
const launches: CountedLaunch[] = [];
const logged: string[] = [];
const servers = new Map<string, Server>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-gcp-"));
  [emulators, pubsub, google] = await Promise.all([startEmulators(join(folder, "data")), startPubsubDouble(), startGoogleTokens()]);
  process.env["PUBSUB_EMULATOR_HOST"] = pubsub.host;
  const { dynamodb } = emulators.endpoints;
  const name = await prepareEmbeddedTable(dynamodb, { repair: false });
  table = tableReader(dynamodb, name);
  composeFrom({
    environment: { ALL: "all-secret", CI },
    settings: {
      config: CONFIG,
      table: name,
      endpoints: {},
      isFunction: true,
      isLambda: false,
      callers: { audience: AUDIENCE, accounts: [ACCOUNT] },
    },
    embedded: { dynamodb },
    certificates: google.endpoint,
    log: collected(logged),
    launchers: counting(launches),
  });
  for (const target of ["webhook", "dispatch", "dispatchEvent", "sweep", "schedule"]) {
    const server = getTestServer(target);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    servers.set(target, server);
  }
});
afterAll(async () => {
  for (const server of servers.values()) server.close();
  await Promise.all([pubsub.close(), google.stop(), emulators.stop()]);
  await rm(folder, { recursive: true, force: true });
});

const urlOf = (name: string) => {
  const address = servers.get(name)?.address();
  if (typeof address !== "object" || address === null) throw new Error(`${name} does not listen`);
  return `http://127.0.0.1:${address.port}`;
};
const webhook = () => bearerClient(urlOf("webhook"), "all-secret");

/** A subscription's push of what a topic was sent. */
const pushOf = ({ data, messageId }: { readonly data: string; readonly messageId: string }) => ({
  message: {
    data: Buffer.from(data).toString("base64"),
    messageId,
    message_id: messageId,
    publishTime: "2026-11-22T06:00:00Z",
    attributes: {},
  },
  subscription: "projects/acme/subscriptions/slipway",
  deliveryAttempt: 1,
});

const call = (name: string, body: unknown, token: string | undefined, more: Record<string, string> = {}) =>
  fetch(urlOf(name), {
    method: "POST",
    headers: { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...more },
    body: JSON.stringify(body),
  });
const push = (published: { readonly data: string; readonly messageId: string }, token: string | undefined = google.token()) =>
  call("dispatch", pushOf(published), token);

const stateOf = async (id: string) => (await table.runs()).find((run) => run["id"] === id)?.["state"];

test("a run posted to the webhook is woken over the topic, and launched by the push", async () => {
  const answer = await webhook().post("/runs", { id: "posted", ...REQUEST });
  expect(answer).toMatchObject({ status: 202, body: { id: "posted", state: "ACCEPTED" } });
  expect(pubsub.published).toEqual([{ topic: TOPIC, messageId: expect.any(String), data: '{"run":"posted"}' }]);
  const [published] = pubsub.published;
  if (published === undefined) throw new Error("nothing was published");
  const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await push(published)).status));
  expect(new Set(statuses)).toEqual(new Set([204]));
  expect(launches.filter(({ id }) => id === "posted")).toHaveLength(1);
  expect(await webhook().get("/runs/posted")).toMatchObject({ status: 200, body: { state: "LAUNCHED" } });
});

test("a request published without an id gets the message's, by push and by CloudEvent alike", async () => {
  const data = JSON.stringify(REQUEST);
  expect((await push({ data, messageId: "8001" })).status).toBe(204);
  const event = { "ce-specversion": "1.0", "ce-id": "8001", "ce-source": "//pubsub.googleapis.com/projects/acme/topics/slipway" };
  const type = { "ce-type": "google.cloud.pubsub.topic.v1.messagePublished" };
  const again = await call("dispatchEvent", pushOf({ data, messageId: "8001" }), undefined, { ...event, ...type });
  expect(again.status).toBeLessThan(300);
  expect(launches.filter(({ id }) => id === "8001")).toHaveLength(1);
});

test("a message that is none is kept in quarantine, and done with", async () => {
  expect((await push({ data: '{"run_config": {"type": "LocalRum"}}', messageId: "8002" })).status).toBe(204);
  expect(await table.quarantined()).toContainEqual(expect.objectContaining({ source: "pubsub:8002", code: "INVALID_REQUEST" }));
});

test.each<[string, () => string | undefined, number]>([
  ["without a token", () => undefined, 401],
  ["with another's token", () => google.token({ email: "other@project.iam.gserviceaccount.com" }), 403],
  ["with an address that is not verified", () => google.token({ email_verified: false }), 403],
  ["for another audience", () => google.token({ aud: "https://elsewhere.example" }), 403],
  ["of another issuer", () => google.token({ iss: "https://issuer.example" }), 403],
  ["that has expired", () => google.token({ iat: Math.floor(Date.now() / 1000) - 7200, exp: Math.floor(Date.now() / 1000) - 3600 }), 403],
  ["signed with another key", () => google.forged(), 403],
  ["that is none", () => "a.b.c", 403],
])("a push %s launches nothing, and its answer and the log hold nothing of it", async (rule, token, status) => {
  const given = token();
  for (const name of ["dispatch", "sweep", "schedule"]) {
    const answer = await call(name, pushOf({ data: JSON.stringify({ id: rule, ...REQUEST }), messageId: "8003" }), given);
    expect(answer.status, name).toBe(status);
    expect(await answer.text()).toBe("");
  }
  expect(await stateOf(rule)).toBeUndefined();
  if (given !== undefined) expect(logged.join("\n")).not.toContain(given);
});

test("Google's keys are read once, and not for each push", () => {
  expect(google.asked).toBe(1);
});

test("the sweep wakes over the topic what was accepted and never woken", async () => {
  pubsub.faults.push(5);
  const before = pubsub.published.length;
  expect(await webhook().post("/runs", { id: "unwoken", ...REQUEST })).toMatchObject({ status: 202, body: { state: "ACCEPTED" } });
  expect(pubsub.published).toHaveLength(before);
  // Its time has come.
  const { context } = await composition();
  const { clock } = context;
  const [run] = (await table.runs()).filter(({ id }) => id === "unwoken");
  expect(run).toMatchObject({ next_check_at: expect.any(Number) });
  const now = clock.now;
  Object.assign(clock, { now: () => Number(run?.["next_check_at"]) + 1 });
  try {
    expect((await call("sweep", {}, google.token())).status).toBe(204);
  } finally {
    Object.assign(clock, { now });
  }
  expect(pubsub.published.slice(before)).toMatchObject([{ data: '{"run":"unwoken"}' }]);
});

test("Cloud Scheduler's body is a request for the due time that its headers tell, however often the job is repeated", async () => {
  const before = pubsub.published.length;
  const headers = { "x-cloudscheduler-jobname": "nightly-etl", "x-cloudscheduler-scheduletime": "2026-11-22T03:00:00Z" };
  for (let time = 0; time < 2; time++) expect((await call("schedule", REQUEST, google.token(), headers)).status).toBe(204);
  const bodies = pubsub.published.slice(before).map(({ data }): unknown => JSON.parse(data));
  expect(bodies).toHaveLength(2);
  expect(bodies[0]).toMatchObject({ id: "nightly-etl-20261122T030000Z" });
  expect(bodies[1]).toEqual(bodies[0]);
  expect((await call("schedule", {}, google.token())).status).toBe(204);
});

test("the webhook checks signatures over the raw bytes, whatever the framework made of them", async () => {
  const body = `{ "command":  ["true"],"run_config": {"type":"LocalRun"} }`;
  for (const type of ["application/json", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"]) {
    const id = `msg_${type.replaceAll(/\W/g, "_")}`;
    const headers = { "content-type": type, ...signedHeaders(CI, id, body) };
    expect(await answerOf(fetch(`${urlOf("webhook")}/runs`, { method: "POST", headers, body }))).toMatchObject({
      status: 202,
      body: { id },
    });
    const altered = await answerOf(fetch(`${urlOf("webhook")}/runs`, { method: "POST", headers, body: body.replace("true", "trve") }));
    expect(altered).toMatchObject({ status: 401, body: { code: "SIGNATURE_INVALID" } });
  }
  const bytes = new Blob([body]);
  const untyped = await answerOf(
    fetch(`${urlOf("webhook")}/runs`, { method: "POST", headers: signedHeaders(CI, "msg_untyped", body), body: bytes }),
  );
  expect(untyped).toMatchObject({ status: 202, body: { id: "msg_untyped" } });
});

test("what fails inside tells nothing of itself", async () => {
  const { context } = await composition();
  const { read } = context.store;
  Object.assign(context.store, { read: () => Promise.reject(new Error("the secret is hunter2")) });
  try {
    const answer = await webhook().get("/runs/posted");
    expect(answer).toMatchObject({ status: 500, body: { code: "INTERNAL", detail: "the call failed" } });
    const event = { "ce-specversion": "1.0", "ce-id": "9", "ce-source": "s", "ce-type": "t" };
    for (const failed of [
      await push({ data: '{"run": "posted"}', messageId: "9" }),
      await call("dispatchEvent", { run: "posted" }, undefined, event),
    ]) {
      expect(failed.status).toBeGreaterThanOrEqual(500);
      expect(await failed.text()).not.toContain("hunter2");
    }
  } finally {
    Object.assign(context.store, { read });
  }
});
