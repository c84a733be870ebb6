/** The machine's time, which can be put forward: servers and their containers live in the one, dispatchers in the other. */
import { setTimeout as sleepReally } from "node:timers/promises";
import type { VirtualTime } from "../harness/virtual-time.ts";

/** Time of a world whose daemon is real. */
export interface EngineTime extends VirtualTime {
  /** Puts it forward. What is due meanwhile happens at once, in its order. */
  forward(milliseconds: number): void;
  /** Nothing happens any more. */
  close(): void;
}

interface Event {
  readonly at: number;
  readonly act: () => void;
  readonly timer: NodeJS.Timeout;
}

export function engineTime(random: () => number): EngineTime {
  const events = new Set<Event>();
  let ahead = 0;
  const now = () => Date.now() + ahead;

  function after(milliseconds: number, act: () => void): () => void {
    const happen = () => {
      if (events.delete(event)) act();
    };
    const event: Event = { at: now() + milliseconds, act: happen, timer: setTimeout(happen, Math.max(0, milliseconds)) };
    events.add(event);
    return () => {
      events.delete(event);
      clearTimeout(event.timer);
    };
  }

  return {
    now,
    random,
    after,
    sleep: (milliseconds, signal) => sleepReally(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
    forward(milliseconds) {
      ahead += milliseconds;
      const due = [...events].filter(({ at }) => at <= now()).sort((a, b) => a.at - b.at);
      for (const event of due) event.act();
    },
    close() {
      for (const { timer } of events) clearTimeout(timer);
      events.clear();
    },
  };
}
