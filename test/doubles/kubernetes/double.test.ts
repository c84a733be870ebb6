/** Each quirk of the double, by its name; the table of the README has the same. */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import type { PodLife } from "./life.ts";
import { matches } from "./lists.ts";
import type { KubernetesDoubleOptions, RefusalName } from "./options.ts";
import { QUIRKS } from "./quirks.ts";
import { kubernetesService } from "./service.ts";

const START = Date.UTC(2026, 0, 5, 12);
const JOBS = "/apis/batch/v1/namespaces/default/jobs";

type Body = Readonly<Record<string, unknown>>;

function service(options: KubernetesDoubleOptions = {}) {
  let now = START;
  const cluster = kubernetesService({ clock: { now: () => now }, ...options });
  async function ask(method: string, path: string, body?: object | string, headers: Readonly<Record<string, string>> = {}) {
    const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
    const answer = await cluster.handle({ method, path, headers, body: text });
    const isJson = answer.headers["content-type"] === "application/json";
    return { ...answer, json: (isJson ? JSON.parse(answer.body) : {}) as Body };
  }
  const make = (name: string, over: Parts = {}, query = "") => ask("POST", `${JOBS}${query}`, job(name, over));
  return { cluster, ask, make, later: (milliseconds: number) => (now += milliseconds) };
}

interface Parts {
  readonly metadata?: JsonObject;
  readonly spec?: JsonObject;
  readonly pod?: JsonObject;
}

function job(name: string, { metadata, spec, pod }: Parts = {}): JsonObject {
  const containers = [{ name: "flow", image: "i:1" }];
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, ...metadata },
    spec: { ...spec, template: { metadata: { labels: { of: name } }, spec: { restartPolicy: "Never", containers, ...pod } } },
  };
}

const conditions = (seen: Body) => ((seen["status"] as JsonObject)["conditions"] ?? []) as readonly JsonObject[];
const types = (seen: Body) => conditions(seen).map(({ type }) => type);
const pods = (name: string) => `/api/v1/namespaces/default/pods?labelSelector=of%3D${name}`;

