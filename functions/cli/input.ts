import { open } from "node:fs/promises";
import { CommandFailure } from "./failure.ts";

/** More is refused in any case: enough is read to see that it is too much, be it a disk image or an endless pipe. */
const MOST_BYTES = 1024 * 1024 + 1;

/** What a file holds, or standard input for `-`; cut off where it is longer than any document may be. */
export async function readInput(file: string): Promise<Uint8Array> {
  if (file === "-") return firstBytes(process.stdin);
  try {
    const handle = await open(file, "r");
    return await firstBytes(handle.createReadStream());
  } catch (error) {
    throw new CommandFailure(unreadable(file, (error as NodeJS.ErrnoException).code), 2);
  }
}

/** What a file that can't be read is told. */
export function unreadable(file: string, code: string | undefined): string {
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return `there is no file ${file}`;
    case "EISDIR":
      return `${file} is a folder: name a file in it`;
    case "EACCES":
    case "EPERM":
      return `${file} may not be read by this user`;
    default:
      return `${file} can't be read (${code ?? "no reason given"})`;
  }
}

/** How a file is called in messages. */
export function inputName(file: string): string {
  return file === "-" ? "standard input" : file;
}

async function firstBytes(source: AsyncIterable<unknown>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    chunks.push(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).length;
    if (bytes >= MOST_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MOST_BYTES);
}
