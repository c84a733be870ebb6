/** What is seen of attempts: one list for many, and a look at each that is not running any more. */
import type { Failure } from "../../core/failure.ts";
import type { Launched, Observation } from "../../core/launcher.ts";
import { OWN_TAGS } from "../../core/tags.ts";
import { type Container, type ContainerRow, timeOf } from "./documents.ts";
import type { Engine } from "./engine.ts";
import { LINES, lastLines } from "./last-lines.ts";
import { outcomeOf, type StopKind } from "./outcome.ts";
import { stopKindOf, stopMark } from "./stops.ts";
import { wasStarted } from "./submit.ts";
import { isOfAttempt } from "./whose.ts";

/** Ids that are asked about in one list: its address must not grow too long. */
const AT_ONCE = 50;

/** One observation for each attempt asked about, in order. */
export async function inspectContainers(
  engine: Engine,
  launched: readonly Launched[],
  signal?: AbortSignal,
): Promise<readonly Observation[]> {
  const rows = new Map<string, ContainerRow>();
  for (let from = 0; from < launched.length; from += AT_ONCE) {
    const ids = [...new Set(launched.slice(from, from + AT_ONCE).map(({ handle }) => handle))];
    const listed = await engine.list({ id: ids, label: [OWN_TAGS.key] }, signal);
    if (listed.kind !== "done") return launched.map(() => unknown(listed.failure));
    for (const row of listed.value) rows.set(row.Id, row);
  }
  const seen: Observation[] = [];
  for (const one of launched) seen.push(await observationOf(engine, one, rows.get(one.handle), signal));
  return seen;
}

async function observationOf(
  engine: Engine,
  launched: Launched,
  row: ContainerRow | undefined,
  signal?: AbortSignal,
): Promise<Observation> {
  const handle = { id: launched.handle };
  if (row === undefined) return gone(engine, launched, signal);
  if (!isOfAttempt(row.Labels, launched) || row.Labels[OWN_TAGS.runId] !== launched.id) return { status: "absent" };
  switch (row.State) {
    case "created":
      return { status: "starting", handle };
    case "running":
    case "paused":
    case "restarting":
      return { status: "running", handle };
    default:
      return looked(engine, launched, signal);
  }
}

async function looked(engine: Engine, launched: Launched, signal?: AbortSignal): Promise<Observation> {
  const seen = await engine.look(launched.handle, signal);
  if (seen.kind === "refused" && seen.status === 404) return gone(engine, launched, signal);
  if (seen.kind !== "done") return unknown(seen.failure);
  const { State } = seen.value;
  const handle = { id: launched.handle };
  const startedAt = timeOf(State.StartedAt);
  const started = startedAt === undefined ? {} : { startedAt };
  if (State.Running) return { status: "running", handle, ...started };
  if (!wasStarted(seen.value)) return { status: "starting", handle };
  return end(engine, seen.value, { handle, ...started, endedAt: timeOf(State.FinishedAt) ?? startedAt ?? 0 }, signal);
}

type Ending = Pick<Extract<Observation, { status: "ended" }>, "handle" | "startedAt" | "endedAt">;

async function end(engine: Engine, container: Container, ending: Ending, signal?: AbortSignal): Promise<Observation> {
  let stopped: StopKind | undefined;
  let lines: readonly string[] = [];
  if (container.State.ExitCode !== 0) {
    const mark = await markOf(engine, container.Id, signal);
    if (mark.kind === "unknown") return unknown(mark.failure);
    stopped = mark.stopped;
    const output = stopped === "cancel" ? undefined : await engine.logs(container.Id, LINES, signal);
    // A log driver that can't be read is no reason to know nothing; a link that is lost is: the lines go with the container.
    if (output?.kind === "unsent" || output?.kind === "unanswered") return unknown(output.failure);
    if (output?.kind === "done") lines = lastLines(output.value);
  }
  return { status: "ended", ...ending, outcome: outcomeOf(container, stopped, lines) };
}

/** Not there: it never was, somebody took it away, or we did when it was stopped before its start. */
async function gone(engine: Engine, launched: Launched, signal?: AbortSignal): Promise<Observation> {
  const mark = await markOf(engine, launched.handle, signal, launched);
  if (mark.kind === "unknown") return unknown(mark.failure);
  if (mark.stopped === undefined || mark.at === undefined) return { status: "absent" };
  return { status: "ended", handle: { id: launched.handle }, endedAt: mark.at, outcome: { state: "CANCELLED" } };
}

type Mark =
  | { readonly kind: "known"; readonly stopped?: StopKind; readonly at?: number }
  | { readonly kind: "unknown"; readonly failure: Failure };

async function markOf(engine: Engine, container: string, signal?: AbortSignal, launched?: Launched): Promise<Mark> {
  // What is no container's id has no mark, and belongs in no address.
  if (!/^[0-9a-f]{12,64}$/.test(container)) return { kind: "known" };
  const mark = await engine.volume(stopMark(container), signal);
  if (mark.kind === "refused" && mark.status === 404) return { kind: "known" };
  if (mark.kind !== "done") return { kind: "unknown", failure: mark.failure };
  if (launched !== undefined && !isOfAttempt(mark.value.Labels, launched)) return { kind: "known" };
  const at = timeOf(mark.value.CreatedAt);
  return { kind: "known", stopped: stopKindOf(mark.value), ...(at === undefined ? {} : { at }) };
}

function unknown(failure: Failure): Observation {
  return { status: "unknown", failure };
}
