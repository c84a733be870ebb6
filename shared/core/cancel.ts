import { type Context, expiresAt, type Invocation } from "./context.ts";
import { type Dispatched, facts } from "./dispatched.ts";
import { runKey } from "./identity.ts";
import { noteCancel } from "./note-cancel.ts";
import { wake } from "./wake.ts";
import { tombstone } from "./writes/operate.ts";

/** Cancels a run in whatever state it is; one not yet seen is remembered, and never launched when its request comes. */
export async function dispatchCancel(context: Context, id: string, invocation: Invocation): Promise<Dispatched> {
  const key = runKey(id);
  const now = context.clock.now();
  const requested = await noteCancel(context.store, key, now);
  if (requested.applied) return wake(context, requested.item, invocation);
  if (requested.item !== undefined) return { ...facts(requested.item), outcome: "duplicate" };
  const buried = await context.store.write(key, tombstone(id, now, expiresAt(context, now)));
  // Its request came in between: there is something to cancel now.
  return buried.applied ? { ...facts(buried.item), outcome: "cancel requested" } : dispatchCancel(context, id, invocation);
}
