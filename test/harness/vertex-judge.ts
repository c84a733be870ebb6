/** What must hold of a world of jobs at its end. */
import { requestDigest } from "../../shared/core/identity.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { ENDS, type Job } from "../doubles/vertex/job.ts";
import { objectIn, objectsIn } from "../doubles/vertex/protos.ts";
import type { SentDocument } from "./judge.ts";
import type { VertexWorld } from "./vertex-world.ts";

/** What is wrong with a world that is over: runs that are lost, of which two jobs were made, or that ended as no job of theirs did. */
export function wrongWithJobs(world: VertexWorld, documents: readonly SentDocument[]): readonly string[] {
  const ids = new Set(documents.map(({ id }) => id));
  return [...ids].flatMap((id) => {
    const item = world.item(id);
    const jobs = world.jobsOf(id);
    const wrong = item === undefined ? ["it is lost"] : wrongWithRun(item, jobs, documents);
    const story = () => JSON.stringify({ state: item?.state, attempt: item?.attempt, jobs: jobs.map(shown), timeline: item?.timeline });
    return wrong.map((text) => `${id}: ${text} ${story()}`);
  });
}

function wrongWithRun(item: RunRecord, jobs: readonly Job[], documents: readonly SentDocument[]): string[] {
  const wrong: string[] = [];
  if (jobs.length > 1) wrong.push(`${jobs.length} jobs were made`);
  if (jobs.some((job) => !ENDS.has(lastOf(job)))) wrong.push("a job still runs");
  const [job] = jobs;
  if (job !== undefined && labelOf(job, "slipway_attempt") !== String(item.attempt)) wrong.push("the job is not of the record's attempt");
  if (job !== undefined && job.name !== item.handle) wrong.push("the record names another job, or none");
  for (const each of jobs) {
    const content = documents.find(({ id, command }) => id === item.id && command.join() === commandOf(each));
    if (content === undefined || requestDigest(content) !== item.digest) wrong.push("another content was started than the record's");
  }
  const end = job === undefined ? undefined : lastOf(job);
  switch (item.state) {
    case "SUCCEEDED":
      if (end !== "JOB_STATE_SUCCEEDED") wrong.push("it has not succeeded");
      break;
    case "FAILED":
      if (end !== "JOB_STATE_FAILED") wrong.push("it has not failed");
      break;
    case "CANCELLED":
      if (item.cancelRequestedAt === undefined) wrong.push("nobody cancelled it");
      if (end !== undefined && end !== "JOB_STATE_CANCELLED") wrong.push("its job was not cancelled");
      break;
    case "REJECTED":
    case "EXPIRED":
      if (jobs.length > 0) wrong.push(`it is ${item.state} although a job was made`);
      break;
    default:
      wrong.push(`it is endless, or LOST although the service was there all the time: ${item.state}`);
  }
  return wrong;
}

function lastOf(job: Job): string {
  return job.changes.at(-1)?.state ?? "";
}

function labelOf({ document }: Job, name: string): unknown {
  return objectIn(document, "labels")[name];
}

function commandOf({ document }: Job): string {
  const [pool = {}] = objectsIn(objectIn(document, "jobSpec"), "workerPoolSpecs");
  return String(objectIn(pool, "containerSpec")["args"]);
}

function shown(job: Job): object {
  return { attempt: labelOf(job, "slipway_attempt"), createdAt: job.createdAt, changes: job.changes };
}
