import type { Failure } from "./failure.ts";
import type { RunConfigType } from "./run.ts";
import type { RunState } from "./run-state.ts";

/** Why a run that was launched did not succeed. */
export type RunFailureClass = "app_error" | "out_of_memory" | "image_pull" | "start_failure" | "interrupted" | "timeout" | "stopped";

/** What `FAILED` carries. `reason` is a person's sentence without env values. */
export interface RunFailure {
  readonly class: RunFailureClass;
  readonly exitCode?: number;
  readonly reason: string;
  readonly hint?: string;
  /** The last lines that it wrote, where the target keeps them no longer than the run: bounded, and shown with the record only. */
  readonly lastLines?: readonly string[];
}

/** How a launched attempt ended. */
export type RunOutcome =
  | { readonly state: "SUCCEEDED"; readonly exitCode: 0 }
  | {
      readonly state: "FAILED";
      readonly failure: RunFailure;
      /** The run's own container never started, for a reason that may pass: it may be launched again. */
      readonly neverStarted?: true;
    }
  | { readonly state: "CANCELLED"; readonly exitCode?: number }
  | { readonly state: "LOST"; readonly reason: string };

/** Why a run does not move on, or was refused. */
export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly path?: string;
  readonly class?: Failure["class"];
  readonly hint?: string;
}

/** A change of state that is still to be published. `at` in epoch milliseconds. */
export interface StateChange {
  readonly state: RunState;
  readonly at: number;
  readonly attempt?: number;
}

/** One line of a run's history. `at` in epoch milliseconds. */
export interface TimelineEntry {
  readonly at: number;
  readonly event: string;
  readonly attempt?: number;
  readonly target?: string;
  readonly code?: string;
  readonly message?: string;
}

/**
 * A run's item in the table. All times are epoch milliseconds but `expiresAt` (seconds, as the table's expiry wants it).
 * A tombstone, left by a cancel for an id not yet seen, has neither `state` nor `digest`.
 */
export interface RunRecord {
  readonly id: string;
  readonly key: string;
  readonly state?: RunState;
  readonly attempt: number;
  /** Digest of the request as it was sent. */
  readonly digest?: string;
  /** The request itself, sealed; never shown. */
  readonly request?: Uint8Array;
  /** The object that the request was read from, and its version; the sealed copy counts. */
  readonly requestFrom?: { readonly path: string; readonly version: string };
  /** Globs of the targets that the sender may use; absent: all. */
  readonly senderTargets?: readonly string[];
  readonly name?: string;
  readonly flowName?: string;
  readonly type?: RunConfigType;
  readonly labels?: readonly string[];
  readonly createdAt?: number;
  readonly target?: string;
  readonly launcher?: string;
  readonly place?: string;
  readonly planDigest?: string;
  /** Which template the plan was made from, and in which version. */
  readonly template?: { readonly path: string; readonly version: string };
  readonly attemptAt?: number;
  /** The attempt's time limit, counted from its start. */
  readonly timeoutSeconds?: number;
  /** Who holds the lease: new for each message processed. */
  readonly owner?: string;
  readonly leaseUntil?: number;
  /** A call of this attempt stayed unanswered: only proof settles it. */
  readonly unsettled?: boolean;
  /** When the last call that stayed unanswered was made, at the latest: a landing time later, its absence is proof. */
  readonly calledAt?: number;
  /** A call that stayed unanswered may arrive until then, and make anew what a stop took away: none is asked for sooner. */
  readonly stopFrom?: number;
  /** Before this time a message for the run is acknowledged without effect. */
  readonly dueAt?: number;
  /** When a wait ends in `REJECTED`. */
  readonly giveUpAt?: number;
  /** When the sweep looks at the run next; only there while something is to be done. */
  readonly nextCheckAt?: number;
  /** How often in a row the sweep woke the run, and waits or unknown outcomes followed each other; for backoff. */
  readonly wakes?: number;
  readonly tries?: number;
  readonly lostLeases?: number;
  readonly relaunches?: number;
  readonly handle?: string;
  readonly links?: Readonly<Record<string, string>>;
  readonly version?: number;
  /** When an inspection first found that the service does not know the handle. */
  readonly missingAt?: number;
  readonly launchedAt?: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly exitCode?: number;
  readonly failure?: RunFailure;
  readonly error?: RunError;
  readonly cancelRequestedAt?: number;
  /** It passed a limit and was told to stop: what its end is recorded as, unless it is a success. */
  readonly stopping?: RunFailure;
  /** What keeps it from starting, when it was last looked at. */
  readonly held?: RunFailure;
  /** Why the service will end it soon, as it said itself. */
  readonly ending?: string;
  readonly reopenedAt?: number;
  readonly timeline?: readonly TimelineEntry[];
  /** Changes that the event bus has not been told of, and how many there were in all, those included. */
  readonly unpublished?: readonly StateChange[];
  readonly changes?: number;
  readonly activeShard?: string;
  readonly recentShard?: string;
  readonly expiresAt?: number;
}

/** The attributes of a record. */
export type RunAttribute = keyof RunRecord;

/** What the sweep sees of a run that something is to be done about. */
export type ActiveRun = Pick<
  RunRecord,
  | "id"
  | "key"
  | "state"
  | "attempt"
  | "target"
  | "launcher"
  | "handle"
  | "version"
  | "owner"
  | "leaseUntil"
  | "wakes"
  | "missingAt"
  | "launchedAt"
  | "cancelRequestedAt"
  | "unpublished"
> & { readonly nextCheckAt: number };

/** What a list of runs shows. */
export type RunSummary = Pick<
  RunRecord,
  | "id"
  | "key"
  | "state"
  | "name"
  | "flowName"
  | "type"
  | "labels"
  | "target"
  | "attempt"
  | "launchedAt"
  | "startedAt"
  | "endedAt"
  | "exitCode"
  | "senderTargets"
> & { readonly createdAt: number };
