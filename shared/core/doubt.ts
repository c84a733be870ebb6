/** An attempt whose outcome is unknown, where its launcher can be asked for it. */
import type { Failure } from "./failure.ts";
import type { Backend, FindOutcome, Handle, Launch } from "./launcher.ts";
import type { Prepared } from "./prepare.ts";
import type { RunRecord } from "./record.ts";

/** Whether a look now, if it finds nothing, proves that no call made at `calledAt` or before launched anything. */
export function hasLanded(prepared: Prepared, calledAt: number, now: number): boolean {
  return now - calledAt > (prepared.launcher.landingSeconds ?? Number.POSITIVE_INFINITY) * 1000;
}

/** Looks for the attempt where absence would be proof; otherwise nothing is known. */
export async function findLanded(
  backend: Backend,
  prepared: Prepared,
  launch: Launch,
  calledAt: number,
  now: number,
): Promise<FindOutcome | undefined> {
  return hasLanded(prepared, calledAt, now) ? backend.find?.(launch) : undefined;
}

/** Whether an attempt in doubt may be submitted again. `unknown` carries until when, at the latest, what is in doubt was called. */
export type RepeatVerdict =
  | { readonly status: "proven absent" }
  | { readonly status: "accepted"; readonly handle: Handle }
  | { readonly status: "unknown"; readonly failure: Failure; readonly calledAt: number };

/** What the first of two empty looks is recorded as. */
const NOT_SEEN = { code: "NOT_SEEN" } as const;

/**
 * Looks before a repeat that would start a second one. The first empty look is only recorded, and starts the landing time anew; the
 * second, after it, is the proof.
 */
export async function lookBeforeRepeat(
  backend: Backend,
  prepared: Prepared,
  item: RunRecord,
  launch: Launch,
  now: () => number,
): Promise<RepeatVerdict> {
  // Judged before the look: what lands during it would be missed.
  const lookedAt = now();
  const calledAt = item.calledAt ?? lookedAt;
  // A lease that was lost since may have called again.
  const again = item.error?.code === NOT_SEEN.code && item.lostLeases === undefined;
  const found = (await backend.find?.(launch)) ?? { status: "absent" };
  switch (found.status) {
    case "found":
      return { status: "accepted", handle: found.handle };
    case "unknown":
      return { status: "unknown", failure: found.failure, calledAt };
    case "absent":
      if (again && hasLanded(prepared, calledAt, lookedAt)) return { status: "proven absent" };
      return { status: "unknown", failure: notSeen(prepared), calledAt: again ? calledAt : lookedAt };
    default: {
      const unhandled: never = found;
      return unhandled;
    }
  }
}

function notSeen({ launcher }: Prepared): Failure {
  const seconds = (launcher.landingSeconds ?? 0) + 1;
  const message = `it is uncertain whether the attempt was launched; it was looked for and not seen, and is looked for again in ${seconds} s`;
  return { class: "unknown", ...NOT_SEEN, message, recognised: true, retryAfterSeconds: seconds };
}
