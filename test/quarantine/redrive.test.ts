/** The dispatch function over the embedded table, queue and S3: what is refused, kept, and tried again. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SQSEvent } from "aws-lambda";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Composition, compose } from "../../functions/compose.ts";
import { prepareEmbeddedPayloads, prepareEmbeddedQueue, prepareEmbeddedTable } from "../../functions/composition/embedded.ts";
import { deadLettersHandler } from "../../functions/dead-letters.ts";
import { dispatchHandler } from "../../functions/dispatch.ts";
import { dispatchMessage } from "../../functions/dispatch-message.ts";
import { type Emulators, startEmulators } from "../../functions/local/emulators.ts";
import { lambdaContext } from "../../functions/local/lambda-context.ts";
import { jsonLog } from "../../shared/adapters/log.ts";
import { runKey } from "../../shared/core/identity.ts";
import type { KeptMessage } from "../../shared/core/ports.ts";
import { redriveMessage } from "../../shared/schema/redrive.ts";
import { recordFor } from "../harness/world.ts";
import { tableReader } from "../support/table-reader.ts";

let folder: string;
let emulators: Emulators;
let composed: Composition;
let configuration: object;
let queue: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-quarantine-"));
  emulators = await startEmulators(join(folder, "data"));
  queue = await prepareEmbeddedQueue(emulators.endpoints.sqs, 30);
});
afterAll(async () => {
  const open = async () => (await reader().runs()).filter((run) => run["ended_at"] === undefined);
  await reader().until(
    async () => ((await open()).length === 0 ? true : undefined),
    20,
    async () => JSON.stringify(await open()),
  );
  await emulators.stop();
  await rm(folder, { recursive: true });
});

let compositions = 0;
beforeEach(async () => {
  configuration = { targets: [{ name: "here", type: "local" }] };
  compositions++;
  composed = await composedNow();
});

async function composedNow(): Promise<Composition> {
  const { dynamodb, sqs, s3 } = emulators.endpoints;
  return compose({
    environment: { PATH: process.env["PATH"] },
    settings: {
      config: JSON.stringify({ deployment: `d${compositions}`, ...configuration }),
      table: await prepareEmbeddedTable(dynamodb, { repair: false }),
      queue,
      state: join(folder, `state-${compositions}`),
      endpoints: {},
      isFunction: false,
      isLambda: false,
    },
    embedded: { dynamodb, sqs, s3, payloads: await prepareEmbeddedPayloads(s3) },
    log: jsonLog("silent"),
  });
}

let messages = 0;
const event = (...bodies: readonly string[]): SQSEvent => ({
  Records: bodies.map((body) => recordFor({ id: `message-${++messages}`, body, receives: 1, visibleAt: 0 })),
});
const dispatch = (...bodies: readonly string[]) => dispatchHandler(async () => composed)(event(...bodies), lambdaContext("dispatch", 60));

const reader = () => tableReader(emulators.endpoints.dynamodb, "slipway-runs");
const runOf = (id: string) => composed.context.store.read(runKey(id));

/** The entries whose text holds this mark. */
async function entriesOf(mark: string): Promise<readonly (KeptMessage & { readonly body: string })[]> {
  const ids = (await reader().quarantined()).map((item) => String(item["id"]));
  const all = await Promise.all(ids.map((id) => composed.context.quarantine.read(id)));
  return all.filter((entry) => entry?.body.includes(mark) === true) as (KeptMessage & { readonly body: string })[];
}

/** It is over in a moment, and that may be seen before we look. */
const LAUNCHED = expect.stringMatching(/^(LAUNCHED|RUNNING|SUCCEEDED)$/);

const good = (id: string) => ({ id, command: ["true"], run_config: { type: "LocalRun" } });

