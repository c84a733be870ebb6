import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../shared/core/json.ts";
import { parseRunRequest } from "../../shared/schema/run-request.ts";
import { issuesOf } from "./refused.ts";

const run_config = { type: "LocalRun" };
const runConfig = { type: "LocalRun", env: {}, labels: [] };
const parsed = (fields: JsonObject) => parseRunRequest({ run_config, ...fields }, "derived");

describe("a run request is accepted", () => {
  test.each<[string, JsonObject, object]>([
    ["with a run config alone, under the id that its source gives", {}, { id: "derived" }],
    ["under its own id before the source's", { id: "own id ~" }, { id: "own id ~" }],
    ["with an id of null, which is absent", { id: null }, { id: "derived" }],
    [
      "with nulls, which count as absent",
      {
        name: null,
        flow: null,
        command: null,
        entrypoint: null,
        parameters: null,
        target: null,
        timeout_seconds: null,
        not_after: null,
        traceparent: null,
      },
      { id: "derived" },
    ],
    ["with a command and an entrypoint", { command: ["a", ""], entrypoint: [] }, { id: "derived", command: ["a", ""], entrypoint: [] }],
    ["with parameters as they are", { parameters: { some_day: [null] } }, { id: "derived", parameters: { some_day: [null] } }],
    ["with a time limit of 31 days", { timeout_seconds: 2_678_400 }, { id: "derived", timeoutSeconds: 2_678_400 }],
    [
      "with not_after in UTC, as epoch milliseconds",
      { not_after: "2026-11-22T06:00:00Z" },
      { id: "derived", notAfter: Date.UTC(2026, 10, 22, 6) },
    ],
    [
      "with not_after elsewhere and a fraction",
      { not_after: "2026-11-22T06:00:00.250+02:30" },
      { id: "derived", notAfter: Date.UTC(2026, 10, 22, 3, 30, 0, 250) },
    ],
    [
      "with a flow whose version is a number",
      { flow: { id: "f", name: "Nightly ETL", version: 3, storage: null } },
      { id: "derived", flow: { id: "f", name: "Nightly ETL", version: 3 } },
    ],
    ["with a flow whose version is text", { flow: { version: "3" } }, { id: "derived", flow: { version: "3" } }],
    [
      "with storage of another type, with whatever it holds",
      { flow: { storage: { type: "S3", bucket: { a: 1 }, key: null } } },
      { id: "derived", flow: { storage: { type: "S3", bucket: { a: 1 }, key: null } } },
    ],
    [
      "with storage of type Docker without a registry",
      { flow: { storage: { type: "Docker", image_name: "a", image_tag: "b", registry_url: null, __version__: "1" } } },
      { id: "derived", flow: { storage: { type: "Docker", image_name: "a", image_tag: "b", registry_url: null, __version__: "1" } } },
    ],
    [
      "with a traceparent",
      { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
      { id: "derived", traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
    ],
  ])("%s", (_, fields, request) => {
    expect(parsed(fields)).toStrictEqual({ ...request, runConfig });
  });
});

const ID = "expected 1 to 200 printable ASCII characters";
const TIME = "not_after: expected an RFC 3339 time with an offset, as 2026-11-22T06:00:00Z";
const TRACE = "traceparent: expected a W3C traceparent, as 00-<32 hex digits>-<16 hex digits>-<2 hex digits>";

describe("a run request is refused", () => {
  test.each<[string, JsonObject, readonly string[]]>([
    ["with an empty id", { id: "" }, [`id: ${ID}`]],
    ["with an id over 200 characters", { id: "x".repeat(201) }, [`id: ${ID}`]],
    ["with an id that is not ASCII", { id: "ü" }, [`id: ${ID}`]],
    ["with an id that is no text", { id: 5 }, ["id: expected a string, found a number"]],
    [
      "with an unknown field, with the nearest",
      { timeout: 5 },
      [
        "timeout: unknown field; known are id, name, flow, command, entrypoint, parameters, target, timeout_seconds, not_after, traceparent, run_config",
      ],
    ],
    ["with a mistyped field, with the nearest", { paramters: {} }, ['paramters: unknown field (did you mean "parameters"?)']],
    ["with a command as one text", { command: "python -m x" }, ['command: expected a list, as ["…"], found a string']],
    ["with a command of numbers", { command: ["a", 1] }, ["command[1]: expected a string, found a number"]],
    ["with NUL in the command", { command: ["a\0"] }, ["command[0]: must hold no NUL character"]],
    ["with a list of parameters", { parameters: [] }, ["parameters: expected an object, found a list"]],
    ["with a time limit of nothing", { timeout_seconds: 0 }, ["timeout_seconds: expected at least 1"]],
    ["with a time limit of more than 31 days", { timeout_seconds: 2_678_401 }, ["timeout_seconds: expected at most 2678400"]],
    ["with a time limit in fractions", { timeout_seconds: 1.5 }, ["timeout_seconds: expected an integer, found a number with a fraction"]],
    ["with not_after without an offset", { not_after: "2026-11-22T06:00:00" }, [TIME]],
    ["with not_after without seconds", { not_after: "2026-11-22T06:00Z" }, [TIME]],
    ["with not_after on a day that does not exist", { not_after: "2026-02-29T06:00:00Z" }, [TIME]],
    ["with not_after in words", { not_after: "tomorrow" }, [TIME]],
    ["with a trace id of zeros", { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` }, [TRACE]],
    ["with a span id of zeros", { traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-${"0".repeat(16)}-01` }, [TRACE]],
    ["with a traceparent in capitals", { traceparent: "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01" }, [TRACE]],
    ["with storage without a type", { flow: { storage: {} } }, ["flow.storage.type: required: expected a string"]],
    [
      "with storage of type Docker that names no image",
      { flow: { storage: { type: "Docker", image_name: "", registry_url: 1 } } },
      [
        "flow.storage.image_name: storage of type Docker needs it: expected a string, found an empty string",
        "flow.storage.image_tag: storage of type Docker needs it: expected a string, found nothing",
        "flow.storage.registry_url: expected a string, found a number",
      ],
    ],
    ["with an unknown field of the flow", { flow: { nmae: "x" } }, ['flow.nmae: unknown field (did you mean "name"?)']],
    ["without a run config", { run_config: null }, ["run_config: expected an object, found null"]],
    [
      "with a registered task definition and Docker storage",
      { flow: { storage: { type: "Docker", image_name: "a", image_tag: "b" } }, run_config: { type: "ECSRun", task_definition_arn: "a" } },
      ["run_config.task_definition_arn: not together with flow.storage of type Docker: a registered task definition has its image already"],
    ],
    [
      "with all its errors at once, between its fields too",
      {
        timeout_seconds: "1",
        flow: { storage: { type: "Docker", image_name: "a", image_tag: "b" } },
        run_config: { type: "ECSRun", task_definition_arn: "a" },
      },
      [
        "timeout_seconds: expected an integer, found a string",
        "run_config.task_definition_arn: not together with flow.storage of type Docker: a registered task definition has its image already",
      ],
    ],
    [
      "with the path into the run config",
      { run_config: { type: "LocalRun", env: { A: [] } } },
      ["run_config.env.A: expected a string, a number, true or false or null, found a list"],
    ],
  ])("%s", (_, fields, issues) => {
    expect(issuesOf(() => parsed(fields))).toEqual(issues);
  });

  test.each<[string, Json]>([
    ["a list", []],
    ["null", null],
    ["a string", "x"],
  ])("when it is %s", (what, document) => {
    expect(issuesOf(() => parseRunRequest(document, "x"))).toEqual([`expected an object, found ${what}`]);
  });

  test("when neither it nor its source has a usable id", () => {
    expect(issuesOf(() => parseRunRequest({ run_config }, ""))).toEqual([`id: ${ID}`]);
  });
});
