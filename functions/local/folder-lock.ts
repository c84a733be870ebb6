/** One stack in a folder, also while it starts: the emulators' data bears no second. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A lock that is held until it is stopped. */
export interface FolderLock {
  stop(): Promise<void>;
}

/** Undefined where another process has it. It is a lock of the system's, which a process that is killed gives back. */
export function lockFolder(folder: string): FolderLock | undefined {
  const file = new DatabaseSync(join(folder, "stack.lock"), { timeout: 0 });
  try {
    file.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    if (error instanceof Error && "errcode" in error && error.errcode === BUSY) return undefined;
    throw error;
  }
  return { stop: async () => file.close() };
}

/** SQLite's number for what another has locked. */
const BUSY = 5;
