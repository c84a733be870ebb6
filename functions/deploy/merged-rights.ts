/** Rights of many targets as few statements: a role holds 10,240 characters, which ten targets written out would pass. */
import type { Json } from "../../shared/core/json.ts";
import type { Right } from "../../shared/core/rights.ts";

/** A right, and what its statement is called where it turns out to be several targets'. */
export interface NamedRight extends Right {
  readonly base: string;
}

type Condition = NonNullable<Right["condition"]>;

/**
 * The same rights in fewer statements. Two come together where they differ in their resources alone, or in one condition's values alone:
 * what both allow together is then what each allowed.
 */
export function mergedRights(rights: readonly NamedRight[]): readonly Right[] {
  const merged: NamedRight[] = [];
  for (const right of rights) {
    const index = merged.findIndex((other) => together(other, right) !== undefined);
    const both = index < 0 ? undefined : together(merged[index] ?? right, right);
    if (both === undefined) merged.push(right);
    else merged[index] = both;
  }
  const taken = new Map<string, number>();
  return merged.map(({ base: _base, ...right }) => {
    const count = (taken.get(right.sid) ?? 0) + 1;
    taken.set(right.sid, count);
    return count === 1 ? right : { ...right, sid: `${right.sid}${count}` };
  });
}

function together(one: NamedRight, other: NamedRight): NamedRight | undefined {
  if (one.base !== other.base || !same(one.actions, other.actions)) return undefined;
  // What only one target needs is called after it.
  const named = { ...one, sid: one.sid === other.sid ? one.sid : one.base };
  if (same(one.condition, other.condition)) return { ...named, resources: union(one.resources, other.resources) };
  const condition = same(one.resources, other.resources) ? eitherCondition(one.condition, other.condition) : undefined;
  return condition && { ...named, condition };
}

/** Both with one operator and one key, the same in both: any of the values of either. */
function eitherCondition(one: Right["condition"], other: Right["condition"]): Condition | undefined {
  const [first, second] = [onlyKey(one), onlyKey(other)];
  if (first === undefined || second === undefined) return undefined;
  if (first.operator !== second.operator || first.key !== second.key) return undefined;
  return { [first.operator]: { [first.key]: union(first.values, second.values) } };
}

function onlyKey(condition: Right["condition"]) {
  const [[operator, keys] = [], ...moreOperators] = Object.entries(condition ?? {});
  const [[key, value] = [], ...moreKeys] = Object.entries(keys ?? {});
  if (operator === undefined || key === undefined || moreOperators.length + moreKeys.length > 0) return undefined;
  return Array.isArray(value) ? { operator, key, values: value as readonly Json[] } : undefined;
}

function union<Item>(one: readonly Item[], other: readonly Item[]): Item[] {
  return [...new Set([...one, ...other])];
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
