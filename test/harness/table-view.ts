/** What the platform and the judge see of the table. */
import { recordOf } from "../../shared/adapters/attributes.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import type { DynamoDouble } from "./dynamo-double.ts";
import type { WireItem } from "./wire.ts";

/** The run that an item is of; undefined for locks and the like. */
export function runOf(item: WireItem): RunRecord | undefined {
  const { pk } = item;
  return pk !== undefined && "S" in pk && pk.S.startsWith("run#") ? recordOf(item as never) : undefined;
}

/** A sweep in which nothing is due does nothing: it need not be waited for. */
export function isDue(table: DynamoDouble, now: number): boolean {
  for (const { next_check_at: at, active_shard: shard } of table.items.values()) {
    if (shard !== undefined && at !== undefined && "N" in at && Number(at.N) <= now) return true;
  }
  return false;
}
