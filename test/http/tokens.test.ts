import { afterAll, beforeAll, expect, test } from "vitest";
import { answerOf, bearerClient, signedHeaders } from "../support/http-clients.ts";
import { type HttpWorld, httpWorld } from "../support/http-world.ts";

const CONFIG = `
targets:
  - {name: main, type: local, env: {LOG_LEVEL: operators-own}}
  - {name: prod, type: local, labels: [prod]}
  - {name: test, type: local, labels: [prod, test]}
  - {name: full, type: local, labels: [full], fallback: [prod, spare]}
  - {name: spare, type: local, labels: [spare]}
http:
  tokens:
    - {name: all, secret: "env:ALL", may: [submit, read, cancel], targets: ["*"]}
    - {name: reader, secret: "env:READER", may: [read], targets: ["*"]}
    - {name: submitter, secret: "env:SUBMITTER", may: [submit], targets: ["*"]}
    - {name: tester, secret: "env:TESTER", may: [submit, read, cancel], targets: ["te*"]}
    - {name: narrow, secret: "env:NARROW", may: [submit, read, cancel], targets: [full, spare]}
  webhooks: [{name: ci, secrets: ["env:CI"], targets: [test]}]
`;
const CI = `whsec_${Buffer.from("a secret of 24 bytes ...").toString("base64")}`;
const SECRETS = {
  ALL: "all-secret",
  READER: "reader-secret",
  SUBMITTER: "submitter-secret",
  TESTER: "tester-secret",
  NARROW: "narrow-secret",
  CI,
};

let world: HttpWorld;
beforeAll(async () => {
  world = await httpWorld({ config: CONFIG, secrets: SECRETS });
});
afterAll(() => world.close());

const as = (name: keyof typeof SECRETS) => bearerClient(world.url, SECRETS[name]);
const request = (more: object = {}, labels: readonly string[] = []) => ({
  command: ["true"],
  run_config: { type: "LocalRun", labels },
  ...more,
});

test.each([
  ["without a token", {}, 401, "UNAUTHENTICATED"],
  ["with a token that nobody has", { authorization: "Bearer nobodys-secret" }, 401, "UNAUTHENTICATED"],
  ["with an empty token", { authorization: "Bearer " }, 401, "UNAUTHENTICATED"],
  ["with another scheme", { authorization: "Basic YWxsLXNlY3JldDo=" }, 401, "UNAUTHENTICATED"],
  ["with two tokens", { authorization: "Bearer all-secret, Bearer all-secret" }, 401, "UNAUTHENTICATED"],
  ["with the beginning of a token", { authorization: "Bearer all-secre" }, 401, "UNAUTHENTICATED"],
  ["with a token and more", { authorization: "Bearer all-secret2" }, 401, "UNAUTHENTICATED"],
])("%s nothing is read, written or launched", async (_rule, headers, status, code) => {
  const calls = [
    ["POST", "/runs"],
    ["POST", "/plan"],
    ["GET", "/runs"],
    ["GET", "/runs/some"],
    ["POST", "/runs/some/cancel"],
    ["GET", "/targets"],
  ];
  for (const [method = "", path] of calls) {
    const body = method === "POST" ? { body: JSON.stringify(request()) } : {};
    const answer = await answerOf(fetch(`${world.url}${path}`, { method, headers: headers as Record<string, string>, ...body }));
    expect(answer, `${method} ${path}`).toMatchObject({ status, body: { status, code } });
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  }
  expect(await world.table.runs()).toEqual([]);
});

test.each([
  ["READER", "POST", "/runs"],
  ["READER", "POST", "/plan"],
  ["READER", "POST", "/runs/some/cancel"],
  ["SUBMITTER", "GET", "/runs"],
  ["SUBMITTER", "GET", "/runs/some"],
  ["SUBMITTER", "GET", "/targets"],
  ["SUBMITTER", "POST", "/runs/some/cancel"],
] as const)("%s may not %s %s: 403 that says what it may", async (name, method, path) => {
  const answer = method === "GET" ? await as(name).get(path) : await as(name).post(path, request());
  expect(answer).toMatchObject({ status: 403, body: { code: "NOT_PERMITTED" } });
  expect(await world.table.runs()).toEqual([]);
});

test("a cancel in a body needs the right to cancel", async () => {
  const answer = await as("SUBMITTER").post("/runs", { cancel: { id: "some" } });
  expect(answer).toMatchObject({ status: 403, body: { code: "NOT_PERMITTED" } });
  expect(await world.table.runs()).toEqual([]);
});

test.each([
  ["pinned to a target of its own", { target: "test" }, [], 202, undefined, "test"],
  ["pinned to another's", { target: "prod" }, [], 403, "TARGET_NOT_ALLOWED", undefined],
  ["pinned to one that is not there: whether it is there is not told", { target: "absent" }, [], 403, "TARGET_NOT_ALLOWED", undefined],
  ["by a label that another target has first", {}, ["prod"], 202, undefined, "test"],
  ["by a label that only others have", {}, ["spare"], 422, "NO_TARGET", undefined],
  ["without labels, for the target that takes all but the sender's", {}, [], 422, "NO_TARGET", undefined],
] as const)("a token for te*: %s", async (rule, more, labels, status, code, target) => {
  const id = `tester-${rule}`;
  const answer = await as("TESTER").post("/runs", request({ id, ...more }, labels));
  expect(answer).toMatchObject(code === undefined ? { status, body: { id } } : { status, body: { code } });
  expect(JSON.stringify(answer.body)).not.toMatch(/"(?:main|spare|full)"|main:|spare:|full:/);
  await world.dispatchAll();
  expect(world.launches.filter((launch) => launch.id === id)).toEqual(target === undefined ? [] : [{ id, target }]);
});

