/** A task as DescribeTasks and the state change events show it → what was seen of the run. */
import type { Task } from "@aws-sdk/client-ecs";
import type { Observation } from "../../core/launcher.ts";
import type { RunFailure, RunOutcome } from "../../core/record.ts";
import { FLOW } from "./documents.ts";

/** What our own stops begin with in `stoppedReason`. */
export const STOP_PREFIX = "slipway: ";
const LONGEST_REASON = 500;

/** What is read of a task. */
export type SeenTask = Pick<Task, "taskArn" | "lastStatus" | "desiredStatus" | "stoppedReason" | "version"> & {
  /** One of the SDK's today; events bring others first. */
  readonly stopCode?: string | undefined;
  readonly containers?:
    | readonly {
        readonly name?: string | undefined;
        readonly exitCode?: number | undefined;
        readonly reason?: string | undefined;
        readonly runtimeId?: string | undefined;
      }[]
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
    case "DELETED":
      return { status: "ended", ...seen, endedAt: task.stoppedAt?.getTime() ?? now, outcome: outcomeOf(task) };
    case "RUNNING":
      return { status: "running", ...seen, ...endingOf(task) };
    case "DEACTIVATING":
    case "STOPPING":
    case "DEPROVISIONING":
      // A task that could not be started comes by here, too.
      return { status: task.startedAt === undefined ? "starting" : "running", ...seen };
    default:
      return { status: "starting", ...seen };
  }
}

/** Spot capacity is taken back with a warning of two minutes: the task still runs, and is to stop. */
function endingOf({ desiredStatus, stopCode, stoppedReason }: SeenTask): { readonly ending?: string } {
  const warned = desiredStatus === "STOPPED" && (stopCode === "SpotInterruption" || stopCode === "TerminationNotice");
  return warned ? { ending: stoppedReason ?? "its Spot capacity is taken back" } : {};
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
  // Whatever we stop is cancelled, but for what ran too long.
  if (task.stopCode === "UserInitiated" && stopped.startsWith(STOP_PREFIX) && !stopped.startsWith(`${STOP_PREFIX}timeout`)) {
    return { state: "CANCELLED", ...(exitCode === undefined ? {} : { exitCode }) };
  }
  const failure = { ...failureOf(task, flow?.reason ?? ""), ...(exitCode === undefined ? {} : { exitCode }) };
  return { state: "FAILED", failure, ...(mayStartLater(task, failure) ? { neverStarted: true } : {}) };
}

/** Want of capacity that was found out after the call. */
const NO_ROOM =
  /RESOURCE:|\bAGENT$|Capacity is unavailable at this time|No Container Instances|provisioning capacity limit|EMPTY CAPACITY/i;
/** What comes before the container is made. A start that timed out is not among them: it may have come about. */
const BEFORE_START = /CannotPull|ResourceInitializationError|network interface provisioning/;
/** What may go better the next time: an answer that came too late, or too many who asked. */
const PASSING =
  /time(d)? ?out|deadline exceeded|too ?many ?requests|\b(429|50[0-4])\b|Throttl|Rate exceeded|connection (reset|refused)|temporary failure|ServiceUnavailable|InternalError|network interface provisioning/i;
/** What will go no better, even where a time ran out on the way to it. */
const LASTING =
  /AccessDenied|not authori[sz]ed|access denied|manifest unknown|not found|does not exist|ResourceNotFound|invalid reference/i;

/** Whether the run's container never started, for a reason that may pass: then nothing of it was done, and it may be launched again. */
function mayStartLater(task: SeenTask, { class: failureClass }: RunFailure): boolean {
  const flow = task.containers?.find(({ name }) => name === FLOW);
  // A container that was made may have run, also where neither its start nor its exit was told: a host that is lost tells nothing.
  if (task.startedAt !== undefined || flow?.exitCode !== undefined || flow?.runtimeId !== undefined) return false;
  if (failureClass === "interrupted") return true;
  if (failureClass !== "start_failure" && failureClass !== "image_pull") return false;
  const said = reasonOf(task, flow?.reason ?? "");
  return NO_ROOM.test(said) || (BEFORE_START.test(said) && PASSING.test(said) && !LASTING.test(said));
}

function failureOf(task: SeenTask, containerReason: string): RunFailure {
  const flow = task.containers?.find(({ name }) => name === FLOW);
  const reason = reasonOf(task, containerReason);
  if (/OutOfMemory/i.test(containerReason))
    return { class: "out_of_memory", reason, hint: "Give the run more memory (run_config.memory)." };
  // Neither is a pull that our own stop cut short a bad image, nor one of a task whose host went away.
  const interruption = interruptionOf(task);
  if (interruption !== undefined) return { class: interruption, reason };
  if (/CannotPull|ImagePull|pull access denied|manifest unknown/i.test(reason)) {
    return {
      class: "image_pull",
      reason,
      hint: "Check the image's name and tag, the execution role's rights, and the way to the registry.",
    };
  }
  const neverStarted =
    task.stopCode === "TaskFailedToStart" || /^(Cannot(Start|Create|Inspect)|ContainerRuntime|DockerTimeout)/.test(containerReason);
  if (neverStarted || flow?.exitCode === undefined) {
    return { class: "start_failure", reason: reason || `the container ${FLOW} never started` };
  }
  return {
    class: "app_error",
    reason: `exited with code ${flow.exitCode}${reason === "" ? "" : ` (${reason})`}`,
    hint: "What it wrote is in the task's log.",
  };
}

/** What came from outside while the run was well. */
function interruptionOf({ stopCode, stoppedReason = "" }: SeenTask): "interrupted" | "timeout" | "stopped" | undefined {
  switch (stopCode) {
    case "SpotInterruption":
    case "TerminationNotice":
    case "InfrastructureHealth":
      return "interrupted";
    case "UserInitiated":
      return stoppedReason.startsWith(`${STOP_PREFIX}timeout`) ? "timeout" : "stopped";
    default:
      return /^Host EC2 \(instance|during instance draining|Spot Task was interrupted/i.test(stoppedReason) ? "interrupted" : undefined;
  }
}

/** What ECS says of the task and of the run's container, and which other container ended badly: it may have taken the run with it. */
function reasonOf(task: SeenTask, containerReason: string): string {
  const others = (task.containers ?? []).flatMap(({ name, exitCode, reason }) => {
    if (name === FLOW || ((exitCode ?? 0) === 0 && (reason ?? "") === "")) return [];
    return [`container ${name}${exitCode === undefined ? "" : ` exited with code ${exitCode}`}${reason ? ` (${reason})` : ""}`];
  });
  const said = [task.stoppedReason ?? "", containerReason, ...others].filter((text) => text !== "").join("; ");
  return said.slice(0, LONGEST_REASON).toWellFormed();
}
