import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import type { Failure } from "../../core/failure.ts";
import { isAlive, type ProcessIdentity } from "./process-identity.ts";
import { wrongWorkingDir } from "./working-dir.ts";
import { startWrapper, type WrapperProcess } from "./wrapper-process.ts";
import type { WrapperSpec } from "./wrapper-spec.ts";

/** All that the dispatcher's side of this launcher does to the machine: its processes, and the files of the state folder. */
export interface Machine {
  startWrapper(spec: WrapperSpec, compileCache: string): WrapperProcess;
  /** Whether this very process still runs. */
  isAlive(identity: ProcessIdentity): boolean;
  /** Sends SIGTERM; to its whole group where the id is negative. It may have ended by itself: that is what was wanted. */
  terminate(pid: number): void;
  /** Undefined where there is no such file. */
  readText(path: string): Promise<string | undefined>;
  /** The names in a folder; none where there is no such folder. */
  namesIn(folder: string): Promise<readonly string[]>;
  /** A reader sees all of it or nothing. */
  writeText(path: string, text: string): Promise<void>;
  /** Removes a file, or a folder with all that is in it; none there is no error. */
  remove(path: string): Promise<void>;
  /** Why a process cannot start in this folder; undefined where it can. */
  wrongWorkingDir(path: string): Promise<Failure | undefined>;
}

/** The machine that the dispatcher runs on. */
export const thisMachine: Machine = {
  startWrapper,
  isAlive,
  terminate(pid) {
    try {
      process.kill(pid, "SIGTERM");
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  },
  readText: (path) => readFile(path, "utf8").catch(absentAs(undefined)),
  namesIn: (folder) => readdir(folder).catch(absentAs<string[]>([])),
  async writeText(path, text) {
    const draft = `${path}.${process.pid}-${process.hrtime.bigint()}`;
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, path);
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
  wrongWorkingDir,
};

/** ENOTDIR: something on the way is a file, so nothing can be below it. */
function absentAs<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return value;
    throw error;
  };
}
