/** Keeps the calls of one process to what the service takes: unlimited until it throttles, then slower at once and faster bit by bit. */

/** Share of the rate that is kept when a call is throttled, and what a second without throttling adds to it, in calls a second. */
const KEPT = 0.6;
const GROWTH = 0.5;
/** Throttles that come together count once. */
const TOGETHER_MILLISECONDS = 1000;
const SLOWEST = 0.5;

/** The pace of one service in one account and region. */
export interface Pace {
  /** Milliseconds until the next call may be made; the caller's turn is taken by asking. */
  turn(now: number): number;
  throttled(now: number): void;
}

export function createPace(): Pace {
  let rate = Number.POSITIVE_INFINITY;
  let nextAt = 0;
  let throttledAt = Number.NEGATIVE_INFINITY;
  let grownAt = 0;
  const sent: number[] = [];

  function measured(now: number): number {
    while (sent.length > 0 && (sent[0] ?? 0) < now - 1000) sent.shift();
    return Math.max(sent.length, SLOWEST);
  }

  return {
    turn(now) {
      if (Number.isFinite(rate)) rate += (GROWTH * Math.max(0, now - grownAt)) / 1000;
      grownAt = now;
      const at = Math.max(now, nextAt);
      nextAt = Number.isFinite(rate) ? at + 1000 / rate : at;
      sent.push(at);
      return at - now;
    },
    throttled(now) {
      if (now - throttledAt < TOGETHER_MILLISECONDS) return;
      throttledAt = now;
      rate = Math.max(SLOWEST, Math.min(rate, measured(now)) * KEPT);
      grownAt = now;
      nextAt = Math.max(nextAt, now + 1000 / rate);
    },
  };
}
