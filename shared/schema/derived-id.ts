import { digestOf } from "../core/identity.ts";

/** Printable ASCII, as a run's id. */
const VALID = /^[\x20-\x7e]{1,200}$/;
/** No URI holds it, and a CloudEvent's source is one: so two parts can't run into each other. */
const SEPARATOR = "|";
const READABLE = 100;

/**
 * A run's id made of what a source calls its message: the same for the same parts, and another for others. What is too long, or
 * holds other characters, keeps a readable beginning and gets a hash.
 */
export function derivedId(...parts: readonly string[]): string {
  const joined = parts.join(SEPARATOR);
  const isApart = parts.length === 1 || !parts.some((part) => part.includes(SEPARATOR));
  if (VALID.test(joined) && isApart) return joined;
  return `${joined.replaceAll(/[^\x21-\x7e]+/g, "-").slice(0, READABLE)}-${digestOf(parts).slice(0, 32)}`;
}
