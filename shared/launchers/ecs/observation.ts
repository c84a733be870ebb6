/** A task as DescribeTasks and the state change events show it → what was seen of the run. */
import type { Task } from "@aws-sdk/client-ecs";
import type { Observation } from "../../core/launcher.ts";
import type { RunFailure, RunOutcome } from "../../core/record.ts";
import { FLOW } from "./documents.ts";

/** What our own stops begin with in `stoppedReason`. */
export const STOP_PREFIX = "slipway: ";
const LONGEST_REASON = 500;

/** What is read of a task. */
export type SeenTask = Pick<Task, "taskArn" | "lastStatus" | "stopCode" | "stoppedReason" | "version"> & {
  readonly containers?:
    | readonly { readonly name?: string | undefined; readonly exitCode?: number | undefined; readonly reason?: string | undefined }[]
    | undefined;
  readonly startedAt?: Date | undefined;
  readonly stoppedAt?: Date | undefined;
};

/** The observation of a task. */
export function observationOf(task: SeenTask, now: number): Observation {
  const handle = handleOf(task.taskArn ?? "");
  const seen = {
    handle,
    ...(task.version === undefined ? {} : { version: task.version }),
    ...(task.startedAt === undefined ? {} : { startedAt: task.startedAt.getTime() }),
  };
  switch (task.lastStatus) {
    case "STOPPED":
      return { status: "ended", ...seen, endedAt: task.stoppedAt?.getTime() ?? now, outcome: outcomeOf(task) };
    case "RUNNING":
    case "DEACTIVATING":
    case "STOPPING":
    case "DEPROVISIONING":
      return { status: "running", ...seen };
    default:
      return { status: "starting", ...seen };
  }
}

/** A task's ARN with the page on which a person finds it. */
export function handleOf(taskArn: string): { readonly id: string; readonly links?: Readonly<Record<string, string>> } {
  const [, region, cluster, id] = /^arn:aws:ecs:([^:]+):[^:]+:task\/([^/]+)\/([^/]+)$/.exec(taskArn) ?? [];
  if (id === undefined) return { id: taskArn };
  return {
    id: taskArn,
    links: { console: `https://${region}.console.aws.amazon.com/ecs/v2/clusters/${cluster}/tasks/${id}?region=${region}` },
  };
}

/** The cluster that a task's ARN names; undefined for the old form without one. */
export function clusterOf(taskArn: string): string | undefined {
  return /:task\/([^/]+)\//.exec(taskArn)?.[1];
}

function outcomeOf(task: SeenTask): RunOutcome {
  const flow = task.containers?.find(({ name }) => name === FLOW);
  const exitCode = flow?.exitCode;
  // The run's own container decides, whoever stopped the task afterwards.
  if (exitCode === 0) return { state: "SUCCEEDED", exitCode: 0 };
  const stopped = task.stoppedReason ?? "";
  if (task.stopCode === "UserInitiated" && stopped.startsWith(`${STOP_PREFIX}cancel`)) {
    return { state: "CANCELLED", ...(exitCode === undefined ? {} : { exitCode }) };
  }
  return { state: "FAILED", failure: { ...failureOf(task, flow?.reason ?? ""), ...(exitCode === undefined ? {} : { exitCode }) } };
}

function failureOf(task: SeenTask, containerReason: string): RunFailure {
  const reason = [task.stoppedReason, containerReason]
    .filter((text) => text !== undefined && text !== "")
    .join("; ")
    .slice(0, LONGEST_REASON);
  const flow = task.containers?.find(({ name }) => name === FLOW);
  if (/OutOfMemory/i.test(containerReason))
    return { class: "out_of_memory", reason, hint: "Give the run more memory (run_config.memory)." };
  if (/CannotPull|ImagePull|pull access denied|manifest unknown/i.test(reason)) {
    return {
      class: "image_pull",
      reason,
      hint: "Check the image's name and tag, the execution role's rights, and the way to the registry.",
    };
  }
  switch (task.stopCode) {
    case "SpotInterruption":
    case "TerminationNotice":
    case "InfrastructureHealth":
      return { class: "interrupted", reason };
    case "UserInitiated":
      return { class: task.stoppedReason?.startsWith(`${STOP_PREFIX}timeout`) ? "timeout" : "stopped", reason };
    case "TaskFailedToStart":
      return { class: "start_failure", reason };
    default:
      break;
  }
  if (flow?.exitCode === undefined) return { class: "start_failure", reason: reason || "the container flow never started" };
  return {
    class: "app_error",
    reason: `exited with code ${flow.exitCode}${reason === "" ? "" : ` (${reason})`}`,
    hint: "What it wrote is in the task's log.",
  };
}
