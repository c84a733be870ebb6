/** Jobs and pods as the API server shows them. */
import type { JsonObject } from "../../../shared/core/json.ts";
import type { PodLife } from "./life.ts";
import { type JobRecord, letGoAt, type Standing, standingOf } from "./record.ts";

const iso = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
const INTERRUPTIONS: Readonly<Record<string, string>> = {
  Evicted: "TerminationByKubelet",
  "evicted before it started": "TerminationByKubelet",
  Preempted: "PreemptionByScheduler",
};

/** The Job as it stands. */
export function jobView(record: JobRecord, now: number): JsonObject {
  const standing = standingOf(record, now);
  const { deleted } = record;
  const foreground = deleted?.policy === "Foreground" ? { finalizers: ["foregroundDeletion"] } : {};
  return {
    ...record.job,
    metadata: {
      ...(record.job["metadata"] as JsonObject),
      ...foreground,
      ...(deleted === undefined ? {} : { deletionTimestamp: iso(deleted.at), deletionGracePeriodSeconds: 0 }),
    },
    spec: { ...(record.job["spec"] as JsonObject), suspend: letGoAt(record) > now },
    status: statusOf(record, standing, now),
  };
}

function statusOf(record: JobRecord, standing: Standing, now: number): JsonObject {
  const { life, createdAt } = record;
  const letGo = letGoAt(record);
  if (letGo > now) return { conditions: [{ type: "Suspended", status: "True", reason: "JobSuspended" }] };
  const startTime = iso(letGo);
  const resumed = { type: "Suspended", status: "False", reason: "JobResumed", lastTransitionTime: startTime };
  const conditions = letGo === createdAt ? {} : { conditions: [resumed] };
  if (!standing.hasEnded) return { startTime, active: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {}, ...conditions };
  const at = iso(standing.endedAt);
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: "True",
    lastProbeTime: at,
    lastTransitionTime: at,
    reason,
    message,
  });
  if (hasSucceeded(life, standing)) {
    const message = "Reached expected number of succeeded pods";
    return {
      startTime,
      completionTime: at,
      succeeded: 1,
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
      conditions: [condition("SuccessCriteriaMet", "CompletionsReached", message), condition("Complete", "CompletionsReached", message)],
    };
  }
  const [reason, message] = standing.byDeadline
    ? ["DeadlineExceeded", "Job was active longer than specified deadline"]
    : ["BackoffLimitExceeded", "Job has reached the specified backoff limit"];
  return {
    startTime,
    failed: 1,
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
    conditions: [condition("FailureTarget", reason, message), condition("Failed", reason, message)],
  };
}

/** Whether the pod's command came to a good end. */
export function hasSucceeded(life: PodLife, { exitCode, byDeadline }: Standing): boolean {
  return exitCode === 0 && !byDeadline && life.fate === undefined;
}

/** What the Job's controller said of a pod that it could not make. */
export function eventView({ namespace, name, uid, life, createdAt }: JobRecord): JsonObject | undefined {
  if (life.stuck !== "FailedCreate") return undefined;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.1`, namespace, creationTimestamp: iso(createdAt) },
    involvedObject: { kind: "Job", namespace, name, uid },
    reason: "FailedCreate",
    type: "Warning",
    lastTimestamp: iso(createdAt),
    message: `Error creating: pods "${name}-x7k2p" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "flow" must set securityContext.runAsNonRoot=true)`,
  };
}

/** The Job's pod, while there is one: a deadline and a suspension take it away. */
export function podView(record: JobRecord, now: number): JsonObject | undefined {
  const standing = standingOf(record, now);
  const { life, job } = record;
  const spec = job["spec"] as JsonObject;
  if (
    life.stuck === "FailedCreate" ||
    letGoAt(record) > now ||
    (standing.hasEnded && standing.byDeadline) ||
    (standing.hasEnded && life.fate === "pod gone")
  )
    return undefined;
  const template = spec["template"] as JsonObject;
  const scheduled = standing.scheduledAt <= now && life.stuck !== "Unschedulable";
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${record.name}-x7k2p`,
      namespace: record.namespace,
      uid: `${record.uid}-pod`,
      resourceVersion: String(record.version),
      creationTimestamp: iso(letGoAt(record)),
      labels: (template["metadata"] as JsonObject)["labels"] ?? {},
      ownerReferences: [
        { apiVersion: "batch/v1", kind: "Job", name: record.name, uid: record.uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: { ...(template["spec"] as JsonObject), ...(scheduled ? { nodeName: "node-1" } : {}) },
    status: podStatus(record, standing, now),
  };
}

