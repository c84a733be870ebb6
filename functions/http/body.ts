import { Refusal } from "../../shared/core/errors.ts";
import { HttpProblem } from "./problem.ts";

/** Most bytes of a body. */
export const MOST_BODY_BYTES = 1024 * 1024;
/** A sender that is slower than this holds a connection, and memory, for nothing. */
const LONGEST_READ_MILLISECONDS = 10_000;

const MEBIBYTE = 1024 * 1024;

/** How many bytes of bodies may be held at once: many that are each within their limit are too much together. */
export interface BodyRoom {
  readonly most: number;
  held: number;
}

/** Of senders who have proved who they are, and of those who do so with the body itself: the latter must not crowd out the former. */
const proven: BodyRoom = { most: 64 * MEBIBYTE, held: 0 };
export const unproven: BodyRoom = { most: 32 * MEBIBYTE, held: 0 };

/**
 * Reads a body, and stops at the limit, whatever its length says: chunked ones say none. Throws TOO_LARGE, BODY_TIMEOUT, and
 * UNAVAILABLE where too much is held already.
 */
export async function readBody(request: Request, room = proven, longest = LONGEST_READ_MILLISECONDS): Promise<Uint8Array> {
  const told = Number(request.headers.get("content-length") ?? 0);
  if (told > MOST_BODY_BYTES) throw tooLarge();
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const late = Promise.withResolvers<never>();
  const tooLate = new HttpProblem("BODY_TIMEOUT", `the body was not there within ${longest / 1000} seconds`, CLOSING);
  const timer = setTimeout(() => late.reject(tooLate), longest);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read().catch(brokenOff), late.promise]);
      if (done) return Buffer.concat(chunks);
      length += value.length;
      room.held += value.length;
      if (length > MOST_BODY_BYTES) throw tooLarge();
      if (room.held > room.most) throw new HttpProblem("UNAVAILABLE", "too many large bodies at once", { headers: { "retry-after": "5" } });
      chunks.push(value);
    }
  } catch (error) {
    // What is still to come is not wanted. A sender that went away has nothing to cancel.
    void reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
    room.held -= length;
  }
}

function brokenOff(cause: unknown): never {
  throw new HttpProblem("BODY_BROKEN", "the body broke off", { ...CLOSING, cause });
}

const CLOSING = { headers: { connection: "close" } };

function tooLarge(): Refusal {
  return new Refusal("TOO_LARGE", { path: "", message: `the body is larger than ${MOST_BODY_BYTES} bytes` });
}
