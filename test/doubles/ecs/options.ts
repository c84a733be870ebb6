import type { BucketName, BucketSize } from "./buckets.ts";
import type { CapacityModel } from "./capacity.ts";
import type { EcsTask } from "./task.ts";

/** The double's time. Without `sleep`, waiting takes real time. */
export interface DoubleClock {
  now(): number;
  sleep?(milliseconds: number): Promise<void>;
}

/** How long the steps of a task take, and how it ends. */
export interface TaskLife {
  readonly provisioningMs: number;
  readonly pendingMs: number;
  /** From RUNNING to its end; absent: until `finish` or StopTask. */
  readonly runMs?: number;
  readonly exitCode: number;
  /** From StopTask to STOPPED, for a task that runs. */
  readonly stopMs: number;
  readonly stopExitCode: number;
  /** Ends instead of running: `ResourceInitializationError: …`, `CannotPullContainerError: …`. */
  readonly failToStart?: string;
}

/** A role that can be assumed. */
export interface AssumableRole {
  /** Asked for where set. */
  readonly externalId?: string;
  /** At most; 3600 where not set. */
  readonly maxSeconds?: number;
}

export interface EcsDoubleSettings {
  readonly clock: Required<DoubleClock> & {
    /** Waits without keeping the process alive, where it takes real time. */
    wake(milliseconds: number): Promise<void>;
  };
  /** 0: any free port. */
  readonly port: number;
  /** Account of callers that are not in `accounts` and have no session. */
  readonly account: string;
  /** Access key id → account. */
  readonly accounts: Readonly<Record<string, string>>;
  /** Names of the clusters that every account and region has. */
  readonly clusters: readonly string[];
  /** Names of the clusters' own capacity providers; FARGATE and FARGATE_SPOT are always there. */
  readonly capacityProviders: readonly string[];
  /** Roles that can be assumed; absent: every role, without conditions. */
  readonly roles?: Readonly<Record<string, AssumableRole>>;
  /** `false`: no request is ever throttled. */
  readonly buckets: false | Readonly<Partial<Record<BucketName, BucketSize | false>>>;
  /** Waited before a request is looked at, and after it was applied. */
  readonly latencyMs: number | { readonly before: number; readonly after: number };
  /** How long a RegisterTaskDefinition keeps its family to itself. */
  readonly registerMs: number;
  /** How long a new task is MISSING from DescribeTasks and ListTasks. */
  readonly readLagMs: number;
  readonly provisioningLimit: number;
  /** What a task without capacity waits in PROVISIONING, where a capacity provider was named. */
  readonly provisioningTimeoutMs: number;
  readonly capacity: CapacityModel;
  readonly life: Partial<TaskLife> | ((task: Readonly<EcsTask>) => Partial<TaskLife>);
  /** The service ignores unknown members as far as we know; "rejected" finds what it would ignore. */
  readonly unknownMembers: "ignored" | "rejected";
  /** How often each event is delivered. */
  readonly eventCopies: number;
  /** `false`: neither requests nor events are kept, for benches. */
  readonly keep: boolean;
}

export type EcsDoubleOptions = Partial<Omit<EcsDoubleSettings, "clock">> & { readonly clock?: DoubleClock };

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const LIFE: TaskLife = { provisioningMs: 1000, pendingMs: 5000, exitCode: 0, stopMs: 0, stopExitCode: 143 };

export function settingsOf({ clock, ...options }: EcsDoubleOptions): EcsDoubleSettings {
  return {
    port: 0,
    account: "111122223333",
    accounts: {},
    clusters: ["default"],
    capacityProviders: [],
    buckets: {},
    latencyMs: 0,
    registerMs: 20,
    readLagMs: 0,
    provisioningLimit: 500,
    provisioningTimeoutMs: 10 * MINUTE,
    capacity: () => undefined,
    life: {},
    unknownMembers: "ignored",
    eventCopies: 1,
    keep: true,
    ...options,
    clock: {
      now: () => clock?.now() ?? Date.now(),
      sleep: (milliseconds) => clock?.sleep?.(milliseconds) ?? realSleep(milliseconds),
      wake: (milliseconds) => clock?.sleep?.(milliseconds) ?? realSleep(milliseconds, false),
    },
  };
}

export function lifeOf({ life }: EcsDoubleSettings, task: EcsTask): TaskLife {
  return { ...LIFE, ...(typeof life === "function" ? life(task) : life) };
}

/** The longest that a timer of Node's takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

function realSleep(milliseconds: number, keepsAlive = true): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(milliseconds, LONGEST_TIMER));
    if (!keepsAlive) timer.unref();
  });
}
