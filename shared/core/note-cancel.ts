import type { RunStore, WriteResult } from "./ports.ts";
import { isTerminal } from "./run-state.ts";
import { requestCancel } from "./writes/operate.ts";

/**
 * Notes a cancel on a run that goes on. Not applied: there is no item, a tombstone, or a run that has ended. One that comes into being
 * between the refused write and the look at why is noted after all: not every table shows the item that refused.
 */
export async function noteCancel(store: RunStore, key: string, now: number): Promise<WriteResult> {
  for (;;) {
    const noted = await store.write(key, requestCancel(now));
    if (noted.applied) return noted;
    const item = noted.item ?? (await store.read(key));
    if (item?.state === undefined || isTerminal(item.state)) return { applied: false, item };
  }
}
