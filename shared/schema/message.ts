import * as z from "zod/mini";
import { Refusal } from "../core/errors.ts";
import { requestDigest } from "../core/identity.ts";
import { isObject, type Json, type JsonObject } from "../core/json.ts";
import type { RunRequest } from "../core/run.ts";
import { didYouMean, nearestName } from "../core/suggest.ts";
import { found, quoted } from "./found.ts";
import { check, parse, refusal } from "./issues.ts";
import { objectUrl } from "./places.ts";
import { runConfigTypes } from "./run-config/index.ts";
import { parseRunRequest, runId, runRequestFields } from "./run-request.ts";
import { unwrap } from "./unwrap.ts";

/** What a message asks for. */
export type Message =
  /** Launch this run. `document` is the request as it was sent, out of its wrapping; `digest` tells it from another under its id. */
  | { readonly kind: "request"; readonly document: JsonObject; readonly request: RunRequest; readonly digest: string }
  /** Look at a run that the table holds. */
  | { readonly kind: "wake"; readonly id: string }
  | { readonly kind: "cancel"; readonly id: string }
  /** Read the request from this object, `s3://` or `gs://`; `id` is its id where it gives none. */
  | { readonly kind: "pointer"; readonly path: string; readonly id: string };

/** Where a message came from: what a request without an id gets as its id. */
export interface MessageSource {
  /** Stays the same when the message is delivered again. */
  readonly messageId: string;
}

const wake = () => z.strictObject({ run: runId() });
const pointer = () => z.strictObject({ request_path: objectUrl() });
const cancel = () => z.strictObject({ cancel: z.strictObject({ id: runId() }) });

/** Decodes and validates a message. Throws `Refusal`, with the run's id where that can be read. */
export function decodeMessage(body: string | Uint8Array, source: MessageSource): Message {
  const { document, id } = unwrap(body);
  const fallback = id ?? source.messageId;
  try {
    return decode(document, fallback);
  } catch (error) {
    const run = error instanceof Refusal ? runNamedBy(document, fallback) : undefined;
    throw error instanceof Refusal && run !== undefined ? refusal(error.code, error.issues, run) : error;
  }
}

function decode(document: Json, fallback: string): Message {
  if (!isObject(document)) throw new Refusal("INVALID_MESSAGE", { path: "", message: `${FORMS}; found ${found(document)}` });
  if (Object.hasOwn(document, "run_config")) return decodeRequest(document, fallback);
  if (Object.hasOwn(document, "run")) return { kind: "wake", id: parse(wake(), document, "INVALID_MESSAGE").run };
  if (Object.hasOwn(document, "cancel")) return { kind: "cancel", id: parse(cancel(), document, "INVALID_MESSAGE").cancel.id };
  if (Object.hasOwn(document, "request_path")) {
    return { kind: "pointer", path: parse(pointer(), document, "INVALID_MESSAGE").request_path, id: fallback };
  }
  if (Object.hasOwn(document, "type")) throw new Refusal("INVALID_MESSAGE", { path: "type", message: unknownType(document["type"]) });
  if (isMeantAsRequest(document)) return decodeRequest(document, fallback);
  throw new Refusal("INVALID_MESSAGE", { path: "", message: `${FORMS}; found an object that is none of these` });
}

function decodeRequest(document: JsonObject, fallback: string): Message {
  return { kind: "request", document, request: parseRunRequest(document, fallback), digest: requestDigest(document) };
}

const FORMS = `expected a run request (an object with run_config), a run config (an object whose type is one of ${quoted(runConfigTypes)}), {"request_path": "s3://…"}, {"run": "<id>"} or {"cancel": {"id": "<id>"}}`;

/** An object without `run_config` that has a field of a request, or one that is nearly `run_config`: what it lacks says more. */
function isMeantAsRequest(document: JsonObject): boolean {
  return (
    Object.keys(document).some((name) => runRequestFields().includes(name)) ||
    Object.keys(document)
      .slice(0, 20)
      .some((name) => nearestName(name, ["run_config"]) !== undefined)
  );
}

function unknownType(type: Json | undefined): string {
  const known = `a run config's type is one of ${quoted(runConfigTypes)}`;
  return typeof type === "string" ? `unknown type${didYouMean(type, runConfigTypes)}; ${known}` : `${known}; found ${found(type)}`;
}

/** The id of the run that a refused document is about. A request without one would have had the source's. */
function runNamedBy(document: Json, fallback: string): string | undefined {
  if (!isObject(document)) return undefined;
  const { run, cancel: cancelled, id } = document;
  if (Object.hasOwn(document, "run_config") || isMeantAsRequest(document)) return validId(id ?? fallback);
  return validId(run ?? (isObject(cancelled) ? cancelled["id"] : undefined));
}

function validId(id: Json | undefined): string | undefined {
  const checked = check(runId(), id);
  return checked.ok ? checked.value : undefined;
}
