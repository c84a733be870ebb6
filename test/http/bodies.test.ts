import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readBody } from "../../functions/http/body.ts";
import { answerOf, bearerClient, signedHeaders } from "../support/http-clients.ts";
import { type HttpWorld, httpWorld } from "../support/http-world.ts";

const CI = `whsec_${Buffer.from("a secret of 24 bytes ...").toString("base64")}`;
const CONFIG = `
targets: [{name: main, type: local}]
http:
  tokens: [{name: all, secret: "env:ALL", may: [submit, read, cancel], targets: ["*"]}]
  webhooks: [{name: ci, secrets: ["env:CI"], targets: ["*"]}]
`;
const MEBIBYTE = 1024 * 1024;

let world: HttpWorld;
beforeAll(async () => {
  world = await httpWorld({ config: CONFIG, secrets: { ALL: "all-secret", CI } });
});
afterAll(() => world.close());

/** A request whose JSON has exactly so many bytes. */
function sized(id: string, bytes: number): string {
  const make = (filling: string) => JSON.stringify({ id, command: ["true"], parameters: { filling }, run_config: { type: "LocalRun" } });
  return make("x".repeat(bytes - make("").length));
}

/** A body of unknown length, in pieces. */
function chunked(text: string, pieces = 16): ReadableStream<Uint8Array> {
  const bytes = Buffer.from(text);
  const size = Math.ceil(bytes.length / pieces);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + size));
      at += size;
    },
  });
}

const post = (
  body: string | Uint8Array | ReadableStream<Uint8Array>,
  headers: Record<string, string> = { authorization: "Bearer all-secret" },
) => answerOf(fetch(`${world.url}/runs`, { method: "POST", headers, body, duplex: "half" } as RequestInit));

test("a chunked body is taken, with a token and with a signature over its bytes", async () => {
  expect(await post(chunked(sized("chunked", 5000)))).toMatchObject({ status: 202, body: { id: "chunked" } });
  const body = sized("chunked-signed", 5000);
  expect(await post(chunked(body), signedHeaders(CI, "m1", body))).toMatchObject({ status: 202, body: { id: "chunked-signed" } });
});

test.each([".", ".."])('the id "%s" is refused: no address could lead to its run', async (id) => {
  const body = JSON.stringify({ command: ["true"], run_config: { type: "LocalRun" } });
  const refused = { status: 422, body: { code: "INVALID_REQUEST", path: "id", detail: expect.stringContaining("address") } };
  expect(await post(JSON.stringify({ ...JSON.parse(body), id }))).toMatchObject(refused);
  expect(await post(body, { authorization: "Bearer all-secret", "idempotency-key": id })).toMatchObject(refused);
  expect(await post(JSON.stringify({ ...JSON.parse(body), id: `${id}.a` }))).toMatchObject({ status: 202, body: { id: `${id}.a` } });
});

test("a body of 1 MiB is taken, one byte more is not: with its length told, and chunked", async () => {
  expect(await post(sized("largest", MEBIBYTE))).toMatchObject({ status: 202 });
  expect(await post(chunked(sized("largest-chunked", MEBIBYTE)))).toMatchObject({ status: 202 });
  for (const body of [sized("over", MEBIBYTE + 1), chunked(sized("over", MEBIBYTE + 1))]) {
    expect(await post(body)).toMatchObject({ status: 413, body: { code: "TOO_LARGE" } });
  }
  const signed = sized("over", MEBIBYTE + 1);
  expect(await post(chunked(signed), signedHeaders(CI, "m2", signed))).toMatchObject({ status: 413 });
  expect((await world.table.runs()).map(({ id }) => id)).not.toContain("over");
});

