import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerOf, signedHeaders } from "../support/http-clients.ts";
import { type HttpWorld, httpWorld } from "../support/http-world.ts";

const secretOf = (fill: string) => `whsec_${Buffer.from(fill.repeat(24).slice(0, 24)).toString("base64")}`;
const NEW = secretOf("new");
const OLD = secretOf("old");
const WRONG = secretOf("wrong");

const CONFIG = `
targets: [{name: main, type: local}]
http:
  webhooks: [{name: ci, secrets: ["env:CI_NEW", "env:CI_OLD"], targets: ["*"]}]
`;

const BODY = JSON.stringify({ command: ["true"], run_config: { type: "LocalRun" } });
const MINUTE = 60_000;

let world: HttpWorld;
beforeAll(async () => {
  world = await httpWorld({ config: CONFIG, secrets: { CI_NEW: NEW, CI_OLD: OLD } });
});
afterAll(() => world.close());

const post = (headers: Record<string, string>, body: string | Uint8Array) =>
  answerOf(fetch(`${world.url}/runs`, { method: "POST", headers, body: body as string }));

/** The run's id, and what is sent. */
type Vector = (id: string) => { readonly headers: Record<string, string>; readonly body: string | Uint8Array };

const later = (milliseconds: number) => new Date(Date.now() + milliseconds);

const taken: readonly (readonly [string, Vector])[] = [
  ["signed with the new secret", (id) => ({ headers: signedHeaders(NEW, id, BODY), body: BODY })],
  ["signed with the old one while both are good", (id) => ({ headers: signedHeaders(OLD, id, BODY), body: BODY })],
  [
    "signed with several, of which one is known",
    (id) => {
      const headers = signedHeaders(WRONG, id, BODY);
      const both = `${headers["webhook-signature"]} ${signedHeaders(NEW, id, BODY)["webhook-signature"]}`;
      return { headers: { ...headers, "webhook-signature": both }, body: BODY };
    },
  ],
  [
    "with a signature of another version beside it",
    (id) => {
      const headers = signedHeaders(NEW, id, BODY);
      return { headers: { ...headers, "webhook-signature": `v1a,AAAA ${headers["webhook-signature"]}` }, body: BODY };
    },
  ],
  ["four minutes old", (id) => ({ headers: signedHeaders(NEW, id, BODY, later(-4 * MINUTE)), body: BODY })],
  ["four minutes ahead", (id) => ({ headers: signedHeaders(NEW, id, BODY, later(4 * MINUTE)), body: BODY })],
  ["a body with a byte order mark", (id) => ({ headers: signedHeaders(NEW, id, `\uFEFF${BODY}`), body: `\uFEFF${BODY}` })],
  [
    "a body in base64",
    (id) => {
      const body = Buffer.from(BODY).toString("base64");
      return { headers: signedHeaders(NEW, id, body), body };
    },
  ],
];

test.each(taken)("taken: %s", async (rule, vector) => {
  const id = `msg_${rule.replaceAll(/\W+/g, "-")}`;
  const { headers, body } = vector(id);
  expect(await post(headers, body)).toMatchObject({ status: 202, body: { id, known: false, id_from: "webhook-id" } });
  await world.dispatchAll();
  expect(world.launches.filter((launch) => launch.id === id)).toHaveLength(1);
});

const without =
  (name: string): Vector =>
  (id) => {
    const { [name]: _, ...headers } = signedHeaders(NEW, id, BODY);
    return { headers, body: BODY };
  };

const altered =
  (name: string, change: (value: string) => string): Vector =>
  (id) => {
    const headers = signedHeaders(NEW, id, BODY);
    return { headers: { ...headers, [name]: change(headers[name] ?? "") }, body: BODY };
  };

const refused: readonly (readonly [string, number, string, Vector])[] = [
  ["one byte altered", 401, "SIGNATURE_INVALID", (id) => ({ headers: signedHeaders(NEW, id, BODY), body: BODY.replace("true", "trve") })],
  ["a byte appended", 401, "SIGNATURE_INVALID", (id) => ({ headers: signedHeaders(NEW, id, BODY), body: `${BODY} ` })],
  ["another id than the signed one", 401, "SIGNATURE_INVALID", altered("webhook-id", (id) => `${id}x`)],
  ["another time than the signed one", 401, "SIGNATURE_INVALID", altered("webhook-timestamp", (time) => String(Number(time) - 1))],
  ["six minutes old", 401, "SIGNATURE_INVALID", (id) => ({ headers: signedHeaders(NEW, id, BODY, later(-6 * MINUTE)), body: BODY })],
  ["six minutes ahead", 401, "SIGNATURE_INVALID", (id) => ({ headers: signedHeaders(NEW, id, BODY, later(6 * MINUTE)), body: BODY })],
  ["a secret that nobody has", 401, "SIGNATURE_INVALID", (id) => ({ headers: signedHeaders(WRONG, id, BODY), body: BODY })],
  ["no id", 400, "INVALID_HEADERS", without("webhook-id")],
  ["no time", 400, "INVALID_HEADERS", without("webhook-timestamp")],
  ["no signature", 400, "INVALID_HEADERS", without("webhook-signature")],
  ["no headers at all", 401, "UNAUTHENTICATED", () => ({ headers: {}, body: BODY })],
  ["a time that is no number", 400, "INVALID_HEADERS", altered("webhook-timestamp", (time) => `${time}s`)],
  ["a signature without its version", 400, "INVALID_HEADERS", altered("webhook-signature", (value) => value.replace("v1,", ""))],
  [
    "bytes that are no text, in place of those that were signed",
    400,
    "NOT_UTF8",
    (id) => {
      const text = JSON.stringify({ name: "\uFFFD", command: ["true"], run_config: { type: "LocalRun" } });
      const bytes = Buffer.from(text);
      const at = bytes.indexOf(Buffer.from("\uFFFD"));
      return {
        headers: signedHeaders(NEW, id, text),
        body: Buffer.concat([bytes.subarray(0, at), Buffer.of(0xff), bytes.subarray(at + 3)]),
      };
    },
  ],
];

