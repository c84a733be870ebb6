/** The double's own rules: what it refuses, counts and shows. */
import { expect, test } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import { ServiceError } from "./errors.ts";
import { filterOf, NoFilter } from "./filter.ts";
import { vertexService } from "./service.ts";

const PARENT = "projects/p/locations/europe-west4";
const MINUTE = 60_000;

function job(over: JsonObject = {}): JsonObject {
  const pool = { containerSpec: { imageUri: "i" }, machineSpec: { machineType: "m" }, replicaCount: "1" };
  return { displayName: "x", jobSpec: { workerPoolSpecs: [pool] }, ...over };
}

function pooled(pool: JsonObject): JsonObject {
  return job({ jobSpec: { workerPoolSpecs: [{ containerSpec: { imageUri: "i" }, machineSpec: { machineType: "m" }, ...pool }] } });
}

function refusalOf(act: () => unknown): ServiceError {
  try {
    act();
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Rule, job, what is said. */
const REFUSED: readonly [string, JsonObject, RegExp][] = [
  ["no display name", job({ displayName: "" }), /display_name/],
  ["a long one", job({ displayName: "x".repeat(129) }), /128/],
  ["no pool", job({ jobSpec: { workerPoolSpecs: [] } }), /worker_pool_specs/],
  ["no machine type", pooled({ machineSpec: {} }), /machine_type/],
  ["no image", pooled({ containerSpec: {} }), /image_uri/],
  ["an unknown field", job({ nonsense: 1 }), /Unknown name "nonsense"/],
  ["a field in snake_case is one that the client does not send", job({ display_name: "x" }), /Unknown name/],
  ["a number in words", pooled({ replicaCount: "two" }), /Invalid value/],
  ["a span of time as an object", job({ jobSpec: { workerPoolSpecs: [{}], scheduling: { timeout: { seconds: 1 } } } }), /Invalid value/],
  ["an enum's number that there is not", job({ jobSpec: { workerPoolSpecs: [{}], scheduling: { strategy: 5 } } }), /Invalid value/],
  ["a label with capitals", job({ labels: { Team: "x" } }), /label/],
  ["a label of 64 characters", job({ labels: { team: "x".repeat(64) } }), /label/],
  [
    "a variable that no C program could name",
    pooled({ containerSpec: { imageUri: "i", env: [{ name: "a-b", value: "1" }] } }),
    /environment variable/,
  ],
  [
    "101 variables",
    pooled({ containerSpec: { imageUri: "i", env: Array.from({ length: 101 }, (_, index) => ({ name: `A${index}`, value: "" })) } }),
    /100/,
  ],
];

test.each(REFUSED)("refused: %s", (_rule, document, says) => {
  const service = vertexService({ now: () => 0 });
  const refusal = refusalOf(() => service.create(PARENT, document));
  expect(refusal.status).toBe("INVALID_ARGUMENT");
  expect(refusal.message).toMatch(says);
  expect(service.jobs).toEqual([]);
});

test("a repeat makes a second job, of another name", () => {
  const service = vertexService({ now: () => 0 });
  const [one, two] = [service.create(PARENT, job()), service.create(PARENT, job())];
  expect(one["name"]).not.toBe(two["name"]);
});

test("60 in a minute, for each region; then the next minute", () => {
  let now = 0;
  const service = vertexService({ now: () => now });
  for (let made = 0; made < 60; made++) service.create(PARENT, job());
  expect(refusalOf(() => service.create(PARENT, job()))).toMatchObject({
    status: "RESOURCE_EXHAUSTED",
    details: [{ reason: "RATE_LIMIT_EXCEEDED" }],
  });
  service.create("projects/p/locations/us-central1", job());
  now = MINUTE;
  service.create(PARENT, job());
  expect(service.jobs).toHaveLength(62);
});

test("a list is as old as its lag, a read is not", () => {
  let now = MINUTE;
  const service = vertexService({ now: () => now, listLagMs: 5000 });
  const { name } = service.create(PARENT, job());
  const listed = () => service.list(PARENT, { filter: "", pageSize: 0, pageToken: "" });
  expect(service.get(String(name))).toMatchObject({ name });
  now += 4999;
  expect(listed()).toEqual({});
  now += 1;
  expect(listed()).toMatchObject({ customJobs: [{ name, state: 3 }] });
  service.cancel(String(name));
  expect(service.get(String(name))).toMatchObject({ state: 7 });
  expect(listed()).toMatchObject({ customJobs: [{ state: 3 }] });
});

test("pages, one after the other, hold each job once", () => {
  const service = vertexService({ now: () => 0, page: 4 });
  for (let made = 0; made < 10; made++) service.create(PARENT, job());
  const names: unknown[] = [];
  for (let pageToken = "", pages = 0; pages < 3; pages++) {
    const { customJobs, nextPageToken = "" } = service.list(PARENT, { filter: "", pageSize: 100, pageToken });
    names.push(...(customJobs as readonly JsonObject[]).map(({ name }) => name));
    pageToken = String(nextPageToken);
  }
  expect(new Set(names).size).toBe(10);
});

const ONE = { state: "JOB_STATE_RUNNING", displayName: "x", labels: { a: "1", b: "x-y" } };

test.each([
  ["", true],
  ['labels.a="1"', true],
  ["labels.a=1", true],
  ['labels.a="2"', false],
  ["labels.a:*", true],
  ["labels.c:*", false],
  ['state="JOB_STATE_RUNNING"', true],
  ['state!="JOB_STATE_RUNNING"', false],
  ['labels.a="2" OR labels.b="x-y"', true],
  ['labels.a="1" AND labels.b="x-y" AND state="JOB_STATE_FAILED"', false],
  ['labels.a="1" AND (state="JOB_STATE_FAILED" OR state="JOB_STATE_RUNNING")', true],
  ['display_name="x"', true],
])("filter %s", (filter, passes) => {
  expect(filterOf(filter)(ONE)).toBe(passes);
});

test.each(['labels.a="1', "labels.a~1", "nonsense", 'labels.a="1" AND', '(labels.a="1"', 'name="x"', 'labels.a="1" labels.b="2"'])(
  "no filter: %s",
  (filter) => {
    expect(() => filterOf(filter)).toThrow(NoFilter);
  },
);
