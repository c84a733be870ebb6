/** A planned job in the form of the client's messages: all as the plan has it, but for spans of time. */
import { isObject, type Json, type JsonObject } from "../../core/json.ts";
import { durationOf } from "./duration.ts";

/** Fields of `scheduling` that are spans of time. */
const DURATIONS = ["timeout", "maxWaitDuration"] as const;

/** What the client is given for a plan's `customJob`. */
export function messageOf(customJob: JsonObject): JsonObject {
  const { jobSpec = {} } = customJob;
  if (!isObject(jobSpec) || !isObject(jobSpec["scheduling"])) return customJob;
  const { scheduling } = jobSpec;
  const spans = DURATIONS.flatMap((name): [string, Json][] => {
    const span = durationOf(scheduling[name] ?? null);
    return span === undefined ? [] : [[name, { ...span }]];
  });
  return { ...customJob, jobSpec: { ...jobSpec, scheduling: { ...scheduling, ...Object.fromEntries(spans) } } };
}

/** The values of the variables that a planned job sets, in all of its pools. */
export function valuesOf(customJob: Json): readonly string[] {
  if (Array.isArray(customJob)) return customJob.flatMap(valuesOf);
  if (!isObject(customJob)) return [];
  return Object.entries(customJob).flatMap(([name, inner]) => {
    if (name !== "env" || !Array.isArray(inner)) return valuesOf(inner);
    return inner.flatMap((variable: Json) => (isObject(variable) && typeof variable["value"] === "string" ? [variable["value"]] : []));
  });
}