test.each([
  ["an empty body", "", 400, "NOT_JSON"],
  ["no JSON", "{", 400, "NOT_JSON"],
  ["no UTF-8", Buffer.of(0x7b, 0xff, 0x7d), 400, "NOT_UTF8"],
  ["a list of requests", "[]", 422, "INVALID_MESSAGE"],
  ["an unknown field", '{"run_config": {"type": "LocalRun"}, "comand": []}', 422, "INVALID_REQUEST"],
  ["a wake-up", '{"run": "some"}', 422, "INVALID_MESSAGE"],
  ["a pointer, where no place is allowed", '{"request_path": "s3://bucket/key.json"}', 403, "REQUEST_PATH_NOT_ALLOWED"],
  ["a type that no target runs", '{"run_config": {"type": "ECSRun"}}', 422, "NO_TARGET"],
  ["a target that is not there", '{"target": "mian", "run_config": {"type": "LocalRun"}}', 422, "TARGET_UNKNOWN"],
])("%s is a problem document with code, path and remedy", async (_rule, body, status, code) => {
  const before = (await world.table.runs()).length;
  const answer = await post(body);
  expect(answer).toMatchObject({
    status,
    body: { type: "about:blank", status, code, path: expect.any(String), remedy: expect.stringMatching(/\w/) },
  });
  expect(await world.table.runs()).toHaveLength(before);
});

test("the same id again is the same run; with another content it is 409, and the first is untouched", async () => {
  const client = bearerClient(world.url, "all-secret");
  const request = { id: "twice", command: ["true"], run_config: { type: "LocalRun" } };
  const first = await client.post("/runs", request);
  expect(first).toMatchObject({ status: 202, body: { id: "twice", known: false, id_from: "request", state: "ACCEPTED" } });
  expect(first.headers.get("location")).toBe("/runs/twice");
  expect(await client.post("/runs", request)).toMatchObject({ status: 202, body: { id: "twice", known: true } });
  expect(await client.post("/runs", { ...request, command: ["false"] })).toMatchObject({
    status: 409,
    body: { code: "ID_REUSED", path: "id" },
  });
  await world.dispatchAll();
  expect(world.launches.filter(({ id }) => id === "twice")).toHaveLength(1);
});

test("a client that sends slower than the limit allows is told so, and what it held is freed", async () => {
  let cancelled = false;
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.from("{")),
    cancel: () => {
      cancelled = true;
    },
  });
  const request = new Request("http://h/runs", { method: "POST", body, duplex: "half" } as RequestInit);
  await expect(readBody(request, { most: 1000, held: 0 }, 50)).rejects.toMatchObject({ code: "BODY_TIMEOUT" });
  expect(cancelled).toBe(true);
});

test("a body without end is read to the limit and no further", async () => {
  let sent = 0;
  let cancelled = false;
  const body = new ReadableStream({
    pull(controller) {
      sent += 65_536;
      controller.enqueue(Buffer.alloc(65_536));
    },
    cancel: () => {
      cancelled = true;
    },
  });
  const request = new Request("http://h/runs", { method: "POST", body, duplex: "half" } as RequestInit);
  await expect(readBody(request)).rejects.toMatchObject({ code: "TOO_LARGE" });
  expect(sent).toBeLessThanOrEqual(MEBIBYTE + 3 * 65_536);
  expect(cancelled).toBe(true);
});

test("bodies that are each within their limit are refused where they are too much together, and the room is free afterwards", async () => {
  const room = { most: 1500, held: 0 };
  const open = Promise.withResolvers<void>();
  const holding = new ReadableStream({
    async pull(controller) {
      controller.enqueue(Buffer.alloc(1000));
      await open.promise;
      controller.close();
    },
  });
  const call = (body: ReadableStream) => new Request("http://h/runs", { method: "POST", body, duplex: "half" } as RequestInit);
  const first = readBody(call(holding), room);
  await expect(readBody(call(chunked("x".repeat(1000))), room)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  open.resolve();
  expect(await first).toHaveLength(1000);
  expect(room.held).toBe(0);
  expect(await readBody(call(chunked("x".repeat(1000))), room)).toHaveLength(1000);
});

test("a connection that breaks off in the body leaves nothing, and the next call is answered", async () => {
  const socket: Socket = connect(Number(new URL(world.url).port), "127.0.0.1");
  const head = ["POST /runs HTTP/1.1", "host: h", "authorization: Bearer all-secret", "content-length: 1000", "", ""].join("\r\n");
  await new Promise<void>((resolve) => socket.write(`${head}{"id": "broken"`, () => resolve()));
  socket.destroy();
  expect(await answerOf(fetch(`${world.url}/healthz`))).toMatchObject({ status: 200 });
  expect((await world.table.runs()).map(({ id }) => id)).not.toContain("broken");
});
