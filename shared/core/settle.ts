/** What came of a submit is written down, once, if nobody else has settled the attempt meanwhile: an event may have been faster. */
import { waitMilliseconds } from "./backoff.ts";
import { type Context, expiresAt, type Invocation } from "./context.ts";
import { type Dispatched, facts } from "./dispatched.ts";
import type { Failure } from "./failure.ts";
import type { Handle } from "./launcher.ts";
import { GIVE_UP_SECONDS } from "./limits.ts";
import type { WriteResult } from "./ports.ts";
import type { Prepared } from "./prepare.ts";
import type { RunError, RunRecord } from "./record.ts";
import { stopFromOf, stopRun } from "./stop.ts";
import type { Target } from "./target.ts";
import { clipped } from "./text.ts";
import { endSeen } from "./writes/claim.ts";
import type { Lease } from "./writes/parts.ts";
import { recordAccepted, recordRejected, recordUnknown, recordWaiting } from "./writes/settle.ts";

/** A service's text is kept with the run, whose item is bounded. */
const LONGEST_MESSAGE = 4000;
/** What a service may ask us to wait, in seconds. */
const SHORTEST_WAIT = 1;
const LONGEST_WAIT = 15 * 60;
/** When the sweep looks after a run that is to be woken by its own launcher as soon as there is room. */
export const ROOM_MILLISECONDS = 30_000;

/** What a write on a leased attempt needs of it. */
function leaseOf({ attempt, owner = "", timeline }: RunRecord): Lease & Pick<RunRecord, "timeline"> {
  return { attempt, owner, ...(timeline === undefined ? {} : { timeline }) };
}

function asError(failure: Failure): RunError {
  return {
    code: failure.code,
    message: clipped(failure.message, LONGEST_MESSAGE),
    class: failure.class,
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
  };
}

/** The launch was accepted. A cancel that came meanwhile is acted on now. `calledAt`: when the last call without an answer was made, at the latest. */
export async function acceptedBy(
  context: Context,
  item: RunRecord,
  { launcher }: Prepared,
  handle: Handle,
  calledAt: number | undefined,
  invocation: Invocation,
): Promise<Dispatched> {
  const now = context.clock.now();
  const stopFrom = calledAt === undefined ? undefined : stopFromOf(launcher, calledAt);
  const times = { now, nextCheckAt: now + launcher.inspectSeconds * 1000, ...(stopFrom === undefined ? {} : { stopFrom }) };
  const result = await context.store.write(item.key, recordAccepted(leaseOf(item), handle, times));
  return afterRecord(
    context,
    item,
    result,
    invocation,
    "launched",
    (current) => current.attempt === item.attempt && current.handle === handle.id,
  );
}

/** The launch may have happened, by a call made no later than `calledAt`: the same attempt is submitted again later. */
export async function unknownAfter(
  context: Context,
  item: RunRecord,
  failure: Failure,
  calledAt: number,
  invocation: Invocation,
): Promise<Dispatched> {
  const now = context.clock.now();
  const dueAt = now + pause(context, item, failure);
  const result = await context.store.write(item.key, recordUnknown(leaseOf(item), asError(failure), { now, calledAt, dueAt }));
  return { ...(await afterRecord(context, item, result, invocation, "unknown")), ...told(failure) };
}

/** Nothing was launched, and the reason may pass: a new attempt later. */
export async function waitingFor(
  context: Context,
  item: RunRecord,
  { giveUpSeconds = GIVE_UP_SECONDS }: Pick<Target, "giveUpSeconds">,
  failure: Failure,
  invocation: Invocation,
): Promise<Dispatched> {
  const now = context.clock.now();
  const dueAt = now + pause(context, item, failure);
  // Where the launcher itself tells when there is room, the sweep is only there in case it cannot; and a queue before our own
  // machine is no reason to give up.
  const times = failure.wokenByLauncher
    ? { now, dueAt, nextCheckAt: now + ROOM_MILLISECONDS }
    : { now, dueAt, nextCheckAt: dueAt, giveUpAt: now + giveUpSeconds * 1000 };
  const result = await context.store.write(item.key, recordWaiting(leaseOf(item), asError(failure), times));
  return { ...(await afterRecord(context, item, result, invocation, "waiting")), ...told(failure) };
}

/** Nothing was launched, and nothing will be. */
export async function rejectedFor(context: Context, item: RunRecord, failure: Failure, invocation: Invocation): Promise<Dispatched> {
  const now = context.clock.now();
  const result = await context.store.write(item.key, recordRejected(leaseOf(item), asError(failure), now, expiresAt(context, now)));
  return { ...(await afterRecord(context, item, result, invocation, "rejected")), ...told(failure) };
}

function told(failure: Failure): Pick<Dispatched, "code" | "unrecognised"> {
  return { code: failure.code, ...(failure.recognised ? {} : { unrecognised: true }) };
}

function pause(context: Context, item: RunRecord, failure: Failure): number {
  if (failure.wokenByLauncher) return 0;
  if (failure.retryAfterSeconds !== undefined) return Math.min(Math.max(failure.retryAfterSeconds, SHORTEST_WAIT), LONGEST_WAIT) * 1000;
  return waitMilliseconds(item.tries ?? 0, context.planning.configuration.timing.waitScale, context.clock.random());
}

async function afterRecord(
  context: Context,
  item: RunRecord,
  result: WriteResult,
  invocation: Invocation,
  outcome: "launched" | "waiting" | "unknown" | "rejected",
  isOurs: (current: RunRecord) => boolean = () => false,
): Promise<Dispatched> {
  const current = result.item ?? item;
  // A repeated write whose first answer was lost finds its own work done.
  const done = result.applied || isOurs(current);
  if (current.cancelRequestedAt !== undefined) {
    if (current.state === "LAUNCHED" || current.state === "RUNNING") return stopRun(context, current, invocation);
    if (current.state === "WAITING") {
      const now = context.clock.now();
      const ended = await context.store.write(item.key, endSeen(current, "CANCELLED", undefined, now, expiresAt(context, now)));
      return { ...facts(ended.item ?? current), outcome: ended.applied ? "cancelled" : "settled by an event" };
    }
  }
  return { ...facts(current), outcome: done ? outcome : "settled by an event" };
}
