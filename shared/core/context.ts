import type { Backends, Clock, EventBus, Quarantine, RunStore, SealedRequests, Turns, WakeQueue } from "./ports.ts";
import type { Planning } from "./prepare.ts";

/** Everything that the rules use of the outside; made by the composition root, or by a test. */
export interface Context {
  readonly planning: Planning;
  readonly store: RunStore;
  readonly queue: WakeQueue;
  readonly turns: Turns;
  readonly quarantine: Quarantine;
  readonly requests: SealedRequests;
  readonly backends: Backends;
  /** Absent where nobody is told of changes. */
  readonly bus?: EventBus;
  readonly clock: Clock;
  /** A name that no other message processed has: what a repeated write is recognised by. */
  newOwner(): string;
}

/** What one invocation may do, in epoch milliseconds. */
export interface Invocation {
  /** When the platform ends it. */
  readonly deadline: number;
}

/** When a lease taken in this invocation ends: no other takes the run up before this one is surely over. */
export function leaseUntil(context: Context, invocation: Invocation): number {
  return invocation.deadline + context.planning.configuration.timing.leaseSlackSeconds * 1000;
}

/** Every launcher call is aborted at this time, so that its outcome can still be recorded: 5 s before the deadline, less where there is less. */
export function callsEndAt(context: Context, invocation: Invocation): number {
  return invocation.deadline - Math.min(5, context.planning.configuration.timing.deadlineSeconds / 4) * 1000;
}

/** Aborted when `callsEndAt` has come: what hangs must not keep the function until its platform ends it. */
export function callsSignal(context: Context, invocation: Invocation): AbortSignal {
  return AbortSignal.timeout(Math.max(0, callsEndAt(context, invocation) - context.clock.now()));
}

/** No launch is begun later than this: 3 s before its calls would be aborted, less where there is less. */
export function launchesUntil(context: Context, invocation: Invocation): number {
  return callsEndAt(context, invocation) - Math.min(3, context.planning.configuration.timing.deadlineSeconds / 4) * 1000;
}

/** The longest time that a queue keeps a message: an id is remembered at least so long. */
const QUEUE_RETENTION_DAYS = 14;

/** How long a record is kept after its run's end, in seconds. */
export function rememberedSeconds({ planning }: Pick<Context, "planning">): number {
  return Math.max(planning.configuration.retentionDays, QUEUE_RETENTION_DAYS) * 86_400;
}

/** When a record that ended now may be forgotten, in epoch seconds. */
export function expiresAt(context: Pick<Context, "planning">, endedAt: number): number {
  return Math.ceil(endedAt / 1000) + rememberedSeconds(context);
}
