/**
 * Changes of state are told at least once. The write that makes a change also notes that it is to be told, and keeps the run before
 * the sweep until a second write takes the note away: whoever crashes in between, another tells it.
 */
import type { Context } from "./context.ts";
import type { RunStore, WriteResult } from "./ports.ts";
import type { RunRecord } from "./record.ts";
import { eventsOf, isTold } from "./run-event.ts";
import { oneOf, type Write } from "./write.ts";
import { announced, announcing } from "./writes/publish.ts";

/** Who tells, and what becomes of a failure to: the sweep tries again. */
type Teller = Pick<Context, "store" | "bus"> & { readonly deployment: string };

/** A store whose changes of state are noted to be told, and told right after: the run itself never waits for the bus. */
export function publishingStore(teller: Teller, now: () => number, failed: (error: unknown) => void): RunStore {
  const { store } = teller;
  return {
    ...store,
    async write(key, write) {
      const { state } = write.set;
      if (!isTold(state)) return store.write(key, write);
      const attempt = write.append?.attempt;
      const change = { state, at: now(), ...(attempt === undefined ? {} : { attempt }) };
      const result = await changed(store, key, write, announcing(write, change));
      if (!result.applied || result.item.unpublished === undefined) return result;
      await publishChanges(teller, [result.item], write.set.nextCheckAt).catch(failed);
      return result;
    },
  };
}

/** A run that is seen `LAUNCHED` again has not changed: nothing is told of it. */
async function changed(store: RunStore, key: string, write: Write, announcement: Write): Promise<WriteResult> {
  if (write.set.state !== "LAUNCHED") return store.write(key, announcement);
  const first = await store.write(key, {
    ...announcement,
    condition: { op: "all", of: [announcement.condition, oneOf("state", ["LAUNCHING", "LOST"])] },
  });
  return first.applied || first.item?.state !== "LAUNCHED" ? first : store.write(key, write);
}

/** Tells what these runs have to tell, and takes the notes away. `nextCheckAt`: when the sweep looks at those that go on, if not as it is. */
export async function publishChanges({ store, bus, deployment }: Teller, runs: readonly RunRecord[], nextCheckAt?: number): Promise<void> {
  const events = runs.flatMap((run) => eventsOf(run, deployment));
  // Where no bus is named any more, nobody is left to be told.
  if (bus !== undefined && events.length > 0) await bus.publish(events);
  await Promise.all(runs.filter((run) => run.unpublished !== undefined).map((run) => store.write(run.key, announced(run, nextCheckAt))));
}

/** Tells what the runs of these keys have to tell, as they are now. */
export async function publishDue(context: Context, keys: readonly string[]): Promise<void> {
  const runs = await Promise.all(keys.map((key) => context.store.read(key)));
  const found = runs.filter((run) => run !== undefined);
  await publishChanges({ ...context, deployment: context.planning.configuration.deployment }, found);
}
