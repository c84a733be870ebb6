import { expect, test } from "vitest";
import { attemptTraceparent, digestOf, requestDigest, runKey, shardOf } from "../../shared/core/identity.ts";
import type { JsonObject } from "../../shared/core/json.ts";

// Expected values: Python's hashlib and base64.b32encode, lower case.
test.each([
  ["a plain id", "run-1", "jzs5h67ivvstk2a3ainta6c3ck"],
  ["an id with slashes", "nightly/2025-01-01", "bfekttdjklxjbhtuqe3dgqgojz"],
  ["an id beyond ASCII counts as UTF-8", "Ünicode", "qdjnwbdqclblye6rc3r6yu5wak"],
])("the key is 26 characters of base32(sha256(id)): %s", (_rule, id, key) => {
  expect(runKey(id)).toBe(key);
});

test("a digest is the sha256 of the canonical JSON", () => {
  expect(digestOf({ z: "x", a: [1, { c: null, b: 2 }] })).toBe("948bb395ddf64d946322d485dc279f4a0a90159d5292908acc194d444974bee2");
});

const SENT: JsonObject = { id: "run-1", run_config: { type: "LocalRun" } };

test.each<[string, JsonObject]>([
  ["the id is no part of it", { ...SENT, id: "run-2" }],
  ["the trace is no part of it", { ...SENT, traceparent: "00-a-b-01" }],
  ["the order of keys is no part of it", { run_config: { type: "LocalRun" }, id: "run-1" }],
])("two requests are the same content: %s", (_rule, other) => {
  expect(requestDigest(SENT)).toBe("a3128fad6f3f84da693010d7f9ef3453c3f192d958004edb824a1dc12b3987bb");
  expect(requestDigest(other)).toBe(requestDigest(SENT));
});

test.each<[string, JsonObject]>([
  ["another value", { ...SENT, run_config: { type: "ECSRun" } }],
  ["another name", { ...SENT, name: "n" }],
  ["null is not absence", { ...SENT, name: null }],
  ["an id deeper down counts", { ...SENT, flow: { id: "f" } }],
])("two requests are not the same content: %s", (_rule, other) => {
  expect(requestDigest(other)).not.toBe(requestDigest(SENT));
});

test("the order of an array is content", () => {
  expect(digestOf(["a", "b"])).not.toBe(digestOf(["b", "a"]));
});

test.each([
  ["the first", 1, "92e5ef8f707079d7"],
  ["the second", 2, "f5bffac11bcfedba"],
])("an attempt's trace parent keeps trace id and flags, and has a span of its own: %s", (_rule, attempt, span) => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  expect(attemptTraceparent(traceparent, runKey("run-1"), attempt)).toBe(`00-0af7651916cd43dd8448eb211c80319c-${span}-01`);
});

test("a shard is the same for ever", () => {
  expect(shardOf(runKey("run-1"), 16)).toBe(2);
});

test("shards share the load", () => {
  const counts = new Array<number>(16).fill(0);
  for (let index = 0; index < 1600; index++) {
    const shard = shardOf(runKey(`run-${index}`), 16);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(60);
});
