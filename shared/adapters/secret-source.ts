import { Refusal } from "../core/errors.ts";

/** A secret as its keeper has it: text, or bytes of text. Throws a refusal made here for what can't succeed, anything else for what may later. */
export type SecretSource = (name: string, signal: AbortSignal) => Promise<string | Uint8Array>;

/** There is no such secret, or no version of it that could be read. */
export function secretNotFound(message: string): Refusal {
  return new Refusal("SECRET_NOT_FOUND", { path: "", message });
}

/** The dispatcher may not read it, or not decrypt it. */
export function secretDenied(message: string): Refusal {
  return new Refusal("SECRET_DENIED", { path: "", message });
}

/** It is there, and can't serve as a secret. */
export function secretUnreadable(message: string): Refusal {
  return new Refusal("SECRET_UNREADABLE", { path: "", message });
}
