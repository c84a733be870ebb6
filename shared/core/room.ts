import type { Context } from "./context.ts";
import { ROOM_MILLISECONDS } from "./settle.ts";

/**
 * Wakes the runs that wait for room. Their launcher tells them as soon as there is some, but only while it lives: after a restart
 * nobody remembers them, and the sweep would come to them late.
 */
export async function wakeWaitingForRoom({ store, queue, clock }: Context): Promise<void> {
  const ids: string[] = [];
  for await (const { id, state } of store.due(clock.now() + ROOM_MILLISECONDS)) if (state === "WAITING") ids.push(id);
  // Those that wait for something else are acknowledged until they are due.
  if (ids.length > 0) await queue.wake(ids);
}
