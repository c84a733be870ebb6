/** What the service refuses a new job for. */
import type { JsonObject } from "../../../shared/core/json.ts";
import { ServiceError } from "./errors.ts";
import { objectIn, objectsIn, problemsOf } from "./protos.ts";

const LABEL_KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const LABEL_VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;
const C_IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Throws INVALID_ARGUMENT. */
export function checkCreate(job: JsonObject): void {
  const [problem] = [...problemsOf(job, "CustomJob", "custom_job"), ...missing(job), ...labels(job), ...variables(job)];
  if (problem !== undefined) throw new ServiceError("INVALID_ARGUMENT", problem);
}

function* missing(job: JsonObject): Generator<string> {
  const name = job["displayName"];
  if (typeof name !== "string" || name === "")
    yield "List of found errors: 1.Field: custom_job.display_name; Message: Required field is not set.";
  if (String(name).length > 128)
    yield "List of found errors: 1.Field: custom_job.display_name; Message: The value must be at most 128 characters long.";
  const [first, ...others] = objectsIn(objectIn(job, "jobSpec"), "workerPoolSpecs");
  if (first === undefined) yield "List of found errors: 1.Field: job_spec.worker_pool_specs; Message: Required field is not set.";
  for (const pool of first === undefined ? [] : [first, ...others.filter((each) => Object.keys(each).length > 0)]) {
    if ("containerSpec" in pool && "pythonPackageSpec" in pool) yield "oneof field 'task' is already set. Cannot set 'pythonPackageSpec'";
    if ("containerSpec" in pool && !objectIn(pool, "containerSpec")["imageUri"]) yield "Required field image_uri is not set.";
    if (!objectIn(pool, "machineSpec")["machineType"])
      yield "List of found errors: 1.Field: machine_spec.machine_type; Message: Required field is not set.";
  }
}

function* labels(job: JsonObject): Generator<string> {
  const all = Object.entries(objectIn(job, "labels"));
  if (all.length > 64) yield "Too many labels.";
  for (const [key, value] of all) if (!LABEL_KEY.test(key) || !LABEL_VALUE.test(String(value))) yield `Invalid label: ${key}`;
}

function* variables(job: JsonObject): Generator<string> {
  for (const pool of objectsIn(objectIn(job, "jobSpec"), "workerPoolSpecs")) {
    const env = objectsIn(objectIn(pool, "containerSpec"), "env");
    if (env.length > 100) yield "The maximum number of environment variables is 100.";
    for (const { name, value } of env) if (!C_IDENTIFIER.test(String(name))) yield `Invalid environment variable ${name}=${value}`;
  }
}
