import { type Context, expiresAt, type Invocation } from "./context.ts";
import { type Dispatched, facts } from "./dispatched.ts";
import { runKey } from "./identity.ts";
import type { RunRecord } from "./record.ts";
import { wake } from "./wake.ts";
import { requestCancel, tombstone } from "./writes/operate.ts";

/** Cancels a run in whatever state it is; one not yet seen is remembered, and never launched when its request comes. */
export async function dispatchCancel(context: Context, id: string, invocation: Invocation): Promise<Dispatched> {
  const key = runKey(id);
  const now = context.clock.now();
  const requested = await context.store.write(key, requestCancel(now));
  if (requested.applied) return wake(context, requested.item, invocation);
  const item = requested.item ?? (await context.store.read(key));
  if (item === undefined) {
    const buried = await context.store.write(key, tombstone(id, now, expiresAt(context, now)));
    // Its request came in between: there is something to cancel now.
    return buried.applied ? { ...facts(buried.item), outcome: "cancel requested" } : dispatchCancel(context, id, invocation);
  }
  return { ...facts(item as RunRecord), outcome: "duplicate" };
}
