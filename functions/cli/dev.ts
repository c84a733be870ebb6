import { join, relative } from "node:path";
import { fileLog } from "../composition/file-log.ts";
import { QueueNotHere, StackRunning, startStack } from "../local/stack.ts";
import { configurationSetting, stateFolder } from "./connection.ts";
import { CommandFailure } from "./failure.ts";

/** `slipway dev`, which is `npm start`: the embedded stack, until it is interrupted. */
export async function dev(options: { config?: string }): Promise<void> {
  const folder = stateFolder();
  const logFile = join(folder, "slipway.log");
  const config = configurationSetting(options.config);
  endOnFullDisk(folder);
  const stack = await startStack({ folder, environment: process.env, config, log: fileLog(logFile) }).catch((error: unknown) => {
    if (error instanceof StackRunning || error instanceof QueueNotHere) throw new CommandFailure(error.message);
    throw error;
  });
  const shown = (path: string) => relative(process.cwd(), path) || ".";
  const targets = stack.configuration.targets.map((target) => `${target.name} (${target.type})`).join(", ");
  console.log(`Slipway is ready.

  targets   ${targets}   from ${config === undefined ? "the built-in configuration" : config.includes("\n") ? "SLIPWAY_CONFIG" : shown(config)}
  http      ${stack.file.endpoints.http}   token in ${shown(stack.httpToken.path)}${stack.httpToken.made === undefined ? "" : `, told this once: ${stack.httpToken.made}`}
  queue     ${stack.file.queue}
  table     ${stack.file.table} at ${stack.file.endpoints.dynamodb}
  state     ${shown(folder)} (records and queue are kept; events in ${shown(logFile)})

Try, in a second terminal:

  npx slipway submit examples/hello.json --wait
  npx slipway runs

Ctrl-C stops it; local runs go on, and are followed up at the next start.`);
  await interrupted();
  console.log("stopping …");
  await stack.stop();
  process.exit(0);
}

/** The table's emulator throws what its disk says where nobody can catch it, and does nothing more until it is opened anew. */
function endOnFullDisk(folder: string): void {
  process.on("uncaughtException", (error: NodeJS.ErrnoException) => {
    if (error.code === "LEVEL_IO_ERROR") {
      console.error(`slipway: the records could not be written any more (${error.message}).`);
      console.error(`Make room on the disk of ${folder}, and start it again with \`npm start\`; what was taken in is kept.`);
    } else console.error(error);
    process.exit(1);
  });
}

/** Resolves at the first request to stop; a second one ends at once. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
