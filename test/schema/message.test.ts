import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { requestDigest } from "../../shared/core/identity.ts";
import type { Json, JsonObject } from "../../shared/core/json.ts";
import { decodeMessage } from "../../shared/schema/message.ts";
import { CANARY, nearly, secretive } from "./arbitrary.ts";
import { refusalOf, refusalTextOf } from "./refused.ts";

const SOURCE = { messageId: "message-1" };
const decoded = (document: Json) => decodeMessage(JSON.stringify(document), SOURCE);

const LOCAL = { type: "LocalRun", env: { A: "x" } };

describe("a message is", () => {
  test("a run request, with its document as it was sent and the document's digest", () => {
    const document = { id: "r", name: null, run_config: LOCAL };
    expect(decoded(document)).toEqual({
      kind: "request",
      document,
      request: { id: "r", runConfig: { type: "LocalRun", env: { A: "x" }, labels: [] } },
      digest: requestDigest(document),
    });
  });

  test("a run request without an id, which gets the message's", () => {
    expect(decoded({ run_config: LOCAL })).toMatchObject({
      kind: "request",
      request: { id: "message-1" },
      document: { run_config: LOCAL },
    });
  });

  test("a bare run config, which is the same as the request that holds it", () => {
    expect(decoded(LOCAL)).toEqual(decoded({ run_config: LOCAL }));
  });

  test("a wake-up for a run", () => {
    expect(decoded({ run: "r" })).toEqual({ kind: "wake", id: "r" });
  });

  test("a cancel of a run", () => {
    expect(decoded({ cancel: { id: "r" } })).toEqual({ kind: "cancel", id: "r" });
  });
});

describe("a message is refused", () => {
  test.each<[string, Json, string, RegExp, string | undefined]>([
    [
      "with the forms that there are, when it is a list",
      [],
      "INVALID_MESSAGE",
      /^expected a run request .*\{"cancel": \{"id": "<id>"\}\}; found a list$/,
      undefined,
    ],
    [
      "with the forms that there are, when it is nothing known",
      { foo: 1 },
      "INVALID_MESSAGE",
      /; found an object that is none of these$/,
      undefined,
    ],
    [
      "with the types that there are, when it is of an unknown type",
      { type: "DokcerRun" },
      "INVALID_MESSAGE",
      /^type: unknown type \(did you mean "DockerRun"\?\); a run config's type is one of "UniversalRun",/,
      undefined,
    ],
    ["with the types that there are, when its type is no text", { type: 1 }, "INVALID_MESSAGE", /^type: .*; found a number$/, undefined],
    [
      "for what it lacks, when it is a request without run_config",
      { id: "r", command: [] },
      "INVALID_REQUEST",
      /^run_config: required: expected an object$/,
      "r",
    ],
    [
      "for what it lacks, when run_config is mistyped",
      { run_conifg: LOCAL },
      "INVALID_REQUEST",
      /run_conifg: unknown field \(did you mean "run_config"\?\)/,
      "message-1",
    ],
    [
      "with the run's id, when the request is wrong",
      { id: "r", run_config: { type: "LocalRun", labels: null } },
      "INVALID_REQUEST",
      /^run_config\.labels: /,
      "r",
    ],
    [
      "with the source's id, when a bare run config is wrong",
      { type: "LocalRun", labels: null },
      "INVALID_REQUEST",
      /^run_config\.labels: /,
      "message-1",
    ],
    ["without an id, when the request's own is none", { id: "ü", run_config: LOCAL }, "INVALID_REQUEST", /^id: /, undefined],
    [
      "when it is a run config and holds one: it is not unwrapped",
      { ...LOCAL, run_config: LOCAL },
      "INVALID_REQUEST",
      /^type: unknown field.*\nenv: unknown field/,
      "message-1",
    ],
    ["when a wake-up says more", { run: "r", force: true }, "INVALID_MESSAGE", /^force: unknown field/, "r"],
    ["when a wake-up names no run", { run: "" }, "INVALID_MESSAGE", /^run: /, undefined],
    ["when a cancel says more", { cancel: { id: "r", why: "x" } }, "INVALID_MESSAGE", /^cancel\.why: unknown field/, "r"],
    ["when a cancel names no run", { cancel: "r" }, "INVALID_MESSAGE", /^cancel: expected an object, found a string$/, undefined],
  ])("%s", (_, document, code, message, runId) => {
    const refusal = refusalOf(() => decoded(document));
    expect(refusal.code).toBe(code);
    expect(refusal.message).toMatch(message);
    expect(refusal.runId).toBe(runId);
  });

  test("when it is not JSON, without an id", () => {
    expect(refusalOf(() => decodeMessage("{", SOURCE))).toMatchObject({ code: "NOT_JSON" });
  });

  test("in reasonable time when all of its hundred thousand fields are unknown", () => {
    const body = JSON.stringify({
      run_config: LOCAL,
      ...Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`f${index}`, 1])),
    });
    const refusal = refusalOf(() => decodeMessage(body, SOURCE));
    expect(refusal.issues).toHaveLength(51);
    expect(refusal.message.length).toBeLessThan(20_000);
  });
});

