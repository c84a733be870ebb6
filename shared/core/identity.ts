import { createHash } from "node:crypto";
import { canonicalJson, type Json, type JsonObject } from "./json.ts";
import type { Plan } from "./launcher.ts";

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** A short name for a run that every service can take: the first 130 bits of sha256(run id), in lower-case base32. */
export function runKey(id: string): string {
  const bytes = createHash("sha256").update(id, "utf8").digest();
  let key = "";
  // The next bits, and how many of them are not written yet.
  let [bits, left] = [0, 0];
  for (const byte of bytes.subarray(0, 17)) {
    bits = ((bits << 8) | byte) & 0xfff;
    for (left += 8; left >= 5 && key.length < 26; left -= 5) key += BASE32[(bits >> (left - 5)) & 31];
  }
  return key;
}

/** Which of `count` parts of an index a run belongs to: spreads the load, and is the same for ever. */
export function shardOf(key: string, count: number): number {
  return createHash("sha256").update(key).digest().readUInt32BE(0) % count;
}

/** Lower-case hexadecimal sha256 of the canonical JSON of a document. */
export function digestOf(document: Json): string {
  return createHash("sha256").update(canonicalJson(document), "utf8").digest("hex");
}

/**
 * Digest of a run request as it was sent. `id` and `traceparent` are left out: a new trace or a derived id does not make
 * another run.
 */
export function requestDigest(document: JsonObject): string {
  const { id: _id, traceparent: _traceparent, ...content } = document;
  return digestOf(content);
}

/** A W3C trace parent for one attempt: the request's trace id and flags, a span id made of key and attempt. */
export function attemptTraceparent(traceparent: string, key: string, attempt: number): string {
  const [version, traceId, , flags] = traceparent.split("-");
  const spanId = createHash("sha256").update(`${key}/${attempt}`).digest("hex").slice(0, 16);
  return `${version}-${traceId}-${spanId}-${flags}`;
}

/** Digest of the calls of a plan: another digest is another launch. */
export function planDigestOf({ calls }: Plan): string {
  return digestOf(calls.map(({ api, input }) => ({ api, input })));
}