test("a webhook's targets bound its runs as a token's do", async () => {
  const send = (body: string, id: string) =>
    answerOf(fetch(`${world.url}/runs`, { method: "POST", headers: signedHeaders(CI, id, body), body }));
  expect(await send(JSON.stringify(request({ target: "prod" })), "w-1")).toMatchObject({
    status: 403,
    body: { code: "TARGET_NOT_ALLOWED" },
  });
  expect(await send(JSON.stringify(request({}, ["prod"])), "w-2")).toMatchObject({ status: 202 });
  await world.dispatchAll();
  expect(world.launches.filter(({ id }) => id.startsWith("w-"))).toEqual([{ id: "w-2", target: "test" }]);
});

test("a fallback outside the sender's targets is passed over", async () => {
  expect(await as("NARROW").post("/runs", request({ id: "fell-back" }, ["full"]))).toMatchObject({ status: 202 });
  await world.dispatchAll();
  expect(world.launches.filter(({ id }) => id === "fell-back").map(({ target }) => target)).toEqual(["full", "spare"]);
});

test("what a sender may use is what it may see and end", async () => {
  expect(await as("ALL").post("/runs", request({ id: "on-prod", target: "prod" }))).toMatchObject({ status: 202 });
  expect(await as("TESTER").post("/runs", request({ id: "on-test", target: "test" }))).toMatchObject({ status: 202 });
  const seen = async () => ((await as("TESTER").get("/runs")).body as { runs: { id: string }[] }).runs.map(({ id }) => id);
  for (const state of ["ACCEPTED", "LAUNCHED"]) {
    expect(await as("TESTER").get("/runs/on-test")).toMatchObject({ status: 200, body: { state } });
    expect(await as("TESTER").get("/runs/on-prod")).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    expect(await as("TESTER").post("/runs/on-prod/cancel")).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    expect(await as("TESTER").post("/runs", { cancel: { id: "on-prod" } })).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    expect(await seen()).toContain("on-test");
    expect(await seen()).not.toContain("on-prod");
    await world.dispatchAll();
  }
  expect((await as("ALL").get("/runs/on-prod")).body).not.toHaveProperty("cancel_requested_at");
  expect(await as("TESTER").get("/targets")).toMatchObject({ status: 200, body: { targets: [{ name: "test" }] } });
  expect(await as("TESTER").post("/runs/not-yet-seen/cancel")).toMatchObject({ status: 404 });
});

test("a rotated token is good with the first call that bears it, and the old one no longer than its secret", async () => {
  const secrets = { ROTATED: "old-secret" };
  const config =
    'targets: [{name: main, type: local}]\nhttp: {tokens: [{name: rotated, secret: "env:ROTATED", may: [read], targets: ["*"]}]}\n';
  const rotated = await httpWorld({ config, secrets });
  try {
    const status = async (token: string) => (await bearerClient(rotated.url, token).get("/targets")).status;
    expect(await status("old-secret")).toBe(200);
    secrets.ROTATED = "new-secret";
    expect(await status("new-secret")).toBe(200);
    expect(await status("old-secret")).toBe(401);
  } finally {
    await rotated.close();
  }
});

test("a secret that can't be read keeps its bearer out with 503, told in the log by name, and no other", async () => {
  const config = `
targets: [{name: main, type: local}]
http:
  tokens:
    - {name: there, secret: "env:THERE", may: [read], targets: ["*"]}
    - {name: missing, secret: "env:MISSING", may: [read], targets: ["*"]}
`;
  const partly = await httpWorld({ config, secrets: { THERE: "there-secret" } });
  try {
    expect(await bearerClient(partly.url, "there-secret").get("/targets")).toMatchObject({ status: 200 });
    const answer = await bearerClient(partly.url, "other-secret").get("/targets");
    expect(answer).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(partly.logged.join("\n")).toContain("token missing");
    // Nobody guesses another's meanwhile: what can't be checked counts as what is wrong.
    const guesses = await Promise.all(Array.from({ length: 19 }, (_, n) => bearerClient(partly.url, `guess-${n}`).get("/targets")));
    expect(new Set(guesses.map(({ status }) => status))).toEqual(new Set([503]));
    expect(await bearerClient(partly.url, "guess").get("/targets")).toMatchObject({ status: 429, body: { code: "TOO_MANY_FAILURES" } });
    expect(await bearerClient(partly.url, "there-secret").get("/targets")).toMatchObject({ status: 200 });
  } finally {
    await partly.close();
  }
});

test("no log line, record or answer holds a token, a signing secret or an env value", async () => {
  await as("ALL").post("/runs", request({ id: "with-env", run_config: { type: "LocalRun", env: { PASSWORD: "env-value-of-a-run" } } }));
  await as("ALL").post("/runs", { id: "bad-env", run_config: { type: "LocalRun", env: { PASSWORD: ["env-value-of-a-run"] } } });
  await world.dispatchAll();
  const told = [
    ...world.logged,
    JSON.stringify((await as("ALL").get("/runs/with-env")).body),
    JSON.stringify((await as("ALL").get("/runs")).body),
    JSON.stringify((await as("ALL").get("/targets")).body),
    JSON.stringify(await world.table.runs()),
  ].join("\n");
  for (const secret of [...Object.values(SECRETS), "env-value-of-a-run", "operators-own"]) expect(told).not.toContain(secret);
});
