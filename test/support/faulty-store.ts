import type { RunStore } from "../../shared/core/ports.ts";

/** The process ended here: what it would have done next is not done. */
export class Crash extends Error {
  override readonly name = "Crash";
}

/** What befalls one call of the table. */
export type StoreFault = "none" | "crash before" | "crash after" | "answer lost";

/** Chances of each fault of a call, from 0 to 1. */
export interface StoreFaultChances {
  readonly crashBefore: number;
  readonly crashAfter: number;
  readonly answerLost: number;
}

/** Draws faults from a seeded random. */
export function faultsOf(random: () => number, chances: StoreFaultChances): () => StoreFault {
  return () => {
    const drawn = random();
    if (drawn < chances.crashBefore) return "crash before";
    if (drawn < chances.crashBefore + chances.crashAfter) return "crash after";
    return drawn < chances.crashBefore + chances.crashAfter + chances.answerLost ? "answer lost" : "none";
  };
}

/**
 * A store whose calls can fail as a plan says: the process ends before or after the call, or the call's answer is lost and the SDK
 * repeats it, so that the second answer is what the caller sees. `between` is awaited around every call: others work meanwhile.
 */
export function faulty(store: RunStore, plan: () => StoreFault, between: () => Promise<void> = async () => {}): RunStore {
  async function call<Result>(once: () => Promise<Result>): Promise<Result> {
    const fault = plan();
    await between();
    if (fault === "crash before") throw new Crash("before a call of the table");
    const first = await once();
    if (fault === "crash after") throw new Crash("after a call of the table");
    await between();
    return fault === "answer lost" ? once() : first;
  }
  return {
    read: (key) => call(() => store.read(key)),
    write: (key, write) => call(() => store.write(key, write)),
    async *due(now) {
      for await (const run of store.due(now)) {
        if (plan() === "crash before") throw new Crash("while reading the index");
        yield run;
      }
    },
  };
}
