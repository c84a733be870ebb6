import { RUN_STATES } from "../../shared/core/run-state.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { jsonSchema } from "../../shared/schema/json-schema.ts";

let made: ReturnType<typeof description> | undefined;

/** The interface as OpenAPI 3.1 describes it. */
export function openApi() {
  made ??= description();
  return made;
}

function description() {
  const id = {
    name: "id",
    in: "path",
    required: true,
    schema: { type: "string", maxLength: 200 },
    description: "The run's id, percent-encoded.",
  };
  const body = { required: true, content: { "application/json": { schema: { $ref: "#/components/schemas/RunRequest" } } } };
  const offered = ["webhook-id", "idempotency-key"].map((name) => ({
    name,
    in: "header",
    schema: { type: "string" },
    description: "Names the run where the request brings no id.",
  }));
  return {
    openapi: "3.1.0",
    info: { title: "Slipway", version: "1", description: "Takes run requests in, and tells what became of them." },
    security: [{ token: [] }],
    paths: {
      "/runs": {
        post: operation(
          "Takes a run request in, once for each id",
          { 202: answer("Accepted") },
          {
            parameters: offered,
            requestBody: body,
            security: [{ token: [] }, { signature: [] }],
          },
        ),
        get: operation(
          "Lists runs, newest first",
          { 200: json("A page of runs", "RunPage") },
          {
            parameters: [
              query("state", { type: "string", enum: [...RUN_STATES] }),
              query("target", { type: "string" }),
              query("label", { type: "array", items: { type: "string" } }),
              query("limit", { type: "integer", minimum: 1, maximum: 200 }),
              query("days", { type: "integer", minimum: 1, maximum: 366, default: 7 }),
              query("cursor", { type: "string" }),
            ],
          },
        ),
      },
      "/runs/{id}": { get: operation("Shows one run with its history", { 200: json("The run", "Run") }, { parameters: [id] }) },
      "/runs/{id}/cancel": {
        post: operation("Asks for a run's end", { 200: answer("It had ended"), 202: answer("Asked") }, { parameters: [id] }),
      },
      "/plan": { post: operation("Shows what a request would launch", { 200: json("The calls", "Plan") }, { requestBody: body }) },
      "/targets": { get: operation("Lists the targets that the token may use", { 200: json("The targets", "Targets") }) },
      "/healthz": { get: operation("Says that the function runs", { 200: { description: "It runs" } }, { security: [] }) },
      "/openapi.json": { get: operation("This document", { 200: { description: "OpenAPI 3.1" } }, { security: [] }) },
    },
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        signature: { type: "apiKey", in: "header", name: "webhook-signature", description: "Standard Webhooks, over the raw body." },
      },
      schemas: schemas(),
    },
  };
}

function schemas() {
  const object = (properties: object) => ({ type: "object", properties });
  const text = { type: "string" };
  const run = object({
    id: text,
    state: { type: "string", enum: [...RUN_STATES] },
    target: text,
    attempt: { type: "integer" },
    created_at: text,
    explanation: { ...object({ summary: text, tried: text, next: { type: "array", items: text } }), description: "Of one run alone." },
  });
  return {
    RunRequest: jsonSchema("run-request", launchers),
    Accepted: object({
      id: text,
      state: { type: ["string", "null"] },
      known: { type: "boolean" },
      id_from: { enum: ["request", "wrapping", "webhook-id", "idempotency-key", "cloudevent", "new"] },
    }),
    Run: run,
    RunPage: object({ runs: { type: "array", items: run }, cursor: { type: ["string", "null"] } }),
    Plan: object({ id: text, target: text, launcher: text, calls: { type: "array", items: object({ api: text, input: {} }) } }),
    Targets: object({ targets: { type: "array", items: object({ name: text, type: text, labels: { type: "array", items: text } }) } }),
    Problem: object({ type: text, title: text, status: { type: "integer" }, detail: text, code: text, path: text, remedy: text }),
  };
}

function operation(summary: string, responses: object, more: object = {}) {
  const problem = {
    description: "A problem",
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
  return { summary, ...more, responses: { ...responses, default: problem } };
}

function json(description: string, schema: string) {
  return { description, content: { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } } };
}

function answer(description: string) {
  return { ...json(description, "Accepted"), headers: { location: { schema: { type: "string" } } } };
}

function query(name: string, schema: object) {
  return { name, in: "query", schema };
}
