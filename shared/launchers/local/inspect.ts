import { join } from "node:path";
import type { Handle, Launched, Observation } from "../../core/launcher.ts";
import { localFailure } from "./failures.ts";
import type { Machine } from "./machine.ts";
import { outcomeOf } from "./outcome.ts";
import { attemptsFolder, nameOf, readCommand, readMarker, readStatus, StateUnreadable, type Status } from "./state-files.ts";

/** An attempt's folder. */
export function folderOf(stateFolder: string, attempt: Pick<Launched, "key" | "attempt">): string {
  return join(attemptsFolder(stateFolder), nameOf(attempt));
}

/** What names an attempt, and where people find its output. */
export function handleOf(stateFolder: string, attempt: Pick<Launched, "key" | "attempt">): Handle {
  return { id: nameOf(attempt), links: { log: join(folderOf(stateFolder, attempt), "output.log") } };
}

/** One observation of one attempt. Another run's marker under its name is not its own: absent. */
export async function inspectAttempt(machine: Machine, stateFolder: string, launched: Launched, now: () => number): Promise<Observation> {
  const folder = folderOf(stateFolder, launched);
  const handle = handleOf(stateFolder, launched);
  try {
    const marker = await readMarker(machine, folder);
    if (marker === undefined || marker.id !== launched.id) return { status: "absent" };
    const status = await readStatus(machine, folder);
    if (status !== undefined) return ended(status, handle);
    if (machine.isAlive(marker.wrapper)) return { status: "running", handle, startedAt: marker.started_at };
    // It may have written its status and gone between the two looks.
    const late = await readStatus(machine, folder);
    if (late !== undefined) return ended(late, handle);
    return {
      status: "ended",
      handle,
      startedAt: marker.started_at,
      endedAt: now(),
      outcome: { state: "LOST", reason: await lossOf(machine, folder) },
    };
  } catch (error) {
    if (error instanceof StateUnreadable) return { status: "unknown", failure: localFailure("MARKER_UNREADABLE", error.message) };
    throw error;
  }
}

function ended(status: Status, handle: Handle): Observation {
  const { started_at: startedAt, ended_at: endedAt } = status;
  const outcome = outcomeOf(status, handle.links?.["log"] ?? "");
  return { status: "ended", handle, ...(startedAt === undefined ? {} : { startedAt }), endedAt, outcome };
}

async function lossOf(machine: Machine, folder: string): Promise<string> {
  const command = await readCommand(machine, folder);
  if (command === undefined) return "its wrapper was killed, with no sign that the command had started";
  if (machine.isAlive(command))
    return `its wrapper was killed while the command ran; the command goes on as process ${command.pid}, and its end will not be known`;
  return "its wrapper was killed after the command had started; how the command ended is not known";
}
