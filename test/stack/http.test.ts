/** The HTTP interface of `npm start`, as a newcomer meets it. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DevStack } from "../support/dev-stack.ts";
import { bearerClient } from "../support/http-clients.ts";

let stack: DevStack;
let other: DevStack;
beforeAll(async () => {
  [stack, other] = await Promise.all([DevStack.create(), DevStack.create()]);
  await Promise.all([stack.start(), other.start()]);
});
afterAll(() => Promise.all([stack.remove(), other.remove()]));

const tokenFile = (of: DevStack) => join(of.folder, ".slipway", "http-token");
const tokenOf = async (of: DevStack) => (await readFile(tokenFile(of), "utf8")).trim();
const urlOf = async (of: DevStack) => (await of.stackFile()).endpoints.http;

test("two stacks of one machine answer on loopback, each at its own port", async () => {
  const urls = await Promise.all([stack, other].map(urlOf));
  for (const url of urls) expect(new URL(url).hostname).toBe("127.0.0.1");
  expect(new Set(urls).size).toBe(2);
});

test("the token is made at the first start, told then and never again, kept for its user alone, and stays good", async () => {
  const token = await tokenOf(stack);
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect((await stat(tokenFile(stack))).mode & 0o777).toBe(0o600);
  expect(stack.printed).toContain(token);
  await stack.end("SIGINT");
  await stack.start();
  expect(await tokenOf(stack)).toBe(token);
  expect(stack.printed).not.toContain(token);
  expect(await bearerClient(await urlOf(stack), token).get("/targets")).toMatchObject({ status: 200 });
  expect(await bearerClient(await urlOf(stack), await tokenOf(other)).get("/targets")).toMatchObject({ status: 401 });
  expect(await readFile(join(stack.folder, ".slipway", "slipway.log"), "utf8")).not.toContain(token);
});

test("the README's calls do what it says", async () => {
  const readme = await readFile("README.md", "utf8");
  const calls = [...readme.matchAll(/^curl .*http:\/\/127\.0\.0\.1:8787(\S+)$/gm)].map(([, path]) => path);
  expect(calls).toEqual(["/runs", "/runs/curl-1"]);
  const client = bearerClient(await urlOf(stack), await tokenOf(stack));
  const body = await readFile("examples/hello.json", "utf8");
  // What curl's -d says of its data when it is told nothing else.
  const headers = { "idempotency-key": "curl-1", "content-type": "application/x-www-form-urlencoded" };
  for (const known of [false, true]) {
    const answer = await client.post("/runs", body, headers);
    expect(answer).toMatchObject({ status: 202, body: { id: "curl-1", known, id_from: "idempotency-key" } });
    expect(answer.headers.get("location")).toBe("/runs/curl-1");
  }
  expect(await client.post("/runs", { run_config: { type: "LocalRun" }, command: ["true"] }, headers)).toMatchObject({ status: 409 });
  const ended = async () => {
    const { body: run } = await client.get("/runs/curl-1");
    return JSON.stringify(run).includes('"state":"SUCCEEDED"');
  };
  await expect.poll(ended, { timeout: 20_000 }).toBe(true);
});
