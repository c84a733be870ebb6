import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The name that a state folder was given when it was first used. Of two that come at once, both get the same. */
export async function stateId(folder: string): Promise<string> {
  const path = join(folder, "state-id");
  const read = () => readFile(path, "utf8").then((text) => text.trim());
  const known = await read().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  if (known) return known;
  await mkdir(folder, { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${randomUUID()}\n`);
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  await unlink(draft);
  return read();
}
