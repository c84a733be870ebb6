/** Keeps the calls of one process to what the service takes: unlimited until it throttles, then slow at once and faster bit by bit. */
import type { Services } from "../../core/launcher.ts";

/** Calls a second after the first throttle: a tenth of what Fargate launches, for as many dispatchers as there may well be. */
const FIRST = 2;
const SLOWEST = 0.2;
/** Share of the rate that is kept when a call is throttled, and what a second without throttling multiplies it by. */
const KEPT = 0.8;
const GROWTH = 1.05;
/** Throttles that come together count once. */
const TOGETHER_MILLISECONDS = 1000;

/** The pace of one service in one account and region. */
export interface Pace {
  /** Resolves when the next call may be made, or the signal is aborted. A call that was throttled before comes first. */
  turn(signal: AbortSignal, again: boolean): Promise<void>;
  /** A call was throttled. */
  throttled(): void;
}

export function createPace({ now, sleep }: Pick<Services, "now" | "sleep">): Pace {
  let rate = Number.POSITIVE_INFINITY;
  let changedAt = 0;
  let nextAt = 0;
  let calling = false;
  const waiting: (() => void)[] = [];

  function taken(): void {
    const at = now();
    if (at > changedAt) {
      rate *= GROWTH ** ((at - changedAt) / 1000);
      changedAt = at;
    }
    nextAt = Math.max(at, nextAt) + 1000 / rate;
  }

  /** Calls one after the other, while any wait. */
  async function call(): Promise<void> {
    calling = true;
    while (waiting.length > 0) {
      const wait = nextAt - now();
      if (wait > 0) await sleep(wait);
      // Meanwhile it may have become slower.
      if (nextAt > now()) continue;
      const next = waiting.shift();
      if (next === undefined) break;
      taken();
      next();
    }
    calling = false;
  }

  return {
    async turn(signal, again) {
      if (signal.aborted) return;
      if (waiting.length === 0 && nextAt <= now()) {
        taken();
        return;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      if (again) waiting.unshift(resolve);
      else waiting.push(resolve);
      const leave = () => {
        const index = waiting.indexOf(resolve);
        if (index >= 0) waiting.splice(index, 1);
        resolve();
      };
      signal.addEventListener("abort", leave, { once: true });
      if (!calling) void call();
      await promise;
      signal.removeEventListener("abort", leave);
    },
    throttled() {
      const at = now();
      // Growth begins only after a while without throttling.
      if (at < changedAt) return;
      rate = Number.isFinite(rate) ? Math.max(SLOWEST, rate * KEPT) : FIRST;
      changedAt = at + TOGETHER_MILLISECONDS;
      nextAt = Math.max(nextAt, at + 1000 / rate);
    },
  };
}
