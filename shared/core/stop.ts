import { type Context, callsEndAt, callsSignal, type Invocation } from "./context.ts";
import { type Dispatched, facts } from "./dispatched.ts";
import type { Launched, Launcher } from "./launcher.ts";
import { whyOutOfReach } from "./reach.ts";
import type { RunRecord } from "./record.ts";

/** What a backend is told of a run that it launched. */
export function launchedOf(item: Pick<RunRecord, "id" | "key" | "attempt" | "handle">): Launched {
  return { id: item.id, key: item.key, attempt: item.attempt, handle: item.handle ?? "" };
}

/**
 * When a stop may be asked for, after a call at `calledAt` that got no answer: where it takes away what a late call would meet, once
 * that call has landed. Undefined: at once.
 */
export function stopFromOf(launcher: Pick<Launcher, "stopRemoves" | "landingSeconds">, calledAt: number): number | undefined {
  return launcher.stopRemoves ? calledAt + (launcher.landingSeconds ?? 0) * 1000 + 1 : undefined;
}

/** Whether a stop has to wait for a call that may still be on its way. The sweep comes back to it. */
export function stopWaits({ stopFrom }: Pick<RunRecord, "stopFrom">, now: number): boolean {
  return stopFrom !== undefined && now < stopFrom;
}

/** Asks the target to stop a launched run whose cancel was requested. The end itself is observed; the sweep asks again until it is. */
export async function stopRun(context: Context, item: RunRecord, invocation: Invocation): Promise<Dispatched> {
  const target = context.planning.configuration.targets.find((candidate) => candidate.name === item.target);
  const error = whyOutOfReach(context, item);
  if (target === undefined || error !== undefined)
    return { ...facts(item), outcome: "stays", code: error?.code ?? "TARGET_GONE", alarm: true };
  const now = context.clock.now();
  if (stopWaits(item, now) || now >= callsEndAt(context, invocation)) return { ...facts(item), outcome: "cancel requested" };
  const backend = await context.backends(target);
  await backend.stop(launchedOf(item), "cancelled", callsSignal(context, invocation));
  return { ...facts(item), outcome: "stop requested" };
}
