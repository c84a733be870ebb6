/** What must hold of a world of Jobs at its end. */

import { requestDigest } from "../../shared/core/identity.ts";
import type { JsonObject } from "../../shared/core/json.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import type { SeenJob } from "../doubles/kubernetes/service.ts";
import { isEndless } from "./endless.ts";
import type { SentDocument } from "./judge.ts";
import type { KubernetesWorld } from "./kubernetes-world.ts";

/** What is wrong with a world that is over: runs that are lost, were started twice, or ended as no Job of theirs did. */
export function wrongWithJobs(world: KubernetesWorld, documents: readonly SentDocument[]): readonly string[] {
  const ids = new Set(documents.map(({ id }) => id));
  return [...ids].flatMap((id) => {
    const item = world.item(id);
    const jobs = world.jobsOf(id);
    const wrong = item === undefined ? ["it is lost"] : wrongWithRun(item, jobs, documents);
    const story = () =>
      JSON.stringify({ state: item?.state, attempt: item?.attempt, error: item?.error, failure: item?.failure, jobs: jobs.map(shown) });
    return wrong.map((text) => `${id}: ${text} ${story()}`);
  });
}

/** Whether a Job's command ever ran. */
export function hasRun({ standing }: SeenJob): boolean {
  return Number.isFinite(standing.startedAt);
}

function wrongWithRun(item: RunRecord, jobs: readonly SeenJob[], documents: readonly SentDocument[]): string[] {
  const wrong: string[] = [];
  const ran = jobs.filter(hasRun);
  // Attempts that never came to run may have had others after them.
  if (ran.length > 1) wrong.push(`it ran ${ran.length} times`);
  if (new Set(jobs.map(attemptOf)).size < jobs.length) wrong.push("an attempt was started twice");
  if (jobs.some(({ standing, gone, deleted }) => !standing.hasEnded && !gone && deleted === undefined))
    wrong.push(`a Job still runs in ${item.state}`);
  const last = jobs.find((job) => attemptOf(job) === String(item.attempt));
  if (ran.some((job) => job !== last)) wrong.push("an attempt ran that is not the record's");
  for (const job of jobs) {
    const content = documents.find(({ id, command }) => id === item.id && command.join() === commandOf(job));
    if (content === undefined || requestDigest(content) !== item.digest) wrong.push("another content was started than the record's");
  }
  const succeeded = last?.standing.hasEnded === true && last.succeeded;
  if (isEndless(item.state)) return [...wrong, `it is endless: ${item.state}`];
  switch (item.state) {
    case "SUCCEEDED":
      if (!succeeded) wrong.push("it has not succeeded");
      break;
    case "FAILED":
      if (last === undefined || succeeded) wrong.push("it has not failed");
      break;
    case "CANCELLED":
      if (item.cancelRequestedAt === undefined) wrong.push("nobody cancelled it");
      // One that the cluster itself took away before it began is not launched again for a run that is cancelled.
      if (last !== undefined && last.deleted?.policy !== "Foreground" && (hasRun(last) || !last.standing.hasEnded))
        wrong.push("it was not stopped");
      break;
    case "REJECTED":
    case "EXPIRED":
      // Nor is it launched again once its time is over.
      if (jobs.some((job) => hasRun(job) || !job.standing.hasEnded)) wrong.push(`it is ${item.state} although it was started`);
      break;
    case "LOST":
      wrong.push("it is LOST, although the cluster was there all the time");
      break;
    default: {
      const unhandled: never = item.state;
      return unhandled;
    }
  }
  return wrong;
}

function attemptOf({ annotations }: SeenJob): string | undefined {
  return annotations["slipway/attempt"];
}

function commandOf({ body }: SeenJob): string {
  const pod = ((body["spec"] as JsonObject)["template"] as JsonObject)["spec"] as JsonObject;
  const [container] = pod["containers"] as readonly JsonObject[];
  return ((container?.["args"] ?? []) as readonly string[]).join();
}

function shown({ name, standing, deleted, gone }: SeenJob): object {
  return {
    name: name.slice(-4),
    ran: Number.isFinite(standing.startedAt),
    ended: standing.hasEnded,
    exitCode: standing.exitCode,
    deleted,
    gone,
  };
}
