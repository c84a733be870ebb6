const FIRST_SECONDS = 30;
const LONGEST_SECONDS = 15 * 60;

/** Milliseconds to wait before the next try after `tries` in a row: 30 s growing to 15 min, with jitter of a fifth, scaled. */
export function waitMilliseconds(tries: number, scale: number, random: number): number {
  const seconds = Math.min(FIRST_SECONDS * 2 ** Math.min(tries, 10), LONGEST_SECONDS);
  return Math.round(seconds * (0.8 + 0.4 * random) * scale * 1000);
}

/** Milliseconds between two tries within one invocation: 100 ms growing to 2 s, full jitter. */
export function pauseMilliseconds(tries: number, random: number): number {
  return Math.round(Math.min(100 * 2 ** tries, 2000) * (0.5 + 0.5 * random));
}

/** Milliseconds until the sweep looks again at a run that it has woken `wakes` times in vain: 2 sweeps growing to 60 (2 min to 1 h). */
export function wakeGapMilliseconds(wakes: number, sweepSeconds: number): number {
  return Math.min(2 * 2 ** Math.min(wakes, 10), 60) * sweepSeconds * 1000;
}