const VALID: readonly JsonObject[] = [
  {
    id: "r",
    name: "n",
    flow: { id: "f", name: "f", version: 1, storage: { type: "Docker", image_name: "a", image_tag: "b", registry_url: "c" } },
    command: ["a"],
    entrypoint: ["b"],
    parameters: { a: 1 },
    target: "t",
    timeout_seconds: 1,
    not_after: "2026-11-22T06:00:00Z",
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    run_config: { type: "LocalRun", env: { A: "x" }, labels: ["l"], working_dir: "/" },
  },
  { run_config: { type: "DockerRun", image: "i", ports: [1, "2"], host_config: { a: 1 } } },
  { type: "KubernetesRun", job_template: "a: {b: [1]}", image: "i", cpu_limit: 1, image_pull_policy: "Always", image_pull_secrets: ["s"] },
  { type: "ECSRun", task_definition: { a: 1 }, cpu: "1", run_task_kwargs: { a: 1 }, task_role_arn: "r" },
  { type: "VertexRun", machine_type: "m", scheduling: { a: 1 }, worker_pool_specs: [{ a: 1 }, null] },
  { run: "r" },
  { cancel: { id: "r" } },
];

describe("whatever a message is", () => {
  test.each<[string, fc.Arbitrary<string>]>([
    ["any text", fc.string({ unit: "binary" })],
    ["any JSON", fc.json({ stringUnit: "binary" })],
    ["nearly a message", nearly(VALID, fc.jsonValue() as fc.Arbitrary<Json>).map((document) => JSON.stringify(document))],
    ["nearly a message, with a message inside", nearly(VALID, fc.constantFrom(...VALID)).map((document) => JSON.stringify(document))],
  ])("a refusal is all that is thrown: %s", (_, bodies) => {
    fc.assert(
      fc.property(bodies, (body) => {
        refusalTextOf(() => decodeMessage(body, SOURCE));
      }),
      { numRuns: 500 },
    );
  });

  test("a refusal repeats no text of it", () => {
    fc.assert(
      fc.property(nearly(VALID, secretive), (document) => {
        expect(refusalTextOf(() => decoded(document))).not.toContain(CANARY);
      }),
      { numRuns: 2000 },
    );
  });

  test("an env value, right or wrong, is in no message about it", () => {
    fc.assert(
      fc.property(secretive, secretive, (one, two) => {
        const text = refusalTextOf(() =>
          decoded({ type: "KubernetesRun", env: { A: one, B: two }, job_template: JSON.stringify(one), labels: two, nonsense: one }),
        );
        expect(text).toContain("nonsense");
        expect(text).not.toContain(CANARY);
      }),
    );
  });
});
