/** A message that was refused and kept is tried again, where it is kept. */
import type { Dispatched } from "../shared/core/dispatched.ts";
import { orRefusal, Refusal } from "../shared/core/errors.ts";
import type { Composition } from "./compose.ts";

/** A message that is to be dispatched, from wherever it comes. */
export interface Origin {
  readonly body: string;
  /** What a request without an id gets as its id. */
  readonly messageId: string;
  readonly source: string;
  readonly senderTargets?: readonly string[];
  /** The entry of the quarantine that it was redriven from. */
  readonly entry?: string;
}

/**
 * Dispatches what an entry keeps, as its sender: under the id that it had, with the targets that it might use. Refused again it goes
 * back to its entry, and nothing but another redrive tries it again; else the entry goes, after the run's record has come.
 */
export async function redrive(
  { context }: Composition,
  entry: string,
  dispatch: (origin: Origin) => Promise<Dispatched>,
): Promise<Dispatched> {
  const kept = await orRefusal(context.quarantine.read(entry));
  if (kept === undefined) return { outcome: "absent" };
  if (kept instanceof Refusal) return { outcome: "quarantined", code: kept.code, issues: kept.issues };
  const { body, source, messageId, senderTargets, seen } = kept;
  const rights = senderTargets === undefined ? {} : { senderTargets };
  const result = await dispatch({ body, source, messageId: messageId ?? `quarantine-${entry}`, entry, ...rights });
  if (result.outcome !== "quarantined" && result.outcome !== "no time") await context.quarantine.drop(entry, seen);
  return result;
}
