import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning, readStackFile } from "../local/stack-file.ts";
import { stateFolder } from "./connection.ts";
import { CommandFailure } from "./failure.ts";

/** `slipway console`: the address of this folder's web page. What stands behind the # signs in, and never leaves the browser. */
export async function consoleAddress(options: { json?: boolean }): Promise<void> {
  const folder = stateFolder();
  const stack = await readStackFile(folder);
  const http = stack?.endpoints.http;
  if (stack === undefined || http === undefined || !(await isRunning(stack))) {
    throw new CommandFailure(`no Slipway runs in this folder (${folder}): start one with \`npm start\``);
  }
  const token = (await readFile(join(folder, "http-token"), "utf8")).trim();
  const address = `${http}/#token=${token}`;
  console.log(options.json ? JSON.stringify({ address }) : address);
}
