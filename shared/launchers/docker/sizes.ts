import type { Json } from "../../core/json.ts";

const FACTORS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** What is told to somebody whose size can't be read. */
export const SIZE_EXPECTED = "expected a size: bytes as a whole number, or a number with the unit b, k, m, g or t, as 512m";

/** Bytes of a size in docker-py's forms (`512m`, `1GB`, `1073741824`); an empty text is 0. Undefined where it is none. */
export function bytesOf(value: Json): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  if (value === "") return 0;
  const [, digits, unit = "b"] = /^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(?:([bkmgt])b?)?$/i.exec(value) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Math.trunc(Number(digits) * (FACTORS[unit.toLowerCase()] ?? 1));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
