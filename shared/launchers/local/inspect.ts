import { join } from "node:path";
import type { Handle, Launched, Observation } from "../../core/launcher.ts";
import { localFailure } from "./failures.ts";
import { outcomeOf } from "./outcome.ts";
import { isAlive } from "./process-identity.ts";
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
export async function inspectAttempt(stateFolder: string, launched: Launched, now: () => number): Promise<Observation> {
  const folder = folderOf(stateFolder, launched);
  const handle = handleOf(stateFolder, launched);
  try {
    const marker = await readMarker(folder);
    if (marker === undefined || marker.id !== launched.id) return { status: "absent" };
    const status = await readStatus(folder);
    if (status !== undefined) return ended(status, handle);
    if (isAlive(marker.wrapper)) return { status: "running", handle, startedAt: marker.started_at };
    // It may have written its status and gone between the two looks.
    const late = await readStatus(folder);
    if (late !== undefined) return ended(late, handle);
    return {
      status: "ended",
      handle,
      startedAt: marker.started_at,
      endedAt: now(),
      outcome: { state: "LOST", reason: await lossOf(folder) },
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

async function lossOf(folder: string): Promise<string> {
  const command = await readCommand(folder);
  if (command === undefined) return "its wrapper was killed, with no sign that the command had started";
  if (isAlive(command))
    return `its wrapper was killed while the command ran; the command goes on as process ${command.pid}, and its end will not be known`;
  return "its wrapper was killed after the command had started; how the command ended is not known";
}