function podStatus({ job, life, createdAt }: JobRecord, standing: Standing, now: number): JsonObject {
  const pod = ((job["spec"] as JsonObject)["template"] as JsonObject)["spec"] as JsonObject;
  const names = ((pod["containers"] ?? []) as readonly JsonObject[]).map(({ name }) => String(name));
  const inits = ((pod["initContainers"] ?? [{ name: "init" }]) as readonly JsonObject[]).map(({ name }) => String(name));
  const ended = standing.hasEnded;
  const running = standing.startedAt <= now && !ended;
  const phase = ended ? (hasSucceeded(life, standing) ? "Succeeded" : "Failed") : running ? "Running" : "Pending";
  const waiting = (reason: string) => ({ state: { waiting: { reason, message: MESSAGES[reason] ?? "" } } });
  const terminated = (exitCode: number, reason: string, started = true) => ({
    state: {
      terminated: {
        exitCode,
        reason,
        finishedAt: iso(standing.endedAt),
        ...(started ? { startedAt: iso(Math.min(standing.startedAt, standing.endedAt)) } : {}),
      },
    },
  });
  const own = (): JsonObject => {
    if (ended) return terminatedOf(life, standing, terminated);
    if (running) return { state: { running: { startedAt: iso(standing.startedAt) } }, ready: true };
    const stuck = life.stuck?.startsWith("init ") || life.stuck === "Unschedulable" ? undefined : life.stuck;
    return waiting(stuck ?? (life.stuck?.startsWith("init ") ? "PodInitializing" : "ContainerCreating"));
  };
  const init = life.stuck?.startsWith("init ")
    ? waiting(life.stuck.slice("init ".length))
    : ended && life.fate === "init exit 1"
      ? terminated(1, "Error")
      : undefined;
  const disruption = ended ? INTERRUPTIONS[life.fate ?? ""] : undefined;
  const reason = ended ? REASONS[life.fate ?? ""] : undefined;
  const scheduled = standing.scheduledAt <= now;
  return {
    phase,
    startTime: iso(createdAt),
    ...(reason === undefined ? {} : { reason, message: MESSAGES[reason] ?? "" }),
    conditions: [
      scheduled
        ? { type: "PodScheduled", status: "True", lastTransitionTime: iso(standing.scheduledAt) }
        : { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes are available: 3 Insufficient cpu." },
      ...(disruption === undefined
        ? []
        : [{ type: "DisruptionTarget", status: "True", reason: disruption, message: "the node was low on memory" }]),
    ],
    // A node that never took the pod says nothing of its containers.
    ...(scheduled && reason !== "OutOfcpu" && life.fate !== "evicted before it started"
      ? {
          containerStatuses: names.map((name, index) => ({
            name,
            image: "i",
            imageID: "",
            ready: false,
            restartCount: 0,
            ...(index === 0 || !running ? own() : { state: { running: { startedAt: iso(standing.startedAt) } } }),
          })),
          ...(init === undefined
            ? {}
            : { initContainerStatuses: inits.map((name) => ({ name, image: "i", imageID: "", ready: false, restartCount: 0, ...init })) }),
        }
      : {}),
  };
}

function terminatedOf(
  { fate }: PodLife,
  { exitCode }: Standing,
  terminated: (exitCode: number, reason: string, started?: boolean) => JsonObject,
): JsonObject {
  switch (fate) {
    case "OOMKilled":
      return terminated(137, "OOMKilled");
    case "StartError":
      return terminated(128, "StartError", false);
    case "init exit 1":
      return { state: { waiting: { reason: "PodInitializing" } } };
    case "Evicted":
    case "Preempted":
      return terminated(137, "Error");
    case "evicted before it started":
    case "OutOfcpu":
    case "pod gone":
    case undefined:
      return terminated(exitCode, exitCode === 0 ? "Completed" : "Error");
    default: {
      const unhandled: never = fate;
      return unhandled;
    }
  }
}

const REASONS: Readonly<Record<string, string>> = { Evicted: "Evicted", "evicted before it started": "Evicted", OutOfcpu: "OutOfcpu" };

const MESSAGES: Readonly<Record<string, string>> = {
  ErrImagePull: 'failed to pull and unpack image "docker.io/library/missing:1": not found',
  ImagePullBackOff: 'Back-off pulling image "missing:1"',
  InvalidImageName: 'Failed to apply default image tag "MISSING": couldn\'t parse image name',
  CreateContainerConfigError: 'secret "database" not found',
  CreateContainerError: "context deadline exceeded",
  CrashLoopBackOff: "back-off 10s restarting failed container",
  Evicted: "The node was low on resource: memory.",
  OutOfcpu: "Pod was rejected: Node didn't have enough resource: cpu",
};
