import { Refusal } from "../../shared/core/errors.ts";

/** What a call is refused with. Fails where the call succeeds, or throws anything else. */
export function refusalOf(call: () => unknown): Refusal {
  try {
    call();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("expected a refusal");
}

/** `path: message` of each issue. */
export function issuesOf(call: () => unknown): readonly string[] {
  return refusalOf(call).issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
}

/** Runs a call of which a refusal is the only failure allowed; answers its text. */
export function refusalTextOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
  return "";
}
