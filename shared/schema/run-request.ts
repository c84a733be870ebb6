import * as z from "zod/mini";
import { isObject, type Json } from "../core/json.ts";
import { late } from "../core/late.ts";
import type { Flow, FlowStorage, RunConfig, RunConfigType, RunRequest } from "../core/run.ts";
import { described, optionalField, passedThrough, seconds, text, texts } from "./fields.ts";
import { found } from "./found.ts";
import { parse } from "./issues.ts";
import { asJson } from "./json-value.ts";
import { camelCased } from "./naming.ts";
import { runConfig, runConfigFor, typeOf } from "./run-config/index.ts";

/** A run's id: 1-200 printable ASCII characters. */
export const runId = late(() => z.string().check(z.regex(/^[\x20-\x7e]{1,200}$/, "expected 1 to 200 printable ASCII characters")));

/** Whether a text may be a run's id. */
export function isRunId(text: string): boolean {
  return z.safeParse(runId(), text).success;
}

const derivedId = () => z.strictObject({ id: runId() });

/** Version 00 of W3C Trace Context; ids that are all zeros are invalid. */
const traceparent = late(() =>
  z
    .string()
    .check(
      z.regex(
        /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/,
        "expected a W3C traceparent, as 00-<32 hex digits>-<16 hex digits>-<2 hex digits>",
      ),
    ),
);

const instant = late(() =>
  z.pipe(
    z.iso.datetime({ offset: true, error: "expected an RFC 3339 time with an offset, as 2026-11-22T06:00:00Z" }),
    z.transform((time) => Date.parse(time)),
  ),
);

/** Storage of type Docker is where the image's name comes from, so it must give one; any other is for the workload to understand. */
const storage = late(() =>
  z.pipe(
    z.looseObject({ type: described("Kind of storage; Docker supplies the image as registry_url/image_name:image_tag.", text()) }).check(
      z.check(({ value, issues }) => {
        if (value.type !== "Docker") return;
        for (const name of ["image_name", "image_tag"]) {
          const part = value[name];
          if (typeof part === "string" && part !== "") continue;
          issues.push({
            code: "custom",
            path: [name],
            input: part,
            message: `storage of type Docker needs it: expected a string, found ${found(part)}`,
          });
        }
        const registry = value["registry_url"];
        if (registry === undefined || registry === null || typeof registry === "string") return;
        issues.push({ code: "custom", path: ["registry_url"], input: registry, message: `expected a string, found ${found(registry)}` });
      }),
    ),
    z.transform((value) => value as FlowStorage),
  ),
);

const flow = late(() =>
  z.pipe(
    z.strictObject({
      id: optionalField("Id of the flow.", text()),
      name: optionalField("Name of the flow.", text()),
      version: optionalField("Version of the flow.", z.union([text(), z.number()])),
      storage: optionalField("Where the flow's code is kept; handed to the workload.", storage()),
    }),
    z.transform((parsed): Flow => camelCased(parsed)),
  ),
);

const document = (config: z.ZodMiniType<RunConfig>) =>
  z.strictObject({
    id: optionalField("Names the run; derived from the source of the message when absent.", runId()),
    name: optionalField("Name of the run, for people.", text()),
    flow: optionalField("What is run.", flow()),
    command: optionalField("The container's CMD.", texts()),
    entrypoint: optionalField("The container's ENTRYPOINT.", texts()),
    parameters: optionalField("Parameters of the run; handed to the workload.", passedThrough()),
    target: optionalField("Name of the target that the run must go to, whatever its labels.", text()),
    timeout_seconds: optionalField("The run is stopped after so many seconds.", seconds()),
    not_after: optionalField("A run that would first be submitted later expires instead.", instant()),
    traceparent: optionalField("W3C trace parent that the run belongs to.", traceparent()),
    run_config: described("How to run it.", config),
  });

/** The names of a request's fields. */
export const runRequestFields = late((): readonly string[] => Object.keys(document(runConfig()).shape));

/** A run request, whose id may still be missing. */
export const runRequest = late(() => requestWith(runConfig()));

/** Schemas of requests with one type of run config each: a function that has just started makes the one that it needs. */
const requests = new Map<RunConfigType, ReturnType<typeof requestWith>>();

/** The schema that a request is held against. */
function runRequestFor(request: Json): ReturnType<typeof requestWith> {
  const config = isObject(request) ? request["run_config"] : undefined;
  const type = typeOf(config);
  if (type === undefined) return runRequest();
  const schema = requests.get(type) ?? requestWith(runConfigFor(config));
  requests.set(type, schema);
  return schema;
}

function requestWith(config: z.ZodMiniType<RunConfig>) {
  return z.pipe(
    document(config).check(
      z.check(
        ({ value, issues }) => {
          // Run whatever the document is, null included.
          if (!isRegisteredTask(value?.run_config) || value.flow?.storage?.type !== "Docker") return;
          issues.push({
            code: "custom",
            path: ["run_config", "task_definition_arn"],
            input: undefined,
            message: "not together with flow.storage of type Docker: a registered task definition has its image already",
          });
        },
        { when: () => true },
      ),
    ),
    z.transform((parsed) => camelCased(parsed)),
  );
}

function isRegisteredTask(config: RunRequest["runConfig"] | undefined): boolean {
  return config?.type === "ECSRun" && config.taskDefinitionArn !== undefined;
}

/** Parses a run request; `id` is its id where it gives none. Throws `Refusal` with all that is wrong with it. */
export function parseRunRequest(request: Json, id: string): RunRequest {
  const json = asJson(request, "INVALID_REQUEST");
  const parsed = parse(runRequestFor(json), json, "INVALID_REQUEST");
  return { ...parsed, ...(parsed.id === undefined ? parse(derivedId(), { id }, "INVALID_REQUEST") : { id: parsed.id }) };
}