/** A test for each quirk: leaving one out does not compile. */
const CHECKS: { readonly [Name in keyof typeof QUIRKS]: () => Promise<void> } = {
  "a name that is taken: 409 AlreadyExists, and nothing changes": async () => {
    const { make, cluster } = service();
    expect((await make("a")).status).toBe(201);
    expect(await make("a", { metadata: { labels: { another: "one" } } })).toMatchObject({ status: 409, json: { reason: "AlreadyExists" } });
    expect(cluster.jobs()).toHaveLength(1);
  },
  "a quota that is counted twice at once: 409 Conflict, about the quota": () =>
    refusal("quotaConflict", { status: 409, json: { reason: "Conflict", details: { kind: "resourcequotas" } } }),
  "a quota that is used up: 403 Forbidden that says exceeded quota": () =>
    refusal("quota", { status: 403, json: { reason: "Forbidden", message: expect.stringContaining("exceeded quota") } }),
  "too many requests: 429 with Retry-After": () => refusal("tooMany", { status: 429, headers: { "retry-after": "1" } }),
  "a namespace that is being deleted: 403 with the cause NamespaceTerminating": () =>
    refusal("terminating", { status: 403, json: { details: { causes: [{ reason: "NamespaceTerminating" }] } } }),
  "a webhook's refusal says its own words, which may repeat the object": () =>
    refusal("webhook", { status: 403, json: { message: expect.stringContaining('"containers"') } }),
  "what can't be read: 400; what is read and wrong: 422 with a cause for each field": async () => {
    const { ask, make } = service();
    expect((await ask("POST", JOBS, "{")).status).toBe(400);
    expect((await make("a", { spec: { backoffLimit: "many" } })).status).toBe(400);
    const containers = [
      { name: "A B", image: "i" },
      { name: "b", image: "" },
    ];
    const { status, json } = await make("a", { pod: { containers, restartPolicy: "Always" } });
    const { causes } = json["details"] as { causes: readonly { field: string }[] };
    expect(status).toBe(422);
    expect(causes.map(({ field }) => field.replace("spec.template.spec.", ""))).toEqual([
      "restartPolicy",
      "containers[0].name",
      "containers[1].image",
    ]);
  },
  "a cause's message repeats the value": async () => {
    const { make } = service();
    const { body } = await make("Not A Name");
    expect(body).toContain('Invalid value: \\"Not A Name\\"');
  },
  "strict field validation names unknown fields in a 400": async () => {
    const { make } = service();
    const parts = { spec: { ttl: 1 }, pod: { nodeSelectr: {} } };
    expect((await make("a", parts)).status).toBe(201);
    const { status, body } = await make("b", parts, "?fieldValidation=Strict");
    expect(status).toBe(400);
    expect(body).toContain('unknown field \\"spec.ttl\\"');
    expect(body).toContain('unknown field \\"spec.template.spec.nodeSelectr\\"');
  },
  "another namespace in the object than in the path: 400": async () => {
    const { make } = service();
    expect((await make("a", { metadata: { namespace: "other" } })).status).toBe(400);
    expect((await make("b", { metadata: { namespace: "default" } })).status).toBe(201);
  },
  "a Job is kept with every default, a selector of its own, and labels of its name": async () => {
    const { make } = service();
    const { json } = await make("a");
    expect(json).toMatchObject({
      metadata: { uid: expect.any(String), labels: { "job-name": "a" }, namespace: "default" },
      spec: {
        backoffLimit: 6,
        completions: 1,
        parallelism: 1,
        selector: { matchLabels: {} },
        template: { metadata: { labels: { "batch.kubernetes.io/job-name": "a" } } },
      },
    });
  },
  "ephemeral containers in a template: 422": async () => {
    const { make } = service();
    expect((await make("a", { pod: { ephemeralContainers: [{ name: "e", image: "i" }] } })).status).toBe(422);
  },
  "pages go on where the last ended, at the version that the list began with": async () => {
    const { make, ask } = service();
    for (const name of ["a", "b", "c"]) await make(name);
    const first = await ask("GET", `${JOBS}?limit=2`);
    const { continue: more } = first.json["metadata"] as JsonObject;
    await make("d");
    const second = await ask("GET", `${JOBS}?limit=2&continue=${more}`);
    const names = (of: Body) => (of["items"] as readonly JsonObject[]).map(({ metadata }) => (metadata as JsonObject)["name"]);
    expect([...names(first.json), ...names(second.json)]).toEqual(["a", "b", "c"]);
    expect(second.json["metadata"]).not.toHaveProperty("continue");
  },
  "a page that comes too late: 410 Expired": async () => {
    const { make, ask, later } = service();
    for (const name of ["a", "b"]) await make(name);
    const { continue: more } = (await ask("GET", `${JOBS}?limit=1`)).json["metadata"] as JsonObject;
    later(301_000);
    expect(await ask("GET", `${JOBS}?limit=1&continue=${more}`)).toMatchObject({ status: 410, json: { reason: "Expired" } });
  },
  "a list may be behind what was just made": async () => {
    const { make, ask, later } = service({ listLagMs: 5000 });
    await make("a");
    expect((await ask("GET", JOBS)).json["items"]).toEqual([]);
    expect((await ask("GET", `${JOBS}/a`)).status).toBe(200);
    later(5000);
    expect((await ask("GET", JOBS)).json["items"]).toHaveLength(1);
  },
  "label selectors: equality, in, notin, there, not there": async () => {
    const labels = { a: "1", "x.y/z": "2" };
    const holding = [
      "a=1",
      "a==1",
      "a!=2",
      "b!=1",
      "a in (1,2)",
      "x.y/z in (2)",
      "a notin (2, 3)",
      "b notin (1)",
      "a",
      "!b",
      "a=1,x.y/z=2",
      "a in (1),!b",
      "",
    ];
    const failing = ["a=2", "a!=1", "a in (2,3)", "b in (1)", "a notin (1)", "b", "!a", "a=1,b=1"];
    expect(holding.filter((selector) => !matches(selector, labels))).toEqual([]);
    expect(failing.filter((selector) => matches(selector, labels))).toEqual([]);
  },
  "a deletion in the foreground leaves the Job until its pod is gone": async () => {
    const { make, ask, later } = service({ life: { stopMs: 30_000 } });
    await make("a");
    await ask("DELETE", `${JOBS}/a`, { propagationPolicy: "Foreground" });
    later(29_999);
    expect(await ask("GET", `${JOBS}/a`)).toMatchObject({
      json: { metadata: { finalizers: ["foregroundDeletion"], deletionTimestamp: expect.any(String) } },
    });
    later(1);
    expect(await ask("GET", `${JOBS}/a`)).toMatchObject({ status: 404, json: { details: { kind: "jobs", name: "a" } } });
  },
  "a deletion in the background takes the Job away at once": async () => {
    const { make, ask } = service({ life: { stopMs: 30_000 } });
    await make("a");
    await ask("DELETE", `${JOBS}/a`, { propagationPolicy: "Background" });
    expect((await ask("GET", `${JOBS}/a`)).status).toBe(404);
    expect((await make("a")).status).toBe(201);
  },
  "a deletion under another uid: 409 Conflict": async () => {
    const { make, ask } = service();
    await make("a");
    expect(await ask("DELETE", `${JOBS}/a`, { preconditions: { uid: "another" } })).toMatchObject({
      status: 409,
      json: { reason: "Conflict" },
    });
    expect((await ask("GET", `${JOBS}/a`)).status).toBe(200);
  },
  "a second deletion changes nothing": async () => {
    const { make, ask, later } = service({ life: { stopMs: 30_000 } });
    await make("a");
    await ask("DELETE", `${JOBS}/a`, { propagationPolicy: "Foreground" });
    later(20_000);
    expect((await ask("DELETE", `${JOBS}/a`, { propagationPolicy: "Foreground" })).status).toBe(200);
    later(10_000);
    expect((await ask("DELETE", `${JOBS}/a`)).status).toBe(404);
  },
  "a Job past its deadline fails, and its pod is deleted": async () => {
    const { make, ask, later } = service();
    await make("a", { spec: { activeDeadlineSeconds: 60 } });
    later(60_000);
    const { json } = await ask("GET", `${JOBS}/a`);
    expect(conditions(json)).toContainEqual(expect.objectContaining({ type: "Failed", reason: "DeadlineExceeded" }));
    expect((await ask("GET", pods("a"))).json["items"]).toEqual([]);
  },
  "a Job is gone when its time to live is over": async () => {
    const { make, ask, later } = service({ life: { runMs: 1000 } });
    await make("a", { spec: { ttlSecondsAfterFinished: 60 } });
    later(60_999);
    expect((await ask("GET", `${JOBS}/a`)).status).toBe(200);
    later(1);
    expect((await ask("GET", `${JOBS}/a`)).status).toBe(404);
  },
  "Complete and Failed come after SuccessCriteriaMet and FailureTarget": async () => {
    const { make, ask, later } = service({ life: (name) => ({ runMs: 0, exitCode: name === "good" ? 0 : 1 }) });
    await make("good");
    await make("bad");
    later(1);
    expect(types((await ask("GET", `${JOBS}/good`)).json)).toEqual(["SuccessCriteriaMet", "Complete"]);
    expect(types((await ask("GET", `${JOBS}/bad`)).json)).toEqual(["FailureTarget", "Failed"]);
  },
  "a pod that a policy does not let in: the Job is there, and an event says why": async () => {
    const { make, ask } = service({ life: { stuck: "FailedCreate" } });
    const { uid } = (await make("a")).json["metadata"] as JsonObject;
    expect((await ask("GET", pods("a"))).json["items"]).toEqual([]);
    const events = await ask("GET", `/api/v1/namespaces/default/events?fieldSelector=involvedObject.uid%3D${uid}`);
    expect(events.json["items"]).toMatchObject([{ reason: "FailedCreate", message: expect.stringContaining("violates PodSecurity") }]);
  },
  "a suspended Job has no pod": async () => {
    const { make, ask, later } = service({ life: { runMs: 0 } });
    await make("a", { spec: { suspend: true } });
    later(1000);
    expect(types((await ask("GET", `${JOBS}/a`)).json)).toEqual(["Suspended"]);
    expect((await ask("GET", pods("a"))).json["items"]).toEqual([]);
  },
  "a Job that is let go starts then": async () => {
    const { make, ask, later } = service({ life: { queuedMs: 5000 } });
    await make("a", { spec: { suspend: true } });
    const before = (await ask("GET", `${JOBS}/a`)).json["status"] as JsonObject;
    expect(before["startTime"]).toBeUndefined();
    later(5000);
    const { spec, status } = (await ask("GET", `${JOBS}/a`)).json as { spec: JsonObject; status: JsonObject };
    expect([spec["suspend"], status["startTime"], status["conditions"]]).toEqual([
      false,
      expect.any(String),
      [expect.objectContaining({ type: "Suspended", status: "False", reason: "JobResumed" })],
    ]);
    expect((await ask("GET", pods("a"))).json["items"]).toHaveLength(1);
  },
  "an unknown token: 401": async () => {
    const { ask } = service({ tokens: ["good"] });
    expect((await ask("GET", JOBS, undefined, { authorization: "Bearer good" })).status).toBe(200);
    expect(await ask("GET", JOBS, undefined, { authorization: "Bearer bad" })).toMatchObject({
      status: 401,
      json: { reason: "Unauthorized" },
    });
    expect((await ask("GET", JOBS)).status).toBe(401);
  },
  "an unknown path: 404 in plain text, without a Status": async () => {
    const { ask } = service();
    expect(await ask("GET", "/apis/batch/v2/jobs")).toMatchObject({ status: 404, headers: { "content-type": "text/plain" }, json: {} });
  },
  "times are whole seconds": async () => {
    const { make, later } = service();
    later(1234);
    expect((await make("a")).json["metadata"]).toMatchObject({ creationTimestamp: "2026-01-05T12:00:01Z" });
  },
  "one pod per Job: what would make a second is not played": async () => {
    const { make, ask, later } = service({ life: { runMs: 0, exitCode: 1 } });
    await make("a", { spec: { backoffLimit: 3 } });
    later(60_000);
    expect((await ask("GET", pods("a"))).json["items"]).toHaveLength(1);
  },
};

