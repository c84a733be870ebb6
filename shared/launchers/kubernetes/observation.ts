/** A Job and its pods as the API server shows them → what was seen of the run. */
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import type { Observation } from "../../core/launcher.ts";
import type { RunFailure, RunOutcome } from "../../core/record.ts";
import { endingOf, failureOfPod, heldBy } from "./pods.ts";
import { whyNoPod } from "./problem.ts";

/** The end of a Job, where it has one. A Job that is told to fail goes on until its pods are gone. */
export interface JobEnd {
  readonly complete: boolean;
  readonly reason: string;
  readonly message: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Whether and how a Job ended. */
export function endOf({ status }: V1Job, now: number): JobEnd | undefined {
  const condition = status?.conditions?.find(({ type, status: is }) => (type === "Complete" || type === "Failed") && is === "True");
  if (condition === undefined) return undefined;
  const at = status?.completionTime ?? condition.lastTransitionTime;
  const { reason = "", message = "" } = condition;
  return { complete: condition.type === "Complete", reason, message, at: at?.getTime() ?? now };
}

/** What is read besides, where it is of use. */
export interface FurtherLooks {
  /** The last lines of a container that failed. */
  log(pod: V1Pod, container: string): Promise<readonly string[] | undefined>;
  /** Why there is no pod, as the cluster said it. */
  noPod(job: V1Job): Promise<string | undefined>;
}

/** The observation of a Job and of its own pods. */
export async function observationOf(
  job: V1Job,
  pods: readonly V1Pod[],
  handle: string,
  now: number,
  looks: FurtherLooks,
): Promise<Observation> {
  const pod = lastOf(pods);
  const container = pod && runsOwn(pod);
  const state = container?.state;
  const startedAt = (state?.running ?? state?.terminated ?? container?.lastState?.terminated)?.startedAt ?? undefined;
  const seen = { handle: { id: handle }, ...(startedAt === undefined ? {} : { startedAt: startedAt.getTime() }) };
  const end = endOf(job, now);
  if (end !== undefined) {
    const outcome = await outcomeOf(end, pods, looks);
    const began = seen.startedAt === undefined && outcome.state === "SUCCEEDED" ? job.status?.startTime?.getTime() : undefined;
    return { status: "ended", ...seen, ...(began === undefined ? {} : { startedAt: began }), endedAt: end.at, outcome };
  }
  const running = state?.running !== undefined || state?.terminated !== undefined || container?.lastState?.terminated !== undefined;
  const held = pod === undefined ? await withoutPod(job, looks) : heldBy(pod);
  const ending = pod === undefined ? undefined : endingOf(pod);
  const waitsUntil = waitOf(job);
  return {
    status: running ? "running" : "starting",
    ...seen,
    ...(waitsUntil === undefined ? {} : { waitsUntil }),
    ...(held === undefined ? {} : { held }),
    ...(ending === undefined ? {} : { ending }),
  };
}

/** A suspended Job waits for a queue such as Kueue's to let it go; its start time is set when that happens, and at every time again. */
function waitOf({ spec, status }: V1Job): number | undefined {
  return spec?.suspend === true ? Number.POSITIVE_INFINITY : status?.startTime?.getTime();
}

/** A Job whose template lets it try again has several pods: the last counts. */
function lastOf(pods: readonly V1Pod[]): V1Pod | undefined {
  const made = ({ metadata }: V1Pod) => metadata?.creationTimestamp?.getTime() ?? 0;
  return pods.toSorted((a, b) => made(a) - made(b)).at(-1);
}

/** The status of the run's own container, the first of the pod. */
export function runsOwn({ spec, status }: V1Pod) {
  const name = spec?.containers[0]?.name;
  return status?.containerStatuses?.find((each) => each.name === name);
}

/** A Job that waits in a queue has no pod either, and nothing is wrong with it. */
async function withoutPod(job: V1Job, { noPod }: FurtherLooks): Promise<RunFailure | undefined> {
  const said = job.spec?.suspend === true ? undefined : await noPod(job);
  if (said === undefined) return undefined;
  return { class: "start_failure", reason: whyNoPod(said), hint: "Look at the Job's events for the whole message." };
}

async function outcomeOf(end: JobEnd, pods: readonly V1Pod[], { log }: FurtherLooks): Promise<RunOutcome> {
  const pod = lastOf(pods);
  const terminated = pod && runsOwn(pod)?.state?.terminated;
  // The run's own container decides, whatever became of the others.
  if (end.complete || terminated?.exitCode === 0) return { state: "SUCCEEDED", exitCode: 0 };
  if (end.reason === "DeadlineExceeded") {
    return { state: "FAILED", failure: { class: "timeout", reason: "the Job ran longer than its time limit (activeDeadlineSeconds)" } };
  }
  if (pod === undefined) {
    const reason = `the Job failed (${end.reason || "no reason given"}), and its pod is gone`;
    return { state: "FAILED", failure: { class: "interrupted", reason, hint: "Somebody deleted the pod, or its node went away." } };
  }
  const { failure, neverStarted } = failureOfPod(pod);
  const name = pod.spec?.containers[0]?.name ?? "";
  const lastLines = terminated === undefined ? undefined : await log(pod, name);
  return {
    state: "FAILED",
    failure: { ...failure, ...(lastLines === undefined || lastLines.length === 0 ? {} : { lastLines }) },
    // An earlier pod may have run, where the template lets a Job try again.
    ...(neverStarted && pods.every((each) => failureOfPod(each).neverStarted) ? { neverStarted: true } : {}),
  };
}
