import type { RunRecord, RunSummary } from "../shared/core/record.ts";
import { snakeCase } from "../shared/schema/naming.ts";

/** Attributes that are the protocol's own business, or sealed. */
const HIDDEN: ReadonlySet<string> = new Set([
  "key",
  "request",
  "owner",
  "activeShard",
  "recentShard",
  "wakes",
  "digest",
  "planDigest",
  "expiresAt",
  "unpublished",
  "changes",
]);

/** A run as programs see it: snake_case, times as ISO 8601, nothing sealed. */
export function runView(run: RunRecord | RunSummary): Record<string, unknown> {
  const shown = Object.entries(run).filter(([name, value]) => !HIDDEN.has(name) && value !== undefined);
  return viewOf(Object.fromEntries(shown));
}

/** Facts as programs see them: snake_case, times as ISO 8601. */
export function viewOf(facts: object): Record<string, unknown> {
  const shown = Object.entries(facts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(shown.map(([name, value]) => [snakeCase(name), shownValue(name, value)]));
}

function shownValue(name: string, value: unknown): unknown {
  if (typeof value === "number" && (name === "at" || name === "until" || name.endsWith("At") || name.endsWith("Until")))
    return new Date(value).toISOString();
  if (Array.isArray(value)) return value.map((element) => shownValue("", element));
  if (typeof value === "object" && value !== null) {
    return viewOf(value);
  }
  return value;
}
