import { createInterface } from "node:readline";
import { Refusal } from "../../shared/core/errors.ts";
import type { Json, JsonObject } from "../../shared/core/json.ts";
import { type Planning, prepare } from "../../shared/core/prepare.ts";
import type { Configuration } from "../../shared/core/target.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { readJson } from "../../shared/schema/json-document.ts";
import { decodeMessage } from "../../shared/schema/message.ts";
import { loadConfiguration } from "../compose.ts";
import { DEFAULT_CONFIGURATION } from "../local/default-configuration.ts";
import { configurationSetting, stateFolder } from "./connection.ts";
import { CommandFailure } from "./failure.ts";
import { readInput } from "./input.ts";

/** What `plan` answers. */
type Answer =
  | { readonly ok: true; readonly target: string; readonly launcher: string; readonly calls: readonly Json[] }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string; readonly path: string } };

/** Stands for the id of a request that has none. */
const NO_ID = "planned-run";

/** `slipway plan FILE`: what a request would launch, without a word to any service. */
export async function plan(
  file: string | undefined,
  options: { config?: string; json?: boolean; jsonl?: boolean; attempt: number },
): Promise<void> {
  if (options.jsonl) return planLines();
  if (file === undefined) throw new CommandFailure("plan: name a request's file, or - for standard input", 2);
  const body = await readInput(file);
  const answer = await answered(async () => {
    const configuration = await loadConfiguration(configurationSetting(options.config) ?? DEFAULT_CONFIGURATION);
    return planned(configuration, new TextDecoder("utf-8", { fatal: false }).decode(body), options.attempt);
  });
  if (!answer.ok) process.exitCode = 1;
  if (options.json) console.log(JSON.stringify(answer));
  else if (answer.ok)
    console.log(
      `target ${answer.target} (${answer.launcher})\n${answer.calls.map((call) => JSON.stringify(call, undefined, 2)).join("\n")}`,
    );
  else console.error(`${answer.error.code}: ${answer.error.message}`);
}

/** A line `{"config", "request", "attempt"}` in, an answer out, in order. */
async function planLines(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    const answer = await answered(() => {
      const input = readJson(line, { maxBytes: 4 * 1024 * 1024 });
      if (!isObject(input) || !("request" in input) || !("config" in input)) {
        throw new Refusal("INVALID_MESSAGE", { path: "", message: 'expected a line {"config": {…}, "request": {…}, "attempt": 1}' });
      }
      const attempt = input["attempt"] ?? 1;
      if (typeof attempt !== "number" || !Number.isInteger(attempt) || attempt < 1) {
        throw new Refusal("INVALID_MESSAGE", { path: "attempt", message: "expected a whole number from 1" });
      }
      return planned(parseConfiguration(input["config"] as Json, launchers), JSON.stringify(input["request"]), attempt);
    });
    if (!process.stdout.write(`${JSON.stringify(answer)}\n`)) await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function planned(configuration: Configuration, body: string, attempt: number): Answer {
  const message = decodeMessage(body, { messageId: NO_ID });
  if (message.kind !== "request")
    throw new Refusal("INVALID_MESSAGE", { path: "", message: `expected a run request, not a ${message.kind} message` });
  const planning: Planning = { configuration, launchers, services: { stateFolder: stateFolder() } };
  const { target, launcher, plan: made } = prepare(planning, message.request, attempt);
  return { ok: true, target: target.name, launcher: launcher.type, calls: made.calls.map(({ api, input }) => ({ api, input })) };
}

async function answered(answer: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, error: { code: error.code, message: error.message, path: error.path } };
  }
}
