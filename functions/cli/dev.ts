import { join, relative } from "node:path";
import { fileLog } from "../composition/file-log.ts";
import { PortTaken } from "../local/http-server.ts";
import { QueueNotHere, type Stack, StackRunning, startStack } from "../local/stack.ts";
import { shellWord } from "../shell-word.ts";
import { configurationName, configurationSetting, stateFolder } from "./connection.ts";
import { exampleFile } from "./example.ts";
import { CommandFailure } from "./failure.ts";
import { about } from "./refusal.ts";

/** `slipway dev`, which is `npm start`: the embedded stack, until it is interrupted. */
export async function dev(options: { config?: string; port?: number }): Promise<void> {
  const folder = stateFolder();
  const logFile = join(folder, "slipway.log");
  const config = configurationSetting(options.config);
  endOnFullDisk(folder);
  const start = () => startStack({ folder, environment: process.env, config, log: fileLog(logFile), port: options.port });
  const stack = await about(configurationName(config), start).catch((error: unknown) => {
    if (error instanceof StackRunning || error instanceof QueueNotHere || error instanceof PortTaken)
      throw new CommandFailure(error.message);
    throw error;
  });
  console.log(welcome(stack, { folder, logFile, config }));
  await interrupted();
  console.log("stopping …");
  await stack.stop();
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

function welcome(
  { file, configuration, httpToken, isUsualPortTaken }: Stack,
  { folder, logFile, config }: { readonly folder: string; readonly logFile: string; readonly config: string | undefined },
): string {
  const shown = (path: string) => relative(process.cwd(), path) || ".";
  const name = configurationName(config);
  const targets = configuration.targets.map((target) => `${target.name} (${target.type})`).join(", ");
  const schedules = configuration.schedules?.map((schedule) => `${schedule.name}${schedule.enabled ? "" : " (paused)"}`).join(", ");
  // Commands of a second terminal find this stack by its folder.
  const state = process.env["SLIPWAY_STATE"] ? `SLIPWAY_STATE=${shellWord(process.env["SLIPWAY_STATE"])} ` : "";
  return `Slipway is ready.

  targets   ${targets}   from ${name === config ? shown(config) : name}${schedules === undefined ? "" : `\n  schedules ${schedules}`}
  http      ${file.endpoints.http}${isUsualPortTaken ? ", for another program has the usual port" : ""}   token in ${shown(httpToken.path)}${httpToken.made === undefined ? "" : `, told this once: ${httpToken.made}`}
  queue     ${file.queue}
  table     ${file.table} at ${file.endpoints.dynamodb}
  state     ${shown(folder)} (records and queue are kept; events in ${shown(logFile)})

Try, in a second terminal:

  ${state}npx slipway submit ${exampleFile()} --wait
  ${state}npx slipway runs
  ${state}npx slipway console        # the address of the web page, ready to open

Ctrl-C stops it; local runs go on, and are followed up at the next start.`;
}

/** Resolves at the first request to stop; a second one ends at once. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
