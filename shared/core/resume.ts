/** An attempt that may exist is settled: on the target and in the place that it was claimed for, whatever is configured now. */

import { waitMilliseconds } from "./backoff.ts";
import { type Context, expiresAt, type Invocation } from "./context.ts";
import { type Dispatched, facts } from "./dispatched.ts";
import { hasLanded } from "./doubt.ts";
import { orRefusal, Refusal, TemplateUnavailable } from "./errors.ts";
import { connect, launch, launchOf } from "./launch.ts";
import { launcherOf, type Prepared, prepareFor } from "./prepare.ts";
import type { RunError, RunRecord } from "./record.ts";
import { acceptedBy, waitingFor } from "./settle.ts";
import { resume } from "./writes/claim.ts";
import { markLost } from "./writes/observe.ts";
import { recordUnknown } from "./writes/settle.ts";

/** Takes the lease of an attempt in doubt and repeats its submit under the same key. */
export async function resumeAttempt(
  context: Context,
  before: RunRecord,
  lease: { now: number; owner: string; leaseUntil: number },
  invocation: Invocation,
): Promise<Dispatched> {
  const { store, planning } = context;
  const target = planning.configuration.targets.find((candidate) => candidate.name === before.target);
  const launcher = target && launcherOf(planning, target);
  const repeat = launcher?.repeatSeconds;
  if (repeat !== undefined && before.attemptAt !== undefined && lease.now - before.attemptAt > repeat * 1000) {
    const reason = `nothing was seen of attempt ${before.attempt} for ${repeat / 60} minutes; it may or may not have run`;
    const lost = await store.write(before.key, markLost(before, reason, { now: lease.now, expiresAt: expiresAt(context, lease.now) }));
    return {
      ...facts(lost.item ?? before),
      outcome: lost.applied ? "settled by an event" : "duplicate",
      code: "LOST",
      alarm: lost.applied,
    };
  }
  if (before.request === undefined) throw new Error("a run with a digest has no request");
  // Before the lease is taken: while the place of large requests does not answer, nothing is begun, and no lease counts as lost.
  const opened = await orRefusal(context.requests.open(before.request, before.id));
  const resumed = await store.write(before.key, resume(before, { attempt: before.attempt, ...lease }));
  if (!resumed.applied && resumed.item?.owner !== lease.owner) return { ...facts(resumed.item ?? before), outcome: "duplicate" };
  const item = resumed.item as RunRecord;
  try {
    if (target === undefined)
      throw stays("TARGET_GONE", `its target "${before.target}" is no longer configured; it goes on when the target is back`);
    if (opened instanceof Refusal) throw opened;
    const prepared = await prepareFor(planning, opened, item.attempt, target);
    if (prepared.place !== item.place) {
      throw stays(
        "PLACE_CHANGED",
        `its target "${before.target}" now means another place; it goes on when the target means ${item.place} again`,
      );
    }
    if (item.cancelRequestedAt !== undefined) {
      const found = await cancelInDoubt(context, item, prepared, invocation);
      if (found !== undefined) return found;
    }
    return await launch(context, item, opened, prepared, invocation);
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof Stays || error instanceof TemplateUnavailable)) throw error;
    // Whatever is wrong now says nothing of a call made then: the attempt stays in doubt.
    const code = error instanceof TemplateUnavailable ? "TEMPLATE_UNAVAILABLE" : error.code;
    return stay(context, item, lease.now, { code, message: error.message });
  }
}

/** The attempt can't be settled as things stand. */
class Stays extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function stays(code: string, message: string): Stays {
  return new Stays(code, message);
}

async function stay(context: Context, item: RunRecord, now: number, error: RunError): Promise<Dispatched> {
  const { timing } = context.planning.configuration;
  const dueAt = now + waitMilliseconds(item.tries ?? 0, timing.waitScale, context.clock.random());
  const result = await context.store.write(
    item.key,
    recordUnknown({ ...item, owner: item.owner ?? "" }, error, { now, calledAt: item.calledAt ?? now, dueAt }),
  );
  return { ...facts(result.item ?? item), outcome: "stays", code: error.code, alarm: true };
}

/** A cancelled attempt in doubt is looked for instead of submitted, where the launcher can prove that nothing is there. */
async function cancelInDoubt(
  context: Context,
  item: RunRecord,
  prepared: Prepared,
  invocation: Invocation,
): Promise<Dispatched | undefined> {
  const { backend, failure } = await connect(context, prepared);
  if (backend === undefined) return stay(context, item, context.clock.now(), { code: failure.code, message: failure.message });
  if (backend.find === undefined || item.unsettled !== true) return undefined;
  // Judged before the look: what lands during it would be missed.
  const landed = hasLanded(prepared, item.calledAt ?? context.clock.now(), context.clock.now());
  const found = await backend.find(launchOf(context, item, prepared, invocation));
  if (found.status === "found") return acceptedBy(context, item, prepared, found.handle, item.calledAt, invocation);
  const now = context.clock.now();
  if (found.status === "absent" && landed) {
    const failure = {
      class: "unavailable",
      code: "CANCELLED",
      message: "cancelled before it was launched",
      recognised: true,
    } as const;
    return waitingFor(context, item, prepared.target, failure, invocation);
  }
  return stay(context, item, now, {
    code: "UNSETTLED",
    message: "cancelled while it was uncertain whether the attempt was launched; it is looked for",
  });
}
