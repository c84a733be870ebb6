import { afterAll, beforeAll, expect, test } from "vitest";
import { answerOf, bearerClient } from "../support/http-clients.ts";
import { type HttpWorld, httpWorld } from "../support/http-world.ts";

const CONFIG = `
targets:
  - name: main
    type: local
    env: {OPERATORS: operators-own-value, SHARED: operators-shared}
    enforced_env: {ENFORCED: enforced-value}
  - {name: other, type: local, labels: [other, more]}
  - name: task
    type: ecs
    labels: [ecs]
    region: eu-west-1
    cluster: jobs
    image: busybox
    env: {ON_TARGET: target-secret}
    execution_role_arn: arn:aws:iam::123456789012:role/exec
    task_definition:
      networkMode: awsvpc
      cpu: "256"
      memory: "512"
      containerDefinitions: [{name: flow, image: busybox, environment: [{name: IN_TEMPLATE, value: template-secret}]}]
    run_task_kwargs: {networkConfiguration: {awsvpcConfiguration: {subnets: [subnet-1]}}}
http:
  tokens: [{name: all, secret: "env:ALL", may: [submit, read, cancel], targets: ["*"]}]
`;

let world: HttpWorld;
let client: ReturnType<typeof bearerClient>;
beforeAll(async () => {
  world = await httpWorld({ config: CONFIG, secrets: { ALL: "all-secret" } });
  client = bearerClient(world.url, "all-secret");
});
afterAll(() => world.close());

const request = (id: string, labels: readonly string[] = [], more: object = {}) => ({
  id,
  command: ["true"],
  run_config: { type: "LocalRun", labels },
  ...more,
});

interface Page {
  readonly runs: readonly { readonly id: string }[];
  readonly cursor: string | null;
}

async function page(query: string): Promise<Page> {
  const answer = await client.get(`/runs${query}`);
  expect(answer.status, query).toBe(200);
  return answer.body as Page;
}

/** All pages, one after the other. */
async function pages(query: string): Promise<readonly string[][]> {
  const all: string[][] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const one: Page = await page(`?${query}${cursor === "" ? "" : `&cursor=${cursor}`}`);
    all.push(one.runs.map(({ id }) => id));
    cursor = one.cursor;
  }
  return all;
}

