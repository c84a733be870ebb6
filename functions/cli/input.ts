import { readFile } from "node:fs/promises";
import { CommandFailure } from "./failure.ts";

/** What a file holds, or standard input for `-`. */
export async function readInput(file: string): Promise<Buffer> {
  if (file === "-") {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
  try {
    return await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new CommandFailure(code === "ENOENT" ? `there is no file ${file}` : `${file} can't be read (${code})`, 2);
  }
}
