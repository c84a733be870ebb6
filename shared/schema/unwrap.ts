import { Refusal } from "../core/errors.ts";
import { isObject, type Json, type JsonObject } from "../core/json.ts";
import { derivedId } from "./derived-id.ts";
import { found } from "./found.ts";
import { readJson } from "./json-document.ts";
import { runConfigTypes } from "./run-config/index.ts";

/** A message without its wrapping, and the id that the wrapping offers for it. */
export interface Unwrapped {
  readonly document: Json;
  readonly id?: string;
}

/** Takes one kind of wrapping off; undefined where the document is not wrapped so. */
type Unwrapping = (document: JsonObject) => Unwrapped | undefined;

/** Tried in order, again and again, until none of them knows the document. */
const UNWRAPPINGS: readonly Unwrapping[] = [cloudEvent, eventBridgeEvent, snsNotification, pubSubPush, bareRunConfig];

/** Nobody wraps a message more often; a message that is its own wrapping must not be unwrapped for ever. */
const MOST_WRAPPINGS = 5;

/** Fields by which our own messages are known, whatever else they hold. */
const OWN_FIELDS = ["run_config", "run", "cancel", "request_path"];

/**
 * Reads a message and takes it out of what it was sent in. The innermost id counts: it is nearest to what the sender meant.
 * Throws `Refusal` where a text in it is not JSON, with the path of that text.
 */
export function unwrap(body: string | Uint8Array): Unwrapped {
  let unwrapped: Unwrapped = { document: documentIn(body) };
  for (let times = 0; times < MOST_WRAPPINGS; times++) {
    const inner = isObject(unwrapped.document) ? unwrappedOnce(unwrapped.document) : undefined;
    if (inner === undefined) return unwrapped;
    unwrapped = { ...unwrapped, ...inner };
  }
  return unwrapped;
}

function unwrappedOnce(document: JsonObject): Unwrapped | undefined {
  if (OWN_FIELDS.some((name) => Object.hasOwn(document, name))) return undefined;
  for (const unwrapping of UNWRAPPINGS) {
    const inner = unwrapping(document);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** A CloudEvent in structured mode. Its source and its id together are unique. */
function cloudEvent(document: JsonObject): Unwrapped | undefined {
  const { specversion, source, id, data = null, data_base64: base64 = null } = document;
  if (typeof specversion !== "string" || (data === null && base64 === null)) return undefined;
  return withId(base64 === null ? jsonAt("data", data) : base64At("data_base64", base64), source, id);
}

/** An event of EventBridge, of a rule without an input transformer. */
function eventBridgeEvent(document: JsonObject): Unwrapped | undefined {
  const { detail, id } = document;
  if (!Object.hasOwn(document, "detail-type") || detail === undefined) return undefined;
  return withId(detail, id);
}

/** What SNS sends to a queue without raw delivery. */
function snsNotification(document: JsonObject): Unwrapped | undefined {
  const { Type, Message, MessageId } = document;
  if (Type !== "Notification" || Message === undefined) return undefined;
  return withId(jsonAt("Message", Message), MessageId);
}

/** The body of a Pub/Sub push, or the data of the CloudEvent that Cloud Functions makes of it. */
function pubSubPush({ message }: JsonObject): Unwrapped | undefined {
  if (!isObject(message) || (message["data"] === undefined && message["messageId"] === undefined)) return undefined;
  const { data = null, messageId, message_id } = message;
  return withId(base64At("message.data", data), messageId ?? message_id);
}

/** A run config alone stands for a request that has nothing else. */
function bareRunConfig(document: JsonObject): Unwrapped | undefined {
  const { type } = document;
  return typeof type === "string" && runConfigTypes.includes(type) ? { document: { run_config: document } } : undefined;
}

/** A wrapping that lacks a part of its id offers none. */
function withId(document: Json, ...parts: readonly (Json | undefined)[]): Unwrapped {
  const texts = parts.filter((part): part is string => typeof part === "string" && part !== "");
  return texts.length === parts.length ? { document, id: derivedId(...texts) } : { document };
}

/** What a field of a wrapping holds: a document, or a text of one. */
function jsonAt(path: string, value: Json): Json {
  return typeof value === "string" ? within(path, () => documentIn(value)) : value;
}

function base64At(path: string, value: Json): Json {
  return within(path, () => {
    const bytes = typeof value === "string" ? bytesOfBase64(value) : undefined;
    if (bytes !== undefined) return readJson(bytes);
    throw new Refusal("INVALID_MESSAGE", {
      path: "",
      message: `expected base64 of the message, found ${typeof value === "string" ? "another string" : found(value)}`,
    });
  });
}

/** Reads what is at a path; a refusal gets the path. */
function within(path: string, read: () => Json): Json {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const [{ path: inner, message } = { path: "", message: error.message }] = error.issues;
    throw new Refusal(error.code, { path: `${path}${inner === "" || inner.startsWith("[") ? inner : `.${inner}`}`, message });
  }
}

/** JSON, or base64 of it, as HTTP bodies may come. What is neither is told as broken JSON. */
function documentIn(body: string | Uint8Array): Json {
  try {
    return readJson(body);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "NOT_JSON") throw error;
    const bytes = bytesOfBase64((typeof body === "string" ? body : new TextDecoder().decode(body)).trim());
    if (bytes === undefined || !startsAnObject(bytes)) throw error;
    return readJson(bytes);
  }
}

/** Of both alphabets, with or without padding. */
function bytesOfBase64(text: string): Uint8Array | undefined {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

function startsAnObject(bytes: Uint8Array): boolean {
  return bytes.find((byte) => byte > 0x20) === 0x7b;
}
