/** What attempts leave in the state folder: a folder each, with marker, status and log. */
import { join } from "node:path";
import { runKey } from "../../core/identity.ts";
import type { Launched, Owned } from "../../core/launcher.ts";
import type { Machine } from "./machine.ts";
import { attemptsFolder, type Marker, nameOf, readCommand, readMarker, readStatus, StateUnreadable } from "./state-files.ts";

/** The attempts of a deployment whose markers are there. Throws where the folder or a file can't be read just now. */
export async function* ownedAttempts(machine: Machine, stateFolder: string, deployment: string): AsyncIterable<Owned> {
  for (const name of await machine.namesIn(attemptsFolder(stateFolder))) {
    const folder = join(attemptsFolder(stateFolder), name);
    const marker = await understood(readMarker(machine, folder));
    if (marker?.deployment !== deployment || !isOf(marker, name)) continue;
    const common = { key: marker.key, attempt: marker.attempt, handle: name };
    const status = await understood(readStatus(machine, folder));
    if (status === undefined && (await lives(machine, folder, marker))) yield { ...common, status: "active" };
    else yield { ...common, status: "ended", endedAt: status?.ended_at ?? marker.started_at };
  }
}

/** Removes an attempt's folder, unless it still runs, or its marker is another's. The marker goes last: without it nobody would come back. */
export async function removeAttempt(machine: Machine, stateFolder: string, { key, attempt, handle }: Omit<Launched, "id">): Promise<void> {
  const name = nameOf({ key, attempt });
  if (handle !== name) return;
  const folder = join(attemptsFolder(stateFolder), name);
  const marker = await readMarker(machine, folder);
  if (marker === undefined || !isOf(marker, name)) return;
  if ((await understood(readStatus(machine, folder))) === undefined && (await lives(machine, folder, marker))) return;
  for (const file of await machine.namesIn(folder)) if (file !== "marker.json") await machine.remove(join(folder, file));
  await machine.remove(folder);
}

/** A marker that was written for this folder; a copied folder, or one of another's making, is not. */
function isOf(marker: Marker, name: string): boolean {
  return nameOf(marker) === name && runKey(marker.id) === marker.key;
}

/** Whether anything of the attempt lives: the command may have outlived a wrapper that was killed. */
async function lives(machine: Machine, folder: string, { wrapper }: Marker): Promise<boolean> {
  if (machine.isAlive(wrapper)) return true;
  const command = await understood(readCommand(machine, folder));
  return command !== undefined && machine.isAlive(command);
}

/** A file that is damaged is nobody's, and stays; one that can't be read now makes the list no whole one. */
async function understood<Value>(reading: Promise<Value | undefined>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof StateUnreadable && error.damaged) return undefined;
    throw error;
  }
}
