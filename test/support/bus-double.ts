import type { EventBus } from "../../shared/core/ports.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { isTold, type RunEvent } from "../../shared/core/run-event.ts";

/** A bus that keeps what it was told, and what it should have been told. */
export interface BusDouble extends EventBus {
  /** In the order of their coming; repeated ones too. */
  readonly told: readonly RunEvent[];
  /** Hears of each change of an item. */
  changed(before: RunRecord | undefined, after: RunRecord): void;
  /** What is wrong with what was told: a change left out, or one that nobody made. */
  violations(): readonly string[];
}

export function busDouble(): BusDouble {
  const told: RunEvent[] = [];
  const made = new Map<string, string[]>();
  return {
    told,
    publish: async (events) => void told.push(...events),
    changed(before, after) {
      if (!isTold(after.state) || before?.state === after.state) return;
      made.set(after.id, [...(made.get(after.id) ?? []), `${after.state} ${after.attempt}`]);
    },
    violations() {
      const ids = new Set([...made.keys(), ...told.map(({ subject }) => subject)]);
      return [...ids].flatMap((id) => {
        const changes = (made.get(id) ?? []).join(", ");
        const heard = heardOf(told.filter(({ subject }) => subject === id)).join(", ");
        return changes === heard ? [] : [`${id}: its changes were ${changes}; told were ${heard}`];
      });
    },
  };
}

/** What a receiver makes of them: each once, in the order of their numbers. */
function heardOf(events: readonly RunEvent[]): readonly string[] {
  const number = ({ id }: RunEvent) => Number(id.split("-").at(-1));
  const once = new Map(events.map((event) => [number(event), `${event.data["state"]} ${event.data["attempt"]}`]));
  return [...once].toSorted(([one], [other]) => one - other).map(([, text]) => text);
}
