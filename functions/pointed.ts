import { Refusal } from "../shared/core/errors.ts";
import { decodeMessage, type Message } from "../shared/schema/message.ts";
import type { Composition } from "./compose.ts";

/** A message that holds all that it asks for. */
export type WholeMessage = Exclude<Message, { readonly kind: "pointer" }> & {
  /** Where the request was read, and in which version: from then on the sealed copy counts. */
  readonly requestFrom?: { readonly path: string; readonly version: string };
};

/** Reads the request that a message points to, where it does. Throws `Refusal`, and `StateUnavailable`. */
export async function pointed({ readRequest }: Pick<Composition, "readRequest">, message: Message): Promise<WholeMessage> {
  if (message.kind !== "pointer") return message;
  const { path } = message;
  const { bytes, version } = await readRequest(path);
  const request = decodeMessage(bytes, { messageId: message.id });
  if (request.kind === "request") return { ...request, requestFrom: { path, version } };
  const wrong = `expected a run request in the object, not a ${request.kind} message`;
  throw new Refusal("INVALID_MESSAGE", { path: "request_path", message: wrong });
}
