import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../shared/core/ports.ts";

/** A time that no test depends on: 2026-01-05T12:00:00Z. */
export const START = Date.UTC(2026, 0, 5, 12);

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A clock whose time moves by sleeping only. */
export interface VirtualClock extends Clock {
  /** Moves the time; who sleeps until then wakes up on the way, in order. */
  advance(milliseconds: number): Promise<void>;
  /** Resolves as the task does; the time jumps from sleeper to sleeper meanwhile. */
  drive<Result>(task: Promise<Result>): Promise<Result>;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** How often a task may wait for something that is no sleep (an import) before it counts as stuck. */
const PATIENCE = 10_000;

export function virtualClock(random: () => number = seededRandom(1), start = START): VirtualClock {
  let now = start;
  /** By time; those of the same time in the order in which they fell asleep. */
  const sleepers: Sleeper[] = [];

  function fallAsleep(sleeper: Sleeper): void {
    let index = sleepers.length;
    while (index > 0 && (sleepers[index - 1]?.at ?? 0) > sleeper.at) index--;
    sleepers.splice(index, 0, sleeper);
  }

  function wakeNext(): boolean {
    const next = sleepers.shift();
    if (next === undefined) return false;
    now = Math.max(now, next.at);
    next.wake();
    return true;
  }

  return {
    now: () => now,
    random,
    sleep(milliseconds, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (signal?.aborted) resolve();
      else fallAsleep({ at: now + Math.max(0, milliseconds), wake: resolve });
      return promise;
    },
    async advance(milliseconds) {
      const until = now + milliseconds;
      await setImmediate();
      while (sleepers[0] !== undefined && sleepers[0].at <= until) {
        wakeNext();
        await setImmediate();
      }
      now = until;
    },
    async drive(task) {
      let settled = false;
      const settle = () => {
        settled = true;
      };
      task.then(settle, settle);
      for (let idle = 0; ; ) {
        await setImmediate();
        if (settled) return task;
        if (wakeNext()) idle = 0;
        else if (++idle > PATIENCE) throw new Error("the task waits for something that never comes");
      }
    },
  };
}
