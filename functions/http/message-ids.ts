/** What the headers of a call offer as the id of a run whose request has none. */
import { randomUUID } from "node:crypto";
import { derivedId } from "../../shared/schema/derived-id.ts";

/** Where a run's id came from: the answer says so. */
export type IdSource = "request" | "wrapping" | "webhook-id" | "idempotency-key" | "cloudevent" | "new";

/** An id, and what offered it. */
export interface OfferedId {
  readonly id: string;
  readonly from: IdSource;
}

/** The id for a request that brings none: the same whenever the same call is repeated, or a new one where the call has no name. */
export function offeredId(headers: Headers): OfferedId {
  const webhook = headers.get("webhook-id");
  if (webhook) return { id: derivedId(webhook), from: "webhook-id" };
  // The draft of the header has it in quotes, most senders have not.
  const key = headers.get("idempotency-key")?.replace(/^"(.*)"$/, "$1");
  if (key) return { id: derivedId(key), from: "idempotency-key" };
  const event = cloudEventId(headers);
  return event === undefined ? { id: randomUUID(), from: "new" } : { id: event, from: "cloudevent" };
}

/** A CloudEvent in binary mode: its attributes are headers, its data the body. The same id as the same event has in structured mode. */
function cloudEventId(headers: Headers): string | undefined {
  const [version, source, id] = ["ce-specversion", "ce-source", "ce-id"].map((name) => headers.get(name));
  return version && source && id ? derivedId(decoded(source), decoded(id)) : undefined;
}

/** CloudEvents over HTTP encode what a header can't hold. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