async function refusal(name: RefusalName, expected: object): Promise<void> {
  const { cluster, make } = service();
  cluster.refuse("create jobs", name);
  expect(await make("a")).toMatchObject(expected);
  expect(cluster.jobs()).toEqual([]);
  expect((await make("a")).status).toBe(201);
}

test.each(Object.entries(CHECKS))("%s", (_name, check) => check());

describe("a pod's life", () => {
  const states = async (life: PodLife) => {
    const { make, ask, later } = service({ life: { scheduleMs: 1000, startMs: 1000, ...life } });
    await make("a", { pod: { initContainers: [{ name: "init", image: "i" }] } });
    const seen: unknown[] = [];
    for (const wait of [0, 1000, 1000, 60_000]) {
      later(wait);
      const [pod] = (await ask("GET", pods("a"))).json["items"] as readonly { status: JsonObject }[];
      const [container] = (pod?.status["containerStatuses"] ?? []) as unknown as readonly { state: object }[];
      const inner = Object.values(container?.state ?? {})[0] as JsonObject | undefined;
      seen.push(`${pod?.status["phase"]} ${inner?.["reason"] ?? (container === undefined ? "-" : "running")}`);
    }
    return seen;
  };
  test.each<readonly [string, PodLife, readonly string[]]>([
    ["that succeeds", { runMs: 5000 }, ["Pending -", "Pending ContainerCreating", "Running running", "Succeeded Completed"]],
    ["that fails", { runMs: 5000, exitCode: 3 }, ["Pending -", "Pending ContainerCreating", "Running running", "Failed Error"]],
    [
      "out of memory",
      { runMs: 5000, fate: "OOMKilled" },
      ["Pending -", "Pending ContainerCreating", "Running running", "Failed OOMKilled"],
    ],
    [
      "without its image",
      { stuck: "ImagePullBackOff" },
      ["Pending -", "Pending ImagePullBackOff", "Pending ImagePullBackOff", "Pending ImagePullBackOff"],
    ],
    [
      "without its init container's image",
      { stuck: "init ImagePullBackOff" },
      ["Pending -", "Pending PodInitializing", "Pending PodInitializing", "Pending PodInitializing"],
    ],
    ["without a node", { stuck: "Unschedulable" }, ["Pending -", "Pending -", "Pending -", "Pending -"]],
    ["that the node did not take", { fate: "OutOfcpu" }, ["Pending -", "Pending ContainerCreating", "Failed -", "Failed -"]],
  ])("%s", async (_name, life, expected) => {
    expect(
      (await states(life)).map((state) => (state === "Pending ContainerCreating" && life.fate === "OutOfcpu" ? state : state)),
    ).toEqual(expected);
  });
});

test("the README has every quirk, with its mark and source", async () => {
  const readme = await readFile("test/doubles/kubernetes/README.md", "utf8");
  const rows = [...readme.matchAll(/^\| (.+?) +\| (documented|recorded|assumed) +\| (.+?) +\|$/gm)].map(([, name, mark, source]) => [
    name,
    { mark, source },
  ]);
  expect(Object.fromEntries(rows)).toEqual(QUIRKS);
});
