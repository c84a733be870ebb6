/** Secrets that the dispatcher has itself: variables of its environment, files of its machine. */
import { readFile } from "node:fs/promises";
import { type SecretSource, secretDenied, secretNotFound, secretUnreadable } from "./secret-source.ts";

/** `env:NAME`: a variable. */
export function environmentSecrets(environment: Readonly<Record<string, string | undefined>>): SecretSource {
  return async (name) => {
    const value = environment[name];
    if (value === undefined) throw secretNotFound("the variable is not set");
    return value;
  };
}

/** `file:/path`: a file, without the line end that editors put after its last line. */
export const fileSecrets: SecretSource = async (path, signal) => {
  try {
    const bytes = await readFile(path, { signal });
    const length = bytes.at(-1) !== 0x0a ? bytes.length : bytes.length - (bytes.at(-2) === 0x0d ? 2 : 1);
    return bytes.subarray(0, length);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw secretNotFound("there is no such file");
    if (code === "EACCES" || code === "EPERM") throw secretDenied(`the dispatcher's user may not read the file (${code})`);
    if (code === "EISDIR") throw secretUnreadable("it is a folder");
    throw error;
  }
};
