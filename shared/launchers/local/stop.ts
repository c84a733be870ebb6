import { join } from "node:path";
import type { Machine } from "./machine.ts";
import { readCommand, readMarker, readStatus } from "./state-files.ts";

/** Has the wrapper end its command, or ends the command itself where its wrapper was killed. Nothing alive: nothing to do. */
export async function stopAttempt(machine: Machine, folder: string, id: string, reason: string): Promise<void> {
  const marker = await readMarker(machine, folder);
  if (marker === undefined || marker.id !== id || (await readStatus(machine, folder)) !== undefined) return;
  if (machine.isAlive(marker.wrapper)) {
    // Before the signal: a wrapper that is about to start its command looks for this file last.
    await machine.writeText(join(folder, "stop.json"), JSON.stringify({ reason }));
    machine.terminate(marker.wrapper.pid);
    return;
  }
  const command = await readCommand(machine, folder);
  if (command !== undefined && machine.isAlive(command)) machine.terminate(-command.pid);
}
