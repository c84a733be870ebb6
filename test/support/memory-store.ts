import type { RunStore, WriteResult } from "../../shared/core/ports.ts";
import type { ActiveRun, RunRecord } from "../../shared/core/record.ts";
import type { Write } from "../../shared/core/write.ts";
import { applied, holds } from "./conditions.ts";

/** How often the table was used. */
export interface StoreCalls {
  reads: number;
  writes: number;
}

/** A run table in memory, open to the test. */
export interface MemoryRunStore extends RunStore {
  readonly items: ReadonlyMap<string, RunRecord>;
  readonly calls: StoreCalls;
  /** Puts an item there as it is, or takes it away. */
  put(key: string, item: RunRecord | undefined): void;
}

/** The run table as its port promises it: atomic conditional writes, consistent reads, an index by `nextCheckAt`. */
export function memoryRunStore(changed: (before: RunRecord | undefined, after: RunRecord) => void = () => {}): MemoryRunStore {
  const items = new Map<string, RunRecord>();
  const calls: StoreCalls = { reads: 0, writes: 0 };
  return {
    items,
    calls,
    put(key, item) {
      if (item === undefined) items.delete(key);
      else items.set(key, item);
    },
    async read(key) {
      calls.reads++;
      return items.get(key);
    },
    async write(key, write): Promise<WriteResult> {
      calls.writes++;
      const twice = attributesNamedTwice(write);
      if (twice.length > 0) throw new Error(`the table refuses a write that names an attribute twice: ${twice.join(", ")}`);
      const before = items.get(key);
      if (!holds(write.condition, before)) return { applied: false, item: before };
      const item = applied(write, key, before);
      items.set(key, item);
      changed(before, item);
      return { applied: true, item };
    },
    async *due(now) {
      const found = [...items.values()].filter(
        (item): item is RunRecord & ActiveRun => item.nextCheckAt !== undefined && item.nextCheckAt <= now,
      );
      yield* found.sort((a, b) => a.nextCheckAt - b.nextCheckAt);
    },
  };
}

/** The attributes that a write names in more than one of its parts: DynamoDB refuses such an update ("Two document paths overlap"). */
export function attributesNamedTwice(write: Write): readonly string[] {
  const set = Object.entries(write.set).filter(([, value]) => value !== undefined);
  const parts = [
    set.map(([name]) => name),
    Object.keys(write.setOnce ?? {}),
    Object.keys(write.add ?? {}),
    write.append ? ["timeline"] : [],
    write.announce ? ["unpublished"] : [],
    write.remove ?? [],
  ];
  const names = parts.flat();
  return names.filter((name, index) => names.indexOf(name) !== index);
}
