import type { Quarantine } from "../shared/core/ports.ts";
import { redriveOf } from "../shared/schema/redrive.ts";

/** A message that ended whoever took it, as a queue of such messages hands it out. */
export interface DeadLetter {
  readonly body: string;
  /** What a request without an id was taken under: its run may be there. Moving the message to another queue would lose it. */
  readonly messageId: string;
}

/** The reason that they are kept for. */
export const DEAD_LETTER = "DEAD_LETTER";

/** Keeps a dead letter in quarantine, whole. Answers whether it was kept: what a redrive tries again is there already. Throws `Refusal` and `StateUnavailable`. */
export async function keepDeadLetter(quarantine: Quarantine, { body, messageId }: DeadLetter, now: number): Promise<boolean> {
  if (redriveOf(body) !== undefined) return false;
  const message = "it was delivered again and again, and never dealt with: the log has why; then redrive it";
  const source = `dead letters:${messageId}`;
  await quarantine.keep({ code: DEAD_LETTER, issues: [{ path: "", message }], source, messageId, body, own: true }, now);
  return true;
}
