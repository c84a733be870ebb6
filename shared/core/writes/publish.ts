/** The writes around the telling of a change: it is noted with the change itself, and the note is taken away when it is told. */
import type { RunRecord, StateChange } from "../record.ts";
import { isTerminal } from "../run-state.ts";
import { all, equals, present, type Write } from "../write.ts";

/** The write, and the note that its change is to be told: the run stays before the sweep, due now. */
export function announcing(write: Write, change: StateChange): Write {
  return {
    ...write,
    set: { ...write.set, nextCheckAt: change.at },
    add: { ...write.add, changes: 1 },
    remove: (write.remove ?? []).filter((name) => name !== "nextCheckAt"),
    announce: change,
  };
}

/** All that was noted has been told, if nothing was noted since. A run that has ended leaves the sweep's index. */
export function announced(run: Pick<RunRecord, "state" | "changes" | "nextCheckAt">, nextCheckAt?: number): Write {
  const ended = run.state !== undefined && isTerminal(run.state);
  const moves = !ended && nextCheckAt !== undefined && run.nextCheckAt !== undefined;
  return {
    condition: all(
      present("unpublished"),
      equals("changes", run.changes ?? 0),
      equals("state", run.state ?? ""),
      ...(moves ? [equals("nextCheckAt", run.nextCheckAt)] : []),
    ),
    set: moves ? { nextCheckAt } : {},
    remove: ended ? ["unpublished", "nextCheckAt"] : ["unpublished"],
  };
}
