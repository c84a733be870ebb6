import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "./process-identity.ts";
import { readCommand, readMarker, readStatus } from "./state-files.ts";

/** Has the wrapper end its command, or ends the command itself where its wrapper was killed. Nothing alive: nothing to do. */
export async function stopAttempt(folder: string, id: string, reason: string): Promise<void> {
  const marker = await readMarker(folder);
  if (marker === undefined || marker.id !== id || (await readStatus(folder)) !== undefined) return;
  if (isAlive(marker.wrapper)) {
    // Before the signal: a wrapper that is about to start its command looks for this file last.
    await writeWhole(join(folder, "stop.json"), JSON.stringify({ reason }));
    signal(marker.wrapper.pid);
    return;
  }
  const command = await readCommand(folder);
  if (command !== undefined && isAlive(command)) signal(-command.pid);
}

async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}-${process.hrtime.bigint()}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}

function signal(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    // It ended by itself in between.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
