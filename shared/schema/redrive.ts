import * as z from "zod/mini";

const redrive = z.strictObject({ redrive: z.string().check(z.regex(/^[0-9a-f]{26}$/)) });

/** The text of the message that has an entry of the quarantine tried again. */
export function redriveMessage(entry: string): string {
  return JSON.stringify({ redrive: entry });
}

/** The entry that a message has tried again; undefined where it is another message. Comes over the queue only: no sender can name one. */
export function redriveOf(body: string): string | undefined {
  if (!body.startsWith('{"redrive"')) return undefined;
  try {
    return z.safeParse(redrive, JSON.parse(body)).data?.redrive;
  } catch {
    return undefined;
  }
}