test.each(refused)("refused: %s is %i %s, and launches nothing", async (_rule, status, code, vector) => {
  const { headers, body } = vector("msg_refused");
  const before = (await world.table.runs()).length;
  const answer = await post(headers, body);
  expect(answer).toMatchObject({ status, body: { status, code, detail: expect.any(String), remedy: expect.any(String) } });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(await world.dispatchAll()).toBe(0);
  expect(await world.table.runs()).toHaveLength(before);
});

/** A call written by hand: a client would join headers that are there twice. */
function raw(lines: readonly string[], body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(world.url).port), "127.0.0.1");
    let text = "";
    socket.on("data", (chunk) => (text += chunk));
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
    socket.write(
      ["POST /runs HTTP/1.1", "host: h", `content-length: ${Buffer.byteLength(body)}`, "connection: close", ...lines, "", body].join(
        "\r\n",
      ),
    );
  });
}

test.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("refused: %s there twice, even with the same value", async (name) => {
  const headers = signedHeaders(NEW, "msg_twice", BODY);
  const lines = Object.entries(headers).map(([header, value]) => `${header}: ${value}`);
  const answer = await raw([...lines, `${name}: ${headers[name]}`], BODY);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain(`"path":"${name}"`);
  expect(await raw(lines, BODY)).toMatch(/^HTTP\/1\.1 202 /);
});

test("the same delivery twenty times at once is one run, and each is told its id", async () => {
  const headers = signedHeaders(NEW, "msg_twenty", BODY);
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(headers, BODY)));
  for (const answer of answers) expect(answer).toMatchObject({ status: 202, body: { id: "msg_twenty" } });
  expect(answers.filter(({ body }) => (body as { known: boolean }).known === false)).toHaveLength(1);
  await world.dispatchAll();
  expect(world.launches.filter(({ id }) => id === "msg_twenty")).toHaveLength(1);
  const again = await post(signedHeaders(NEW, "msg_twenty", BODY, later(1000)), BODY);
  expect(again).toMatchObject({ status: 202, body: { id: "msg_twenty", known: true, state: "LAUNCHED" } });
  await world.dispatchAll();
  expect(world.launches.filter(({ id }) => id === "msg_twenty")).toHaveLength(1);
});

test("a webhook-id stands for one run: with another content, or another id in it, it is 409", async () => {
  const first = JSON.stringify({ id: "named-1", command: ["true"], run_config: { type: "LocalRun" } });
  expect(await post(signedHeaders(NEW, "msg_used", first), first)).toMatchObject({
    status: 202,
    body: { id: "named-1", id_from: "request" },
  });
  expect(await post(signedHeaders(NEW, "msg_used", first), first)).toMatchObject({ status: 202, body: { id: "named-1", known: true } });
  for (const other of [first.replace("named-1", "named-2"), first.replace("true", "false")]) {
    expect(await post(signedHeaders(NEW, "msg_used", other), other)).toMatchObject({
      status: 409,
      body: { code: "ID_REUSED", path: "webhook-id" },
    });
  }
  await world.dispatchAll();
  expect(world.launches.filter(({ id }) => id.startsWith("named-"))).toEqual([{ id: "named-1", target: "main" }]);
});

test("a captured delivery with a CloudEvent's headers around it is no second run", async () => {
  const headers = signedHeaders(NEW, "msg_captured", BODY);
  expect(await post(headers, BODY)).toMatchObject({ status: 202, body: { id: "msg_captured" } });
  const event = { "ce-specversion": "1.0", "ce-source": "/evil", "ce-id": "7", "ce-type": "t" };
  expect(await post({ ...headers, ...event }, BODY)).toMatchObject({ status: 202, body: { id: "msg_captured", known: true } });
});
