import type { RunAttribute, RunRecord, StateChange, TimelineEntry } from "./record.ts";

/** The value that an attribute is compared with. */
type Value = string | number | boolean;

/** What must hold of the item for a write to be applied. */
export type Condition =
  | { readonly op: "absent" | "present"; readonly attribute: RunAttribute }
  | { readonly op: "equals" | "below"; readonly attribute: RunAttribute; readonly value: Value }
  | { readonly op: "in"; readonly attribute: RunAttribute; readonly values: readonly Value[] }
  | { readonly op: "all" | "any"; readonly of: readonly Condition[] };

/** One conditional write on one item, as data; an adapter carries it out. */
export interface Write {
  readonly condition: Condition;
  readonly set: Partial<RunRecord>;
  /** Set only where the attribute is absent. */
  readonly setOnce?: Partial<RunRecord>;
  /** Added to a number; an absent one counts as zero. */
  readonly add?: Partial<Record<RunAttribute, number>>;
  readonly remove?: readonly RunAttribute[];
  /** Appended to the timeline. */
  readonly append?: TimelineEntry;
  /** Appended to the changes to publish. */
  readonly announce?: StateChange;
}

export function absent(attribute: RunAttribute): Condition {
  return { op: "absent", attribute };
}

export function present(attribute: RunAttribute): Condition {
  return { op: "present", attribute };
}

export function equals(attribute: RunAttribute, value: Value): Condition {
  return { op: "equals", attribute, value };
}

/** The attribute is there and less than the value. */
export function below(attribute: RunAttribute, value: Value): Condition {
  return { op: "below", attribute, value };
}

export function oneOf(attribute: RunAttribute, values: readonly Value[]): Condition {
  return { op: "in", attribute, values };
}

export function all(...of: readonly Condition[]): Condition {
  return { op: "all", of };
}

export function any(...of: readonly Condition[]): Condition {
  return { op: "any", of };
}
