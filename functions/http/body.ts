import { Refusal } from "../../shared/core/errors.ts";
import { HttpProblem } from "./problem.ts";

/** Most bytes of a body. */
export const MOST_BODY_BYTES = 1024 * 1024;
/** A sender that is slower than this holds a connection, and memory, for nothing. */
const LONGEST_READ_MILLISECONDS = 10_000;

/** Reads a body, and stops at the limit, whatever its length says: chunked ones say none. Throws TOO_LARGE and BODY_TIMEOUT. */
export async function readBody(request: Request, longest = LONGEST_READ_MILLISECONDS): Promise<Uint8Array> {
  const told = Number(request.headers.get("content-length") ?? 0);
  if (told > MOST_BODY_BYTES) throw tooLarge();
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new HttpProblem("BODY_TIMEOUT", `the body was not there within ${longest / 1000} seconds`, CLOSING)),
    longest,
  );
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise]);
      if (done) return Buffer.concat(chunks);
      length += value.length;
      if (length > MOST_BODY_BYTES) throw tooLarge();
      chunks.push(value);
    }
  } catch (error) {
    // What is still to come is not wanted. A sender that went away has nothing to cancel.
    void reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const CLOSING = { headers: { connection: "close" } };

function tooLarge(): Refusal {
  return new Refusal("TOO_LARGE", { path: "", message: `the body is larger than ${MOST_BODY_BYTES} bytes` });
}
