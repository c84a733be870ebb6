/** What becomes of a Job's pod, as a function of the time: nothing happens between two requests that was not to happen. */

/** How a pod fares. */
export interface PodLife {
  /** Until a queue's controller lets a Job that was made suspended go; absent: never. */
  readonly queuedMs?: number;
  /** Until a node is found; absent: at once. */
  readonly scheduleMs?: number;
  /** Until the container runs. */
  readonly startMs?: number;
  /** Until it ends by itself; absent: it goes on. */
  readonly runMs?: number;
  readonly exitCode?: number;
  /** Kept from starting, in a way that Kubernetes has a word for. */
  readonly stuck?: Stuck;
  /** Ended otherwise than by its command. */
  readonly fate?: Fate;
  /** How long it takes to go when it is told to. */
  readonly stopMs?: number;
  /** What its container wrote. */
  readonly log?: string;
}

/** Reasons for which a container waits, and a pod without a node. */
export type Stuck =
  | "ErrImagePull"
  | "ImagePullBackOff"
  | "InvalidImageName"
  | "CreateContainerConfigError"
  | "CreateContainerError"
  | "init ImagePullBackOff"
  | "init CrashLoopBackOff"
  | "Unschedulable"
  /** The namespace's policy lets no such pod in; the Job is there all the same. */
  | "FailedCreate";

/** Ends of a pod that are not its command's. */
export type Fate =
  | "OOMKilled"
  | "Evicted"
  | "evicted before it started"
  | "OutOfcpu"
  | "StartError"
  | "init exit 1"
  | "Preempted"
  | "pod gone";

/** When what happens to a pod; Infinity for never. */
export interface Times {
  readonly scheduledAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly byDeadline: boolean;
}

/** The times of a pod that was made at some time; `told` is what a test says of its end. */
export function timesOf(
  life: PodLife,
  createdAt: number,
  deadlineSeconds: number | undefined,
  told: { readonly at: number } | undefined,
): Times {
  const scheduledAt = life.stuck === "Unschedulable" ? Number.POSITIVE_INFINITY : createdAt + (life.scheduleMs ?? 0);
  const neverStarts =
    life.stuck !== undefined || ["evicted before it started", "OutOfcpu", "StartError", "init exit 1"].includes(life.fate ?? "");
  const began = scheduledAt + (life.startMs ?? 0);
  const startedAt = neverStarts ? Number.POSITIVE_INFINITY : began;
  const byItself =
    life.stuck !== undefined ? Number.POSITIVE_INFINITY : began + (neverStarts ? 0 : (life.runMs ?? Number.POSITIVE_INFINITY));
  const deadline = deadlineSeconds === undefined ? Number.POSITIVE_INFINITY : createdAt + deadlineSeconds * 1000;
  const endedAt = Math.min(byItself, told?.at ?? Number.POSITIVE_INFINITY, deadline);
  return { scheduledAt, startedAt: startedAt < endedAt ? startedAt : Number.POSITIVE_INFINITY, endedAt, byDeadline: endedAt === deadline };
}
