/** Finds the Slipway that a command is for: the one that the environment names, else the embedded stack of this folder. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { parseSettings } from "../../shared/schema/settings.ts";
import { loadConfiguration } from "../composition/planning.ts";
import type { openState, State } from "../composition/state.ts";
import { isRunning, readStackFile, STATE_FOLDER } from "../local/stack-file.ts";
import { CommandFailure } from "./failure.ts";

/** A configuration that is used where no other is named. */
const USUAL_CONFIGURATION = "slipway.yml";

/** The configuration to use: the option, `SLIPWAY_CONFIG`, or a `slipway.yml` in this folder. */
export function configurationSetting(option: string | undefined): string | undefined {
  return option ?? parseSettings(process.env).config ?? (existsSync(USUAL_CONFIGURATION) ? resolve(USUAL_CONFIGURATION) : undefined);
}

/** What a configuration is called in messages. */
export function configurationName(setting: string | undefined): string {
  if (setting === undefined) return "the built-in configuration";
  return setting.includes("\n") || setting.trimStart().startsWith("{") ? "SLIPWAY_CONFIG" : setting;
}

/** The folder in which the embedded stack of this folder keeps everything. */
export function stateFolder(): string {
  return resolve(parseSettings(process.env).state ?? STATE_FOLDER);
}

/** Opens table and queue. */
export async function connect(): Promise<State> {
  const settings = parseSettings(process.env);
  const configuration = settings.config === undefined ? undefined : await loadConfiguration(settings.config);
  const table = settings.table ?? configuration?.table;
  const queue = settings.queue ?? configuration?.queue;
  if (table !== undefined && queue !== undefined) return open(settings, table, queue);
  const stack = await readStackFile(stateFolder());
  if (stack === undefined) {
    throw new CommandFailure(
      `no Slipway runs in this folder (${stateFolder()}): start one with \`npm start\`, or name a table and a queue (SLIPWAY_TABLE and SLIPWAY_QUEUE, or SLIPWAY_CONFIG with \`table\` and \`queue\`)`,
    );
  }
  if (!(await isRunning(stack))) {
    throw new CommandFailure(
      `the Slipway of this folder (${stateFolder()}) ended without a word, killed perhaps: start it again with \`npm start\`; its records, its queue and the runs on this machine are kept`,
    );
  }
  const embedded = {
    ...(table === undefined ? { dynamodb: stack.endpoints.dynamodb, s3: stack.endpoints.s3 } : {}),
    ...(queue === undefined ? { sqs: stack.endpoints.sqs } : {}),
  };
  return open(settings, table ?? stack.table, queue ?? stack.queue, embedded);
}

/** What is told where the configuration is newer than the embedded stack of this folder, which has read it at its start. */
export async function unreadConfiguration(): Promise<string | undefined> {
  const settings = parseSettings(process.env);
  const stack = settings.table !== undefined && settings.queue !== undefined ? undefined : await readStackFile(stateFolder());
  const file = stack?.config ?? (existsSync(USUAL_CONFIGURATION) ? resolve(USUAL_CONFIGURATION) : undefined);
  if (stack === undefined || file === undefined) return undefined;
  const changedAt = await stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    // Gone, or never a file: then there is nothing that it could have missed.
    () => 0,
  );
  if (changedAt <= Date.parse(stack.started_at)) return undefined;
  return `${relative(process.cwd(), file)} has changed since Slipway was started here: what it says now is in force when Slipway is started again`;
}

/** Loads the SDK only for commands that reach table or queue. */
async function open(...state: Parameters<typeof openState>): Promise<State> {
  return (await import("../composition/state.ts")).openState(...state);
}