test("pages of a list hold every run once, newest first, also those of one millisecond; filters pass over none", async () => {
  const ids = Array.from({ length: 45 }, (_, index) => `listed-${index}`);
  for (let from = 0; from < ids.length; from += 15) {
    // Fifteen at once: some have the same time.
    await Promise.all(ids.slice(from, from + 15).map((id, index) => client.post("/runs", request(id, index % 3 === 0 ? ["other"] : []))));
  }
  await world.dispatchAll();
  const created = new Map((await world.table.runs()).map((run) => [String(run["id"]), Number(run["created_at"])]));
  for (const limit of [1, 7, 45, 200]) {
    const found = await pages(`limit=${limit}`);
    for (const runs of found) expect(runs.length).toBeLessThanOrEqual(limit);
    const order = found.flat();
    expect(order.toSorted()).toEqual(ids.toSorted());
    const times = order.map((id) => created.get(id) ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  }
  const onOther = ids.filter((_, index) => (index % 15) % 3 === 0);
  for (const query of ["target=other", "label=other", "label=other&target=other&state=launched"]) {
    expect((await pages(`${query}&limit=4`)).flat().toSorted(), query).toEqual(onOther.toSorted());
  }
  for (const query of ["state=SUCCEEDED", "target=nowhere", "label=other&label=absent"])
    expect((await pages(query)).flat(), query).toEqual([]);
});

test.each([
  ["state=RUNING", "state"],
  ["limit=0", "limit"],
  ["limit=201", "limit"],
  ["limit=ten", "limit"],
  ["days=0", "days"],
  ["cursor=abc", "cursor"],
  [`cursor=${Buffer.from('["a", "b"]').toString("base64url")}`, "cursor"],
  ["stat=RUNNING", "stat"],
  ["state=RUNNING&state=LOST", "state"],
])("GET /runs?%s is refused, naming %s", async (query, path) => {
  expect(await client.get(`/runs?${query}`)).toMatchObject({ status: 400, body: { code: "INVALID_QUERY", path } });
});

test("a run is shown with its history, and nothing that is sealed or the protocol's own", async () => {
  await client.post("/runs", request("a run/with % odd ü".replace("ü", "u"), [], { name: "shown" }));
  await world.dispatchAll();
  const { status, body } = await client.get(`/runs/${encodeURIComponent("a run/with % odd u")}`);
  expect({ status, body }).toMatchObject({
    status: 200,
    body: {
      id: "a run/with % odd u",
      name: "shown",
      state: "LAUNCHED",
      target: "main",
      timeline: [{ event: "accepted" }, { event: "claimed" }, {}],
    },
  });
  for (const hidden of ["request", "digest", "owner", "key", "plan_digest"]) expect(body).not.toHaveProperty(hidden);
  expect(await client.get("/runs/absent")).toMatchObject({ status: 404, body: { code: "NOT_FOUND", path: "id" } });
});

test("a cancel is a field and a wake-up: before the launch it ends the run, after it the dispatcher stops it, at the end it changes nothing", async () => {
  await client.post("/runs", request("cancelled-early"));
  expect(await client.post("/runs/cancelled-early/cancel")).toMatchObject({ status: 202, body: { state: "ACCEPTED", known: true } });
  await world.dispatchAll();
  expect(await client.get("/runs/cancelled-early")).toMatchObject({ body: { state: "CANCELLED" } });
  expect(world.launches.map(({ id }) => id)).not.toContain("cancelled-early");
  expect(await client.post("/runs/cancelled-early/cancel")).toMatchObject({ status: 200, body: { state: "CANCELLED" } });

  await client.post("/runs", request("cancelled-late"));
  await world.dispatchAll();
  expect(await client.post("/runs", { cancel: { id: "cancelled-late" } })).toMatchObject({ status: 202, body: { state: "LAUNCHED" } });
  expect(await world.dispatchAll()).toBeGreaterThan(0);
  expect(await client.get("/runs/cancelled-late")).toMatchObject({ body: { cancel_requested_at: expect.any(String) } });
});

test("a cancel that comes before its request leaves nothing to launch", async () => {
  expect(await client.post("/runs/not-yet/cancel")).toMatchObject({ status: 202, body: { id: "not-yet", state: null, known: false } });
  expect(await client.post("/runs", request("not-yet"))).toMatchObject({ status: 202, body: { state: "CANCELLED" } });
  expect(await client.post("/runs", request("not-yet"))).toMatchObject({ status: 202, body: { state: "CANCELLED", known: true } });
  await world.dispatchAll();
  expect(world.launches.map(({ id }) => id)).not.toContain("not-yet");
});

test("a plan is the calls of a launch, with the request's own values and none of the operator's", async () => {
  const local = await client.post("/plan", {
    ...request("planned"),
    run_config: { type: "LocalRun", env: { MINE: "my-own-value", SHARED: "mine", ENFORCED: "enforced-value" } },
  });
  expect(local).toMatchObject({
    status: 200,
    body: {
      id: "planned",
      target: "main",
      launcher: "local",
      calls: [
        { api: "local:spawn", input: { env: { MINE: "my-own-value", SHARED: "mine", OPERATORS: "(hidden)", SLIPWAY_RUN_ID: "planned" } } },
      ],
    },
  });
  // Whoever guesses an enforced value is not told that the guess was right.
  expect(JSON.stringify(local.body)).not.toContain("enforced-value");
  const ecs = await client.post("/plan", {
    id: "planned",
    command: ["true"],
    run_config: { type: "ECSRun", labels: ["ecs"], env: { MINE: "my-own-value" } },
  });
  expect(ecs).toMatchObject({ status: 200, body: { target: "task", launcher: "ecs" } });
  const text = JSON.stringify(ecs.body);
  expect(text).toContain("IN_TEMPLATE");
  expect(text).toContain("my-own-value");
  for (const hidden of ["template-secret", "target-secret", "operators-own-value"]) expect(text).not.toContain(hidden);
  expect((await world.table.runs()).map((run) => run["id"])).not.toContain("planned");
});

test("targets are listed without their environments", async () => {
  const { body } = await client.get("/targets");
  expect(body).toMatchObject({
    targets: [
      { name: "main", type: "local", labels: [] },
      { name: "other", labels: ["other", "more"] },
      { name: "task", type: "ecs" },
    ],
  });
  expect(JSON.stringify(body)).not.toMatch(/secret|value/);
});

test("health and description need no token, and say nothing of what is configured", async () => {
  expect(await answerOf(fetch(`${world.url}/healthz`))).toMatchObject({ status: 200, body: { status: "ok" } });
  const { status, body } = await answerOf(fetch(`${world.url}/openapi.json`));
  expect(status).toBe(200);
  expect(body).toMatchObject({
    openapi: "3.1.0",
    paths: { "/runs": {}, "/runs/{id}": {}, "/runs/{id}/cancel": {}, "/plan": {}, "/targets": {} },
  });
  expect(JSON.stringify(body)).not.toMatch(/operators|jobs|123456789012/);
});

test.each([
  ["GET", "/nothing", 404, "NOT_FOUND"],
  ["DELETE", "/runs", 405, "METHOD_NOT_ALLOWED"],
  ["PUT", "/runs/some", 405, "METHOD_NOT_ALLOWED"],
  ["GET", "/plan", 405, "METHOD_NOT_ALLOWED"],
  ["GET", "/runs/some/cancel", 200, undefined],
])("%s %s", async (method, path, status, code) => {
  const answer = await answerOf(fetch(`${world.url}${path}`, { method, headers: { authorization: "Bearer all-secret" } }));
  // A run's id may end so.
  if (status === 200) expect(answer).toMatchObject({ status: 404, body: { code: "NOT_FOUND", path: "id" } });
  else expect(answer).toMatchObject({ status, body: { code } });
});
