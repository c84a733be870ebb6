import { Refusal } from "../../shared/core/errors.ts";
import type { RouteExplanation } from "../../shared/core/explain-route.ts";
import { isObject, type Json } from "../../shared/core/json.ts";
import type { RunRequest } from "../../shared/core/run.ts";
import type { Configuration } from "../../shared/core/target.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { readJson, readYaml } from "../../shared/schema/json-document.ts";
import { CommandFailure } from "./failure.ts";
import { oneLine } from "./format.ts";
import { inputName, readInput } from "./input.ts";
import { explained, type NamedConfiguration, usedConfiguration } from "./planning.ts";
import { about, describeRefusal, documentOf, refusalView } from "./refusal.ts";
import { decodeDocument } from "./request.ts";
import { answerTable, routeView } from "./targets.ts";

/** What a valid document is, for a person and for programs. */
interface Finding {
  readonly text: string;
  readonly view: Readonly<Record<string, unknown>>;
  /** A request in which nothing is wrong, and which would be refused as things stand: no target takes it. */
  readonly refusal?: Refusal;
}

/** Stands for the id of a request that has none. */
const NO_ID = "validated-run";

/** `slipway validate FILE`: a request or a configuration, by its content; `--config` alone is a configuration for certain. */
export async function validate(file: string | undefined, options: { config?: string; json?: boolean }): Promise<void> {
  if (file === undefined && options.config === undefined) {
    throw new CommandFailure("validate: name a request's or a configuration's file, - for standard input, or --config FILE", 2);
  }
  const refusals: Refusal[] = [];
  const attempted = async <Value>(action: () => Promise<Value>): Promise<Value | undefined> => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(error);
      return undefined;
    }
  };
  let read: Promise<NamedConfiguration | undefined> | undefined;
  const used = () => {
    read ??= attempted(() => usedConfiguration(options.config));
    return read;
  };
  let finding: Finding | undefined;
  if (file !== undefined) {
    finding = await attempted(() => about(inputName(file), async () => findingOf(readDocument(await readInput(file)), file, used)));
  }
  // All errors at once: a request that is refused hides nothing of the configuration that was named with it.
  const configuration = options.config === undefined ? undefined : await used();
  if (file === undefined) finding = configuration && configurationFound(configuration.configuration);
  if (refusals.length > 0) {
    process.exitCode = 1;
    const errors = refusals.map((refusal) => ({ document: documentOf(refusal), ...refusalView(refusal) }));
    if (options.json) console.log(JSON.stringify({ ok: false, errors }));
    else for (const refusal of refusals) console.error(describeRefusal(refusal));
  } else if (finding !== undefined) {
    const { refusal, view, text } = finding;
    if (refusal !== undefined) process.exitCode = 1;
    const errors =
      refusal === undefined ? {} : { errors: [{ document: file === undefined ? undefined : inputName(file), ...refusalView(refusal) }] };
    console.log(options.json ? JSON.stringify({ ok: refusal === undefined, ...errors, ...view }) : text);
  }
}

async function findingOf(document: Json, file: string, used: () => Promise<NamedConfiguration | undefined>): Promise<Finding | undefined> {
  if (isConfiguration(document)) return configurationFound(parseConfiguration(document, launchers));
  const message = await decodeDocument(document, file, NO_ID);
  switch (message.kind) {
    case "request": {
      const known = await used();
      return known && requestFound(message.request, explained(known.configuration, message.request), known.name);
    }
    case "wake":
    case "cancel": {
      const text = `${inputName(file)} is valid: a ${message.kind === "wake" ? "wake-up for" : "cancel of"} the run ${message.id}`;
      return { text, view: { kind: message.kind, id: message.id } };
    }
    case "pointer":
      return {
        text: `${inputName(file)} is valid: it points to the request in ${message.path}`,
        view: { kind: message.kind, path: message.path },
      };
    default: {
      const unhandled: never = message;
      return unhandled;
    }
  }
}

function requestFound(request: RunRequest, explanation: RouteExplanation, from: string): Finding {
  const { type, labels } = request.runConfig;
  const what = `${explanation.chosen === undefined ? "a run request in which nothing is wrong" : "valid run request"}: ${type} with ${labels.length === 0 ? "no labels" : `the labels ${labels.map((label) => `"${label}"`).join(", ")}`}`;
  const { chosen, reason } = explanation;
  const text =
    chosen === undefined
      ? `${oneLine(`${what}; no target of ${from} takes it`)}\n${answerTable(explanation)}`
      : oneLine(`${what}; goes to target ${chosen.name} (${chosen.type}) of ${from}: ${reason}`);
  const { refusal } = explanation;
  const view = { kind: "request", type, labels, ...routeView(explanation) };
  return { text, view, ...(refusal === undefined ? {} : { refusal }) };
}

function configurationFound({ deployment, targets }: Configuration): Finding {
  const list = targets.map(({ name, type }) => `${name} (${type})`).join(", ");
  return {
    text: `valid configuration: deployment ${deployment}, ${targets.length} ${targets.length === 1 ? "target" : "targets"}: ${list}`,
    view: { kind: "configuration", deployment, targets: targets.map(({ name, type }) => ({ name, type })) },
  };
}

/** Fields that only a configuration has; one whose `targets` is missing is known by the others. */
const CONFIGURATION_FIELDS = ["targets", "deployment", "schedules", "templates", "http", "retention_days", "timing"];

function isConfiguration(document: Json): boolean {
  return isObject(document) && !Object.hasOwn(document, "run_config") && CONFIGURATION_FIELDS.some((name) => Object.hasOwn(document, name));
}

/** A document of either kind: requests are JSON, configurations may be YAML. */
function readDocument(bytes: Uint8Array): Json {
  try {
    return readJson(bytes);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "NOT_JSON") throw error;
    const document = yamlDocument(bytes);
    if (document !== undefined && isConfiguration(document)) return document;
    // What is no configuration can only be meant as a request: then the place of the JSON error says more, unless it is no JSON at all.
    if (document === undefined && !/^[\s\uFEFF]*["[{]/.test(new TextDecoder().decode(bytes.subarray(0, 100)))) return readYaml(bytes);
    throw error;
  }
}

function yamlDocument(bytes: Uint8Array): Json | undefined {
  try {
    return readYaml(bytes);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
