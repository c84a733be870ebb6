import { isSecretReference } from "../../shared/core/secret-reference.ts";

/** Every reference to a secret in a part of the configuration. */
export function referencesIn(part: unknown): readonly string[] {
  if (typeof part === "string") return isSecretReference(part) ? [part] : [];
  if (typeof part !== "object" || part === null) return [];
  return Object.values(part).flatMap(referencesIn);
}
