/** What a door does that launches nothing: takes requests and cancels in, so that they last, and wakes the dispatcher. */
import { type Context, expiresAt } from "./context.ts";
import { Refusal } from "./errors.ts";
import { runKey } from "./identity.ts";
import type { JsonObject } from "./json.ts";
import { acceptedCheckAt, type NewRequest, newRun } from "./new-run.ts";
import { noteCancel } from "./note-cancel.ts";
import { launcherOf } from "./prepare.ts";
import type { RunRecord } from "./record.ts";
import { mayUse, route } from "./route.ts";
import type { RunState } from "./run-state.ts";
import { accept } from "./writes/claim.ts";
import { cancelTombstone, tombstone } from "./writes/operate.ts";

/** All that a door has of the context: no backends, so that it can't reach a target. */
export type Door = Pick<Context, "planning" | "store" | "queue" | "requests" | "clock">;

/** A request, and the sender's rights that travel with its run. */
export interface SentRequest extends NewRequest {
  /** The request as it was sent, unwrapped. */
  readonly document: JsonObject;
}

/** What came of a request or a cancel. */
export interface Taken {
  readonly id: string;
  /** Absent for the tombstone that a cancel leaves for an id not yet seen. */
  readonly state?: RunState;
  /** The table held the run before. */
  readonly known: boolean;
  /** The wake-up could not be enqueued, and why: the sweep wakes the run in its time. */
  readonly unwoken?: unknown;
}

/**
 * Records a request as ACCEPTED, and then wakes the dispatcher. The same request again is the same run; throws `Refusal` ID_REUSED
 * for another under its id, TOO_LARGE, and what routing says against a new run: its sender can still mend it.
 */
export async function acceptRequest(door: Door, sent: SentRequest): Promise<Taken> {
  const now = door.clock.now();
  const { id } = sent.request;
  const key = runKey(id);
  const against = reasonToRefuse(door, sent);
  if (against !== undefined) return knownTo(sent, await door.store.read(key), against);
  // What is large is put elsewhere before the item names it.
  const sealed = await door.requests.seal(JSON.stringify(sent.document), key);
  const run = newRun(sent, sealed, now);
  const written = await door.store.write(key, accept(run, now, acceptedCheckAt(door.planning, now)));
  if (written.applied) return woken(door, { id, state: "ACCEPTED", known: false });
  const item = written.item ?? (await door.store.read(key));
  if (item !== undefined && item.digest === undefined) {
    const buried = await door.store.write(key, cancelTombstone(run, now, expiresAt(door, now)));
    if (buried.applied) return { id, state: "CANCELLED", known: false };
    return knownBefore(sent, buried.item);
  }
  const taken = knownBefore(sent, item);
  // Its first door may have ended between the record and the wake-up.
  return taken.state === "ACCEPTED" ? woken(door, taken) : taken;
}

/** A run that its sender may neither see nor send is refused as if the table did not hold it: whoever knows its request is not told how it goes. */
function knownTo(sent: SentRequest, item: RunRecord | undefined, against: Refusal): Taken {
  const { senderTargets } = sent;
  if (item !== undefined && senderTargets !== undefined && !isWithin(item, senderTargets)) throw against;
  return knownBefore(sent, item, against);
}

/** A run that the table holds already answers for itself, whatever a configuration of today says to it. */
function knownBefore({ request: { id }, digest }: SentRequest, item: RunRecord | undefined, otherwise?: Refusal): Taken {
  if (item?.digest === undefined) throw otherwise ?? new Error("the run's item is gone, or has no digest");
  if (item.digest !== digest) {
    const message = `the id "${id}" belongs to a run with another content; the first one is untouched`;
    throw new Refusal("ID_REUSED", { path: "id", message }, id);
  }
  return { id, known: true, ...(item.state === undefined ? {} : { state: item.state }) };
}

function reasonToRefuse({ planning }: Door, { request, senderTargets }: SentRequest): Refusal | undefined {
  try {
    route(request, {
      targets: planning.configuration.targets,
      launcherOf: (target) => launcherOf(planning, target),
      ...(senderTargets === undefined ? {} : { senderTargets }),
    });
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** The run is in the table, where the sweep finds it: a queue that is down delays it, and no more. */
async function woken(door: Door, taken: Taken): Promise<Taken> {
  try {
    await door.queue.wake([taken.id]);
    return taken;
  } catch (error) {
    return { ...taken, unwoken: error };
  }
}

/**
 * Notes that a run is to be cancelled, and wakes it. An id not yet seen is remembered, so that its request never launches: that is
 * for a sender who may use all targets, since it touches a run that might be anybody's. Undefined where there is no run that the
 * sender may use.
 */
export async function acceptCancel(door: Door, id: string, senderTargets: readonly string[] | undefined): Promise<Taken | undefined> {
  const now = door.clock.now();
  const key = runKey(id);
  if (senderTargets !== undefined) {
    const item = await door.store.read(key);
    if (item === undefined || !isWithin(item, senderTargets)) return undefined;
  }
  const requested = await noteCancel(door.store, key, now);
  if (requested.applied) return woken(door, { ...takenOf(requested.item), known: true });
  if (requested.item !== undefined) return { ...takenOf(requested.item), known: true };
  if (senderTargets !== undefined) return undefined;
  const buried = await door.store.write(key, tombstone(id, now, expiresAt(door, now)));
  // Its request came in between: there is something to cancel now.
  return buried.applied ? { id, known: false } : acceptCancel(door, id, senderTargets);
}

function takenOf({ id, state }: RunRecord): Pick<Taken, "id" | "state"> {
  return { id, ...(state === undefined ? {} : { state }) };
}

/**
 * Whether a run is one that somebody with these targets may look at and end: it is at one of them, or, where it is at none yet,
 * whoever sent it could use no others.
 */
export function isWithin(run: Pick<RunRecord, "target" | "senderTargets">, targets: readonly string[]): boolean {
  if (run.target !== undefined) return mayUse(run.target, targets);
  // A glob that matches another as a text matches all that the other does.
  return run.senderTargets !== undefined ? run.senderTargets.every((glob) => mayUse(glob, targets)) : mayUse("*", targets);
}
