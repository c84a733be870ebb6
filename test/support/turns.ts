import type { Turns } from "../../shared/core/ports.ts";

/** Turns in memory. */
export function memoryTurns(): Turns {
  const untils = new Map<string, number>();
  return {
    async take(name, now, until) {
      if ((untils.get(name) ?? Number.NEGATIVE_INFINITY) >= now) return false;
      untils.set(name, until);
      return true;
    },
  };
}
