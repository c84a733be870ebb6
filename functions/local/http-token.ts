/** The token of the embedded stack's HTTP interface: made at the first start, and readable by its user alone. */
import { randomBytes } from "node:crypto";
import { link, open, rm } from "node:fs/promises";
import { join } from "node:path";

/** The token's file, and the token where it was made just now. */
export interface HttpTokenFile {
  readonly path: string;
  readonly made?: string;
}

/** Makes the token where there is none. */
export async function httpTokenFile(folder: string): Promise<HttpTokenFile> {
  const path = join(folder, "http-token");
  const token = randomBytes(32).toString("base64url");
  const temporary = `${path}.${process.pid}`;
  await rm(temporary, { force: true });
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(`${token}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    // A whole file or none, and never over another: a token that somebody noted stays good.
    await link(temporary, path);
    return { path, made: token };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return { path };
  } finally {
    await rm(temporary, { force: true });
  }
}
