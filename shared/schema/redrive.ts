import * as z from "zod/mini";
import { Refusal } from "../core/errors.ts";
import { late } from "../core/late.ts";
import { unwrap } from "./unwrap.ts";

const redrive = late(() => z.strictObject({ redrive: z.string().check(z.regex(/^[0-9a-f]{26}$/)) }));

/** The text of the message that has an entry of the quarantine tried again. */
export function redriveMessage(entry: string): string {
  return JSON.stringify({ redrive: entry });
}

/**
 * The entry that a message has tried again; undefined where it is another message. Comes over the queue only: no sender over HTTP can
 * name one. `wrapped`: the queue itself wraps what is put on it.
 */
export function redriveOf(body: string, wrapped = false): string | undefined {
  if (!wrapped && !body.startsWith('{"redrive"')) return undefined;
  try {
    return z.safeParse(redrive(), unwrap(body).document).data?.redrive;
  } catch (error) {
    // What is wrong with it is told by whoever reads it as another message.
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
