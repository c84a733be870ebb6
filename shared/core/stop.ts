import type { Context } from "./context.ts";
import { type Dispatched, facts } from "./dispatched.ts";
import type { Launched } from "./launcher.ts";
import { whyOutOfReach } from "./reach.ts";
import type { RunRecord } from "./record.ts";

/** What a backend is told of a run that it launched. */
export function launchedOf(item: Pick<RunRecord, "id" | "key" | "attempt" | "handle">): Launched {
  return { id: item.id, key: item.key, attempt: item.attempt, handle: item.handle ?? "" };
}

/** Asks the target to stop a launched run whose cancel was requested. The end itself is observed; the sweep asks again until it is. */
export async function stopRun(context: Context, item: RunRecord): Promise<Dispatched> {
  const target = context.planning.configuration.targets.find((candidate) => candidate.name === item.target);
  const error = whyOutOfReach(context, item);
  if (target === undefined || error !== undefined)
    return { ...facts(item), outcome: "stays", code: error?.code ?? "TARGET_GONE", alarm: true };
  const backend = await context.backends(target);
  await backend.stop(launchedOf(item), "cancelled");
  return { ...facts(item), outcome: "stop requested" };
}
