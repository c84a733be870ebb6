/** Tells of ends as they happen, where the dispatcher goes on living between launches: the sweep would see them only in its time. */
import * as z from "zod/mini";
import type { Launched, Observation, Services } from "../../core/launcher.ts";
import type { Engine } from "./engine.ts";

/** Watches for the ends of what was launched here. Whatever goes wrong with it, the sweep asks all the same. */
export interface Ends {
  watch(launched: Launched): void;
}

const MOST_LOOKS = 10;
const BETWEEN_MILLISECONDS = 200;

const event = z.object({ Actor: z.object({ ID: z.string() }) });

/** A watcher over the daemon's stream of events, which is open while something is watched. None for a function: it is frozen between its events. */
export function endsOf(
  engine: Engine,
  services: Pick<Services, "observed" | "isFunction" | "sleep">,
  inspect: (launched: readonly Launched[]) => Promise<readonly Observation[]>,
): Ends {
  const watched = new Map<string, Launched>();
  let listening: { readonly opened: Promise<boolean>; readonly over: AbortController } | undefined;

  function listen(): Promise<boolean> {
    const over = new AbortController();
    const opened = engine.ends(over.signal).then((reply) => {
      if (reply.kind !== "done") return forget();
      void readEvents(reply.value as AsyncIterable<unknown>, lookAgain).then(forget, forget);
      return true;
    });
    listening = { opened, over };
    return opened;
  }

  function forget(): false {
    watched.clear();
    listening?.over.abort();
    listening = undefined;
    return false;
  }

  async function look(handle: string): Promise<void> {
    const launched = watched.get(handle);
    if (launched === undefined) return;
    const [seen] = await inspect([launched]);
    if (seen?.status !== "ended" || !watched.delete(handle)) return;
    services.observed(launched, seen);
    if (watched.size === 0) forget();
  }

  /** The daemon tells of an end a moment before its lists show it. */
  async function lookAgain(handle: string): Promise<void> {
    for (let looks = 0; looks < MOST_LOOKS && watched.has(handle); looks++) {
      await look(handle);
      if (watched.has(handle)) await services.sleep(BETWEEN_MILLISECONDS);
    }
  }

  return {
    watch(launched) {
      if (services.isFunction || watched.has(launched.handle)) return;
      watched.set(launched.handle, launched);
      // It may have ended before anybody listened.
      void (listening?.opened ?? listen()).then((open) => (open ? look(launched.handle) : undefined)).catch(forget);
    },
  };
}

async function readEvents(stream: AsyncIterable<unknown>, ended: (container: string) => Promise<void>): Promise<void> {
  let rest = "";
  for await (const chunk of stream) {
    rest += String(chunk);
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") await ended(event.parse(JSON.parse(line)).Actor.ID);
  }
}
