import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../core/ports.ts";

/** The machine's own time and chance. */
export const systemClock: Clock = {
  now: Date.now,
  async sleep(milliseconds, signal) {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  },
  random: Math.random,
};
