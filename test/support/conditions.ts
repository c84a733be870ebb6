import type { RunRecord, StateChange, TimelineEntry } from "../../shared/core/record.ts";
import type { Condition, Write } from "../../shared/core/write.ts";

type Value = string | number | boolean;

/** Whether a condition holds of an item; `undefined` is an item that does not exist. Says what an adapter's table must do. */
export function holds(condition: Condition, item: Partial<RunRecord> | undefined): boolean {
  switch (condition.op) {
    case "absent":
      return item?.[condition.attribute] === undefined;
    case "present":
      return item?.[condition.attribute] !== undefined;
    case "equals":
      return item?.[condition.attribute] === condition.value;
    case "below": {
      const value = item?.[condition.attribute];
      return typeof value === typeof condition.value && (value as Value) < condition.value;
    }
    case "in":
      return condition.values.some((value) => item?.[condition.attribute] === value);
    case "all":
      return condition.of.every((part) => holds(part, item));
    case "any":
      return condition.of.some((part) => holds(part, item));
    default: {
      const unhandled: never = condition;
      return unhandled;
    }
  }
}

/** The item after a write whose condition held. */
export function applied(write: Write, key: string, item: Partial<RunRecord> | undefined): RunRecord {
  const next: Record<string, unknown> = { ...item, key };
  for (const [name, value] of Object.entries(write.setOnce ?? {})) next[name] ??= value;
  Object.assign(next, write.set);
  for (const [name, amount] of Object.entries(write.add ?? {})) next[name] = Number(next[name] ?? 0) + amount;
  if (write.append) next["timeline"] = [...((next["timeline"] as readonly TimelineEntry[] | undefined) ?? []), write.append];
  if (write.announce) next["unpublished"] = [...((next["unpublished"] as readonly StateChange[] | undefined) ?? []), write.announce];
  for (const name of write.remove ?? []) delete next[name];
  return next as unknown as RunRecord;
}
