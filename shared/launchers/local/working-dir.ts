import { access, constants, stat } from "node:fs/promises";
import type { Failure } from "../../core/failure.ts";
import { localFailure } from "./failures.ts";

/** Why a process cannot start in this folder; undefined where it can. */
export async function wrongWorkingDir(path: string): Promise<Failure | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) return localFailure("NOT_A_DIRECTORY", `working_dir ${path} is not a folder`);
    await access(path, constants.X_OK);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "ERROR";
    if (code === "ENOENT" || code === "ENOTDIR")
      return localFailure("WORKING_DIR_MISSING", `working_dir ${path} does not exist on the dispatcher's machine`);
    if (code === "EACCES") return localFailure("WORKING_DIR_DENIED", `working_dir ${path} may not be entered (EACCES)`);
    return localFailure(code, `working_dir ${path} could not be looked at (${code})`);
  }
}