test("one good message among nine poisonous ones is launched in the same invocation; nine are kept, each with its reason", async () => {
  const mark = randomBytes(6).toString("hex");
  const large = "large ".repeat(180_000);
  const poison: [body: string, code: string, path: string][] = [
    [`{not json ${mark}`, "NOT_JSON", ""],
    [`${"[".repeat(66)}"${mark}"${"]".repeat(66)}`, "TOO_DEEP", "[0]".repeat(64)],
    [`{"run_config": {"type": "LocalRnu"}, "name": "${mark}"}`, "INVALID_REQUEST", "run_config.type"],
    [`{"comand": ["${mark}"], "run_config": {"type": "LocalRun"}}`, "INVALID_REQUEST", "comand"],
    [`{"command": "${mark}", "run_config": {"type": "LocalRun"}}`, "INVALID_REQUEST", "command"],
    [`{"request_path": "s3://elsewhere/${mark}.json"}`, "REQUEST_PATH_NOT_ALLOWED", "request_path"],
    [`{"run_config": {"type": "LocalRun", "__proto__": {"${mark}": 1}}}`, "INVALID_MESSAGE", "run_config.__proto__"],
    [`{"nothing": "of ${mark}"}`, "INVALID_MESSAGE", ""],
    [`{"parameters": "${mark}${large}", "run_config": {"type": "LocalRun"}}`, "TOO_LARGE", ""],
  ];
  const answer = await dispatch(
    ...poison.slice(0, 5).map(([body]) => body),
    JSON.stringify(good(`good-${mark}`)),
    ...poison.slice(5).map(([body]) => body),
  );
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(await runOf(`good-${mark}`)).toMatchObject({ state: LAUNCHED });
  const kept = await entriesOf(mark);
  const told = (body: string, code: string, path: string) => `${code} at ${path}: ${body.slice(0, 50)}`;
  expect(kept.map(({ body, code, issues }) => told(body, code, issues[0]?.path ?? "")).toSorted()).toEqual(
    poison.map(([body, code, path]) => told(body, code, path)).toSorted(),
  );
  // What is a megabyte is kept whole, too.
  expect(kept.map(({ body }) => body.length).toSorted((a, b) => a - b)).toEqual(
    poison.map(([body]) => body.length).toSorted((a, b) => a - b),
  );
  for (const entry of kept) expect(entry).toMatchObject({ redrives: 0, cut: false, source: expect.stringMatching(/^sqs:message-\d+$/) });
});

test("what comes again counts, and keeps when it first came", async () => {
  const body = `{"nothing": "again ${messages}"}`;
  for (let time = 0; time < 3; time++) await dispatch(body);
  const [entry] = await entriesOf(body);
  expect(entry).toMatchObject({ seen: 3, code: "INVALID_MESSAGE" });
  expect(entry?.lastSeenAt).toBeGreaterThanOrEqual(entry?.createdAt ?? 0);
});

/** A request that only a place in `requests.from` makes right: the rules of another day. */
async function refusedForNow(mark: string) {
  const body = JSON.stringify({ ...good(`reused-${mark}`), name: mark });
  await dispatch(JSON.stringify(good(`reused-${mark}`)));
  await dispatch(body);
  const [entry] = await entriesOf(mark);
  return entry?.id ?? "";
}

test("redriven while it is still refused, it goes back to its entry, counted, and nothing tries it again", async () => {
  const mark = randomBytes(6).toString("hex");
  const id = await refusedForNow(mark);
  for (let time = 1; time <= 3; time++) {
    expect(await dispatch(redriveMessage(id))).toEqual({ batchItemFailures: [] });
    expect(await entriesOf(mark)).toMatchObject([{ id, code: "ID_REUSED", seen: 1, redrives: time }]);
  }
});

test("redriven twice after what was wrong is mended, it is launched once, under the id that it had, and leaves quarantine", async () => {
  const mark = randomBytes(6).toString("hex");
  // Without an id of its own: it has its message's.
  await dispatch(
    JSON.stringify({ command: ["true"], name: mark, target: "there", run_config: { type: "LocalRun" } }),
    `{"request_path": "s3://slipway-payloads/asked/${mark}.json"}`,
  );
  const [entry] = await entriesOf(`asked/${mark}`);
  const messageId = `message-${messages}`;
  expect(entry).toMatchObject({ code: "REQUEST_PATH_NOT_ALLOWED", messageId });
  configuration = { ...configuration, requests: { from: ["s3://slipway-payloads/asked/"] } };
  composed = await composedNow();
  const put = await fetch(new URL(`slipway-payloads/asked/${mark}.json`, emulators.endpoints.s3), {
    method: "PUT",
    body: JSON.stringify({ command: ["true"], run_config: { type: "LocalRun" } }),
  });
  expect(put.ok).toBe(true);
  const again = redriveMessage(entry?.id ?? "");
  await Promise.all([dispatch(again), dispatch(again)]);
  await dispatch(again);
  expect(await runOf(messageId)).toMatchObject({ state: LAUNCHED, attempt: 1 });
  expect(await entriesOf(`asked/${mark}`)).toEqual([]);
});

test("the targets that its sender may use go with it", async () => {
  const mark = randomBytes(6).toString("hex");
  const body = JSON.stringify(good(`rights-${mark}`));
  const { quarantine } = composed.context;
  await quarantine.keep({ code: "TEST", issues: [], source: "http:ci", messageId: "m", senderTargets: ["other-*"], body }, Date.now());
  const [entry] = await entriesOf(mark);
  await dispatch(redriveMessage(entry?.id ?? ""));
  expect(await runOf(`rights-${mark}`)).toMatchObject({ state: "REJECTED", error: { code: "NO_TARGET" }, senderTargets: ["other-*"] });
});

