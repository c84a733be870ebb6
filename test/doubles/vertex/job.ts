/** A job of the double: what it was created with, and its states over time. */
import type { JsonObject } from "../../../shared/core/json.ts";
import type { Filtered } from "./filter.ts";
import { JOB_STATES, objectIn } from "./protos.ts";

/** A state from a time on (epoch milliseconds), with the error that came with it. */
export interface Change {
  readonly at: number;
  readonly state: string;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A job and all that will have happened to it, as known now. */
export interface Job {
  readonly name: string;
  readonly place: string;
  readonly document: JsonObject;
  readonly createdAt: number;
  changes: readonly Change[];
}

/** States in which a job stays for ever. */
export const ENDS: ReadonlySet<string> = new Set(
  ["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"].map((state) => `JOB_STATE_${state}`),
);

/** The last change up to a time. */
export function changeAt(job: Job, time: number): Change {
  return job.changes.findLast(({ at }) => at <= time) ?? { at: job.createdAt, state: "JOB_STATE_PENDING" };
}

/** What a filter sees of a job at a time. */
export function filteredAt(job: Job, time: number): Filtered {
  const labels = objectIn(job.document, "labels");
  return {
    state: changeAt(job, time).state,
    displayName: String(job.document["displayName"]),
    labels: Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)])),
  };
}

/** A job as it was at a time. States are numbers where the caller asked for numbers. */
export function viewAt(job: Job, time: number, numbers: boolean): JsonObject {
  const change = changeAt(job, time);
  const started = job.changes.find(({ at, state }) => state === "JOB_STATE_RUNNING" && at <= time);
  return {
    ...job.document,
    name: job.name,
    state: numbers ? JOB_STATES.indexOf(change.state) : change.state,
    createTime: new Date(job.createdAt).toISOString(),
    updateTime: new Date(change.at).toISOString(),
    ...(started === undefined ? {} : { startTime: new Date(started.at).toISOString() }),
    ...(ENDS.has(change.state) ? { endTime: new Date(change.at).toISOString() } : {}),
    ...(change.error === undefined ? {} : { error: { ...change.error } }),
  };
}
