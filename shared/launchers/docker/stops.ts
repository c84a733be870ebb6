/**
 * Stopping, and remembering it: a container that was stopped looks like one that was killed, so a volume, which is a name with
 * labels, says that we have asked for its end, to whichever dispatcher looks next.
 */
import { UnderstoodFailure } from "../../core/failure.ts";
import type { Launched } from "../../core/launcher.ts";
import { OWN_TAGS } from "../../core/tags.ts";
import type { Container, Volume } from "./documents.ts";
import type { Engine, Reply } from "./engine.ts";
import type { StopKind } from "./outcome.ts";
import { wasStarted } from "./submit.ts";
import { CONTAINER_LABEL, isOfAttempt, PLAN_LABEL, STOPPED_LABEL } from "./whose.ts";

/** Between SIGTERM and SIGKILL: what Docker itself gives. */
const GRACE_SECONDS = 10;

/** Thrown where the daemon did not do, or tell, what it was asked for. `message` is a sentence of ours. */
export class NotTaken extends UnderstoodFailure {
  override readonly name = "NotTaken";
}

/** The volume that remembers the stop of a container. */
export function stopMark(container: string): string {
  return `slipway-stop-${container}`;
}

/** Why we asked for the end of a container: what its mark says, if it has one. */
export function stopKindOf({ Labels }: Volume): StopKind {
  return Labels[STOPPED_LABEL] === "timeout" ? "timeout" : "cancel";
}

/** Asks for the end of an attempt's container. One that never started is taken away. Throws `NotTaken`. */
export async function stopContainer(engine: Engine, launched: Launched, reason: string, signal?: AbortSignal): Promise<void> {
  const { handle, id } = launched;
  const seen = await engine.look(handle, signal);
  if (seen.kind === "refused" && seen.status === 404) return;
  const { Config, State } = taken(seen);
  if (!isOfAttempt(Config.Labels, launched) || Config.Labels[OWN_TAGS.runId] !== id) return;
  const started = wasStarted({ Id: handle, Config, State });
  if (started && !State.Running) return;
  await remember(engine, handle, Config.Labels, reason, signal);
  if (!started) {
    const removed = await engine.remove(handle, signal);
    if (removed.kind === "done" || (removed.kind === "refused" && removed.status === 404)) return;
    // 409: it has started meanwhile.
    if (removed.kind !== "refused" || removed.status !== 409) throw new NotTaken(removed.failure);
  }
  const stopped = await engine.stop(handle, GRACE_SECONDS, signal);
  if (stopped.kind !== "done" && !(stopped.kind === "refused" && [304, 404].includes(stopped.status))) {
    throw new NotTaken(stopped.failure);
  }
}

async function remember(
  engine: Engine,
  container: string,
  labels: Container["Config"]["Labels"],
  reason: string,
  signal?: AbortSignal,
): Promise<void> {
  const own = [OWN_TAGS.deployment, OWN_TAGS.key, OWN_TAGS.attempt, OWN_TAGS.runId, PLAN_LABEL];
  const Labels = {
    ...Object.fromEntries(own.map((name) => [name, labels[name] ?? ""])),
    [CONTAINER_LABEL]: container,
    [STOPPED_LABEL]: reason.startsWith("timeout") ? "timeout" : "cancel",
  };
  const made = await engine.createVolume({ Name: stopMark(container), Driver: "local", Labels }, signal);
  // A daemon that lets us make no volumes is no reason to let the run go on.
  if (made.kind === "unsent" || made.kind === "unanswered" || (made.kind === "refused" && made.status >= 500)) {
    throw new NotTaken(made.failure);
  }
}

/** What an answer holds. Throws `NotTaken` for everything else. */
export function taken<Value>(reply: Reply<Value>): Value {
  if (reply.kind !== "done") throw new NotTaken(reply.failure);
  return reply.value;
}
