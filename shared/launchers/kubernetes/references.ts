/** What a target's `secrets` may refer to: a key of a Secret in the target's namespace. */
import type { JsonObject } from "../../core/json.ts";
import { refusalAt } from "./documents.ts";
import { isSubdomain } from "./naming.ts";

/** What a reference looks like, for messages. */
export const REFERENCE_EXPECTED = "expected the name of a Secret in the target's namespace, a slash and a key in it, as database/password";

/** A reference taken apart; undefined where it is none. */
export function secretKeyOf(reference: string): { readonly name: string; readonly key: string } | undefined {
  const [name = "", key = "", ...more] = reference.split("/");
  if (more.length > 0 || !isSubdomain(name) || !/^[-._a-zA-Z0-9]{1,253}$/.test(key)) return undefined;
  return { name, key };
}

/** A reference as a container's variable has it. Throws `Refusal`. */
export function secretKeyRef(reference: string, path: string): JsonObject {
  const found = secretKeyOf(reference);
  if (found === undefined) throw refusalAt(path, REFERENCE_EXPECTED);
  return { name: found.name, key: found.key };
}
