import type { RunAttribute, RunRecord } from "../core/record.ts";

/** An item of the table as its client gives it. */
export type Item = Readonly<Record<string, unknown>>;

/** Prefix of the key of a run's item; other items (quarantine, locks) share the table. */
const RUN = "run#";

/** The table's key of a run. */
export function runPrimaryKey(key: string): { readonly pk: string } {
  return { pk: `${RUN}${key}` };
}

/** The name of an attribute in the table: `leaseUntil` → `lease_until`; a run's key is the table's `pk`. */
export function attributeName(name: RunAttribute): string {
  return name === "key" ? "pk" : name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function propertyName(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A record from its item. The table is ours alone, so its items are what our own writes made them. */
export function recordOf<Part extends Partial<RunRecord> = RunRecord>(item: Item): Part {
  const { pk, ...attributes } = item;
  const record = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [propertyName(name), value]));
  return { ...record, key: String(pk).slice(RUN.length) } as unknown as Part;
}
