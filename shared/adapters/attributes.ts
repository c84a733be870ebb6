import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { convertToAttr, unmarshall } from "@aws-sdk/util-dynamodb";
import type { RunAttribute, RunRecord } from "../core/record.ts";

/** An item as the table's wire has it. */
export type Item = Record<string, AttributeValue>;

/** Prefix of the key of a run's item; other items (quarantine, locks) share the table. */
const RUN = "run#";

/** The table's key of a run. */
export function runPrimaryKey(key: string): Item {
  return { pk: { S: `${RUN}${key}` } };
}

const attributeNames = new Map<string, string>([["key", "pk"]]);
const propertyNames = new Map<string, string>();

/** The name of an attribute in the table: `leaseUntil` → `lease_until`; a run's key is the table's `pk`. */
export function attributeName(name: RunAttribute): string {
  return remembered(attributeNames, name, () => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

function propertyName(name: string): string {
  return remembered(propertyNames, name, () => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
}

function remembered(names: Map<string, string>, name: string, make: () => string): string {
  const known = names.get(name) ?? make();
  names.set(name, known);
  return known;
}

/** Values by placeholder, as the wire has them. The short ones, which most are, without the library's questions. */
export function wireValues(values: Readonly<Record<string, unknown>>): Item {
  return Object.fromEntries(Object.entries(values).map(([placeholder, value]) => [placeholder, wireValue(value)]));
}

function wireValue(value: unknown): AttributeValue {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number" && Number.isSafeInteger(value)) return { N: String(value) };
  if (value instanceof Uint8Array) return { B: value };
  return convertToAttr(value, { removeUndefinedValues: true });
}

/** A record from its item. The table is ours alone, so its items are what our own writes made them. */
export function recordOf<Part extends Partial<RunRecord> = RunRecord>(item: Item): Part {
  const record: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(unmarshall(item))) {
    if (name === "pk") record["key"] = String(value).slice(RUN.length);
    else record[propertyName(name)] = value;
  }
  return record as Part;
}
