/** Items as DynamoDB's wire has them. */

/** A value with its type. */
export type WireValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly L: readonly WireValue[] }
  | { readonly M: WireItem };

/** Values by attribute. */
export type WireItem = Readonly<Record<string, WireValue>>;

function typeOf(value: WireValue): string {
  return Object.keys(value)[0] ?? "";
}

function contentOf(value: WireValue): unknown {
  return Object.values(value)[0];
}

/** As DynamoDB compares: values of different types are never equal, numbers are by value. */
export function equal(one: WireValue, other: WireValue): boolean {
  if (typeOf(one) !== typeOf(other)) return false;
  if ("N" in one && "N" in other) return Number(one.N) === Number(other.N);
  return JSON.stringify(contentOf(one)) === JSON.stringify(contentOf(other));
}

/** Less than zero where the first comes first; undefined for what has no order among each other. */
export function order(one: WireValue, other: WireValue): number | undefined {
  if ("N" in one && "N" in other) return Number(one.N) - Number(other.N);
  if ("S" in one && "S" in other) return one.S < other.S ? -1 : one.S > other.S ? 1 : 0;
  return undefined;
}