test("the same text from senders with other rights is another entry", async () => {
  const body = `{"rights": "of ${messages}"}`;
  for (const targets of [undefined, ["a"], ["b"], ["a"]]) {
    const rights = targets === undefined ? {} : { senderTargets: targets };
    await composed.context.quarantine.keep({ code: "TEST", issues: [], source: "t", body, ...rights }, Date.now());
  }
  expect((await entriesOf(body)).map(({ seen }) => seen).toSorted()).toEqual([1, 1, 2]);
});

test("an entry that came again while it was redriven stays", async () => {
  const body = `{"twice": "${messages}"}`;
  await dispatch(body);
  const [entry] = await entriesOf(body);
  await dispatch(body);
  await composed.context.quarantine.drop(entry?.id ?? "", entry?.seen);
  expect(await entriesOf(body)).toMatchObject([{ seen: 2 }]);
  await composed.context.quarantine.drop(entry?.id ?? "", 2);
  expect(await entriesOf(body)).toEqual([]);
});

test("a redrive of nothing is acknowledged, and one inside an entry is refused: it can't go round", async () => {
  expect(await dispatch(redriveMessage("0".repeat(26)))).toEqual({ batchItemFailures: [] });
  const inner = redriveMessage("1".repeat(26));
  await composed.context.quarantine.keep({ code: "TEST", issues: [], source: "t", body: inner }, Date.now());
  const [entry] = await entriesOf(inner);
  await dispatch(redriveMessage(entry?.id ?? ""));
  expect(await entriesOf(inner)).toMatchObject([{ id: entry?.id, code: "INVALID_MESSAGE", redrives: 1 }]);
});

test("a redrive comes over Pub/Sub, too, which wraps what is put on it", async () => {
  const id = `pushed-${randomBytes(6).toString("hex")}`;
  await composed.context.quarantine.keep({ code: "TEST", issues: [], source: "t", body: JSON.stringify(good(id)) }, Date.now());
  const [entry] = await entriesOf(id);
  const data = Buffer.from(redriveMessage(entry?.id ?? "")).toString("base64");
  const push = { message: { data, messageId: "1" }, subscription: "projects/p/subscriptions/s" };
  const delivery = { body: JSON.stringify(push), messageId: "1", queue: "pubsub" } as const;
  expect(await dispatchMessage(composed, delivery, { deadline: Date.now() + 60_000 })).toBe(true);
  expect(await runOf(id)).toMatchObject({ state: LAUNCHED });
  expect(await entriesOf(id)).toEqual([]);
});

test("a message that was delivered too often is kept as DEAD_LETTER, and redriven as any other", async () => {
  const id = `dead-${randomBytes(6).toString("hex")}`;
  const handler = deadLettersHandler(async () => composed);
  expect(await handler(event(JSON.stringify(good(id)), redriveMessage("2".repeat(26))), lambdaContext("dead-letters", 30))).toEqual({
    batchItemFailures: [],
  });
  const kept = await entriesOf(id);
  expect(kept).toMatchObject([{ code: "DEAD_LETTER", source: expect.stringMatching(/^dead letters:message-/) }]);
  await dispatch(redriveMessage(kept[0]?.id ?? ""));
  expect(await runOf(id)).toMatchObject({ state: LAUNCHED });
  expect(await entriesOf(id)).toEqual([]);
});

test("what has expired goes with its payload, in a table that does not see to that itself; the rest stays", async () => {
  const { quarantine } = composed.context;
  const large = () => `{"large": "${randomBytes(30_000).toString("base64")}"}`;
  const [old, fresh] = [large(), large()];
  await quarantine.keep({ code: "TEST", issues: [], source: "t", body: old }, Date.now() - 31 * 86_400_000);
  await quarantine.keep({ code: "TEST", issues: [], source: "t", body: fresh }, Date.now());
  const payloads = async () =>
    (await (await fetch(new URL("slipway-payloads?list-type=2&prefix=quarantine/", emulators.endpoints.s3))).text()).split("<Key>").length -
    1;
  const before = await payloads();
  expect(await entriesOf(old)).toHaveLength(1);
  expect(await composed.expire?.()).toBe(1);
  expect(await entriesOf(old)).toEqual([]);
  expect(await entriesOf(fresh)).toHaveLength(1);
  expect(await payloads()).toBe(before - 1);
});
