/** A time that moves from event to event, under the code's own timers. */
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../shared/core/ports.ts";
import { seededRandom } from "../support/random.ts";

/** A time that no test depends on: 2026-01-05T12:00:00Z. */
export const START = Date.UTC(2026, 0, 5, 12);

/** Time and chance of one world. */
export interface VirtualTime extends Clock {
  /** Does something later; answers how to leave it. */
  after(milliseconds: number, act: () => void): () => void;
}

interface Event {
  readonly at: number;
  readonly act: () => void;
  over: boolean;
}

/** How often in a row nothing may be to do while the task is not done. More is a task that waits for what never comes. */
const PATIENCE = 2000;

/** Turns of the loop that what waits for no timer may take: a client that puts its answer off to the next one takes no time for it. */
const TURNS = 2;

/**
 * Runs a task in a time of its own: `setTimeout`, `Date.now`, `AbortSignal.timeout` and `Math.random` are the world's meanwhile, so the
 * SDK's pauses and the launcher's waits are too. Whatever the task does must be timers and promises: time moves on as soon as all of
 * them wait.
 */
export async function inVirtualTime<Result>(seed: number, task: (time: VirtualTime) => Promise<Result>): Promise<Result> {
  const random = seededRandom(seed);
  const events: Event[] = [];
  let now = START;

  function after(milliseconds: number, act: () => void): () => void {
    const event: Event = { at: now + Math.max(0, milliseconds), act, over: false };
    let index = events.length;
    while (index > 0 && (events[index - 1]?.at ?? 0) > event.at) index--;
    events.splice(index, 0, event);
    return () => {
      event.over = true;
    };
  }

  const time: VirtualTime = {
    now: () => now,
    random,
    after,
    sleep(milliseconds, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const leave = after(signal?.aborted ? 0 : milliseconds, resolve);
      signal?.addEventListener("abort", () => {
        leave();
        resolve();
      });
      return promise;
    },
  };

  const restore = install(time);
  try {
    let settled = false;
    const done = task(time).finally(() => {
      settled = true;
    });
    done.catch(() => {});
    for (let idle = 0; !settled && idle < PATIENCE; ) {
      // All that waits for no timer happens before this does.
      for (let turn = 0; turn < TURNS; turn++) await setImmediate();
      if (settled) break;
      const event = events.shift();
      if (event === undefined) idle++;
      else if (!event.over) {
        idle = 0;
        now = event.at;
        event.act();
      }
    }
    if (!settled) throw new Error("the task waits for something that never comes");
    return await done;
  } finally {
    restore();
  }
}

/** Puts a world's time under the code that reads the machine's. */
function install(time: VirtualTime): () => void {
  const own = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const { now } = Date;
  const { timeout } = AbortSignal;
  const { random } = Math;
  const leaves = new Map<object, () => void>();
  const later = (act: (...given: readonly unknown[]) => void, milliseconds = 0, ...given: readonly unknown[]) => {
    const timer = { unref: () => timer, ref: () => timer, hasRef: () => false };
    leaves.set(
      timer,
      time.after(milliseconds, () => {
        leaves.delete(timer);
        act(...given);
      }),
    );
    return timer;
  };
  const leave = (timer: object | undefined) => {
    if (timer !== undefined) leaves.get(timer)?.();
  };
  Object.assign(globalThis, { setTimeout: later, clearTimeout: leave });
  Date.now = time.now;
  Math.random = time.random;
  AbortSignal.timeout = (milliseconds) => {
    const controller = new AbortController();
    time.after(milliseconds, () => controller.abort(new DOMException("the time is over", "TimeoutError")));
    return controller.signal;
  };
  return () => {
    Object.assign(globalThis, own);
    Date.now = now;
    Math.random = random;
    AbortSignal.timeout = timeout;
  };
}
