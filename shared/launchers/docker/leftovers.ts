/** What a deployment has on a Docker host, and taking away what ended. */
import type { Launched, Owned } from "../../core/launcher.ts";
import type { RunOutcome } from "../../core/record.ts";
import { OWN_TAGS } from "../../core/tags.ts";
import { type Container, type ContainerRow, timeOf } from "./documents.ts";
import type { Engine } from "./engine.ts";
import { NotTaken, stopMark, taken } from "./stops.ts";
import { wasStarted } from "./submit.ts";
import type { DockerSettings } from "./target.ts";
import { CONTAINER_LABEL, isOfAttempt, PLAN_LABEL, STOPPED_LABEL } from "./whose.ts";

type Policy = NonNullable<DockerSettings["remove"]>;

/** What runs, and what of the rest is to be taken away. Throws `NotTaken` where the daemon gives no whole answer. */
export async function* ownedContainers(engine: Engine, deployment: string, policy: Policy, signal: AbortSignal): AsyncGenerator<Owned> {
  const label = `${OWN_TAGS.deployment}=${deployment}`;
  const rows = taken(await engine.list({ label: [label, PLAN_LABEL] }, signal));
  const marks = taken(await engine.volumes({ label: [label, STOPPED_LABEL] }, signal));
  for (const row of rows) {
    const named = namedBy(row.Labels, row.Id);
    if (named === undefined || row.Labels[OWN_TAGS.deployment] !== deployment) continue;
    const ended = hasEnded(row) ? await endOf(engine, row.Id, signal) : undefined;
    if (ended === undefined) yield { ...named, status: "active" };
    else if (ended !== "gone" && isTakenAway(policy, ended.State.ExitCode === 0)) {
      const endedAt = timeOf(ended.State.FinishedAt);
      yield { ...named, status: "ended", ...(endedAt === undefined ? {} : { endedAt }) };
    }
  }
  const there = new Set(rows.map(({ Id }) => Id));
  for (const { Labels, CreatedAt } of marks) {
    const container = Labels[CONTAINER_LABEL] ?? "";
    const named = namedBy(Labels, container);
    if (named === undefined || there.has(container) || Labels[OWN_TAGS.deployment] !== deployment) continue;
    const endedAt = timeOf(CreatedAt);
    yield { ...named, status: "ended", ...(endedAt === undefined ? {} : { endedAt }) };
  }
}

/** Takes away the container of an attempt that ended, as the target wants it, and what remembers its stop. Throws `NotTaken`. */
export async function removeContainer(
  engine: Engine,
  launched: Omit<Launched, "id">,
  policy: Policy,
  outcome: RunOutcome["state"] | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const { handle } = launched;
  const seen = await engine.look(handle, signal);
  if (!(seen.kind === "refused" && seen.status === 404)) {
    const container = taken(seen);
    const { Config, State } = container;
    if (!isOfAttempt(Config.Labels, launched) || State.Running) return;
    // What no record follows has nobody who would look at it; what never started has nothing to look at.
    const succeeded = outcome === undefined || outcome === "SUCCEEDED" || !wasStarted(container);
    if (!isTakenAway(policy, succeeded)) return;
    const removed = await engine.remove(handle, signal);
    // 409: it runs after all, or another is at it.
    if (removed.kind === "refused" && removed.status === 409) return;
    if (!(removed.kind === "refused" && removed.status === 404)) taken(removed);
  }
  const mark = await engine.volume(stopMark(handle), signal);
  if (mark.kind === "refused" && mark.status === 404) return;
  if (!isOfAttempt(taken(mark).Labels, launched)) return;
  const forgotten = await engine.removeVolume(stopMark(handle), signal);
  if (forgotten.kind !== "done" && !(forgotten.kind === "refused" && forgotten.status === 404)) throw new NotTaken(forgotten.failure);
}

function isTakenAway(policy: Policy, succeeded: boolean): boolean {
  return policy === "always" || (policy === "on_success" && succeeded);
}

function namedBy(labels: ContainerRow["Labels"], handle: string): Pick<Owned, "key" | "attempt" | "handle"> | undefined {
  const key = labels[OWN_TAGS.key];
  const attempt = Number(labels[OWN_TAGS.attempt]);
  return key === undefined || handle === "" || !Number.isSafeInteger(attempt) ? undefined : { key, attempt, handle };
}

/** A container that was made and never started may start any moment, as far as a list can tell. */
function hasEnded({ State }: ContainerRow): boolean {
  return !["created", "running", "paused", "restarting"].includes(State);
}

async function endOf(engine: Engine, id: string, signal: AbortSignal): Promise<Container | "gone" | undefined> {
  const seen = await engine.look(id, signal);
  if (seen.kind === "refused" && seen.status === 404) return "gone";
  const container = taken(seen);
  return container.State.Running ? undefined : container;
}
