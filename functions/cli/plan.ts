import { createInterface } from "node:readline";
import { Refusal, TemplateUnavailable } from "../../shared/core/errors.ts";
import { isObject, type Json } from "../../shared/core/json.ts";
import { prepare } from "../../shared/core/prepare.ts";
import type { Configuration } from "../../shared/core/target.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { readJson } from "../../shared/schema/json-document.ts";
import { decodeMessage, type Message } from "../../shared/schema/message.ts";
import { planningOf } from "../composition/planning.ts";
import { stateFolder } from "./connection.ts";
import { CommandFailure } from "./failure.ts";
import { usedConfiguration } from "./planning.ts";
import { readMessage } from "./request.ts";

/** What `plan` answers. */
type Answer = Planned | { readonly ok: false; readonly error: { readonly code: string; readonly message: string; readonly path: string } };

interface Planned {
  readonly ok: true;
  readonly target: string;
  readonly launcher: string;
  readonly calls: readonly { readonly api: string; readonly input: Json }[];
}

/** Stands for the id of a request that has none. */
const NO_ID = "planned-run";

/** `slipway plan FILE`: what a request would launch, without a word to any service. */
export async function plan(
  file: string | undefined,
  options: { config?: string; json?: boolean; jsonl?: boolean; attempt: number },
): Promise<void> {
  if (options.jsonl) return planLines();
  if (file === undefined) throw new CommandFailure("plan: name a request's file, or - for standard input", 2);
  const made = async () => {
    const { configuration } = await usedConfiguration(options.config);
    return planned(configuration, await readMessage(file, NO_ID), options.attempt).catch((error: unknown) => {
      if (!(error instanceof TemplateUnavailable)) throw error;
      const why = error.cause instanceof Error ? `: ${error.cause.message}` : "";
      throw new CommandFailure(
        `${error.message}${why}\n  What to do: Look whether its place can be reached from here, with a region and credentials (AWS_REGION, AWS_PROFILE).`,
      );
    });
  };
  if (options.json) {
    const answer = await answered(made);
    console.log(JSON.stringify(answer));
    if (!answer.ok) process.exitCode = 1;
  } else {
    const { target, launcher, calls } = await made();
    console.log(`target ${target} (${launcher})\n${calls.map((call) => JSON.stringify(call, undefined, 2)).join("\n")}`);
  }
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
      const configuration = parseConfiguration(input["config"] as Json, launchers);
      return planned(configuration, decodeMessage(JSON.stringify(input["request"]), { messageId: NO_ID }), attempt);
    });
    if (!process.stdout.write(`${JSON.stringify(answer)}\n`)) await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
}

async function planned(configuration: Configuration, message: Message, attempt: number): Promise<Planned> {
  if (message.kind !== "request")
    throw new Refusal("INVALID_MESSAGE", { path: "", message: `expected a run request, not a ${message.kind} message` });
  const {
    target,
    launcher,
    plan: made,
  } = await prepare(
    await planningOf(configuration, { stateFolder: stateFolder() }, { environment: process.env }),
    message.request,
    attempt,
  );
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
