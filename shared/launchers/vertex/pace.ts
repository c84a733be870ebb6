/** Keeps one process's submissions to what a project may make in a region, and tells those that find no room when there is some. */
import type { Services } from "../../core/launcher.ts";

/** Submissions of a project in a region, and the milliseconds that they are counted in. */
const SUBMISSIONS = 60;
const MINUTE = 60_000;
/** So long is waited with a lease held; waiting longer costs a function's time. */
const PATIENCE = 10_000;
/** How long nothing is tried after the service has throttled. Others submit as well: who and how many isn't known. */
const FIRST_PAUSE = 15_000;
const LONGEST_PAUSE = MINUTE;

/** What a turn came to: a call may be made now; or it may be in so many seconds. */
export type Turn = { readonly status: "go" } | { readonly status: "later"; readonly seconds: number };

/** The pace of one project in one region. */
export interface Pace {
  turn(signal: AbortSignal): Promise<Turn>;
  /** The service throttled a submission. Answers after how many seconds another may be tried. */
  throttled(): number;
  /** The service took one. */
  taken(): void;
}

export function createPace({ now, sleep }: Pick<Services, "now" | "sleep">): Pace {
  /** The times of the last submissions, granted or planned, the oldest first. */
  let slots: number[] = [];
  let pausedUntil = 0;
  let pause = FIRST_PAUSE;
  /** Those told to come later are told different times: the rate's one after the other. */
  let toldUntil = 0;

  function nextSlot(): number {
    const at = now();
    slots = slots.filter((slot) => slot > at - MINUTE);
    const oldest = slots.length < SUBMISSIONS ? at : (slots[slots.length - SUBMISSIONS] ?? at) + MINUTE;
    return Math.max(at, oldest, pausedUntil);
  }

  function later(earliest: number): number {
    const at = now();
    toldUntil = Math.max(earliest, toldUntil + MINUTE / SUBMISSIONS);
    return Math.max(1, Math.ceil((toldUntil - at) / 1000));
  }

  return {
    async turn(signal) {
      const slot = nextSlot();
      if (slot - now() > PATIENCE) return { status: "later", seconds: later(slot) };
      slots.push(slot);
      if (slot > now()) await sleep(slot - now(), signal);
      if (!signal.aborted) return { status: "go" };
      slots = slots.filter((each) => each !== slot);
      return { status: "later", seconds: later(nextSlot()) };
    },
    throttled() {
      const at = now();
      // Throttles that come together count once.
      if (at >= pausedUntil) {
        pausedUntil = at + pause;
        pause = Math.min(LONGEST_PAUSE, pause * 2);
      }
      return later(pausedUntil);
    },
    taken() {
      pause = FIRST_PAUSE;
    },
  };
}
