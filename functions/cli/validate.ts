import { type Issue, Refusal } from "../../shared/core/errors.ts";
import { isObject, type Json } from "../../shared/core/json.ts";
import type { RunRequest } from "../../shared/core/run.ts";
import type { Configuration } from "../../shared/core/target.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { readJson, readYaml } from "../../shared/schema/json-document.ts";
import { decodeMessage } from "../../shared/schema/message.ts";
import { CommandFailure } from "./failure.ts";
import { oneLine } from "./format.ts";
import { inputName, readInput } from "./input.ts";
import { judge } from "./judge.ts";
import { type NamedConfiguration, usedConfiguration } from "./planning.ts";
import { about, describeRefusal, documentOf, refusalView } from "./refusal.ts";
import { decodeDocument } from "./request.ts";
import { answerTable, routeView } from "./targets.ts";

/** What a valid document is, for a person and for programs. */
interface Finding {
  readonly text: string;
  readonly view: Readonly<Record<string, unknown>>;
  /** A request that is well-formed, and would be refused as things stand: no target takes it, or the one that does can't launch it. */
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
    finding = await attempted(() => about(inputName(file), async () => findingOf(readDocument(await readInput(file), file), file, used)));
  }
  // All errors at once: a request that is refused hides nothing of the configuration that was named with it.
  const configuration = options.config === undefined ? undefined : await used();
  if (file === undefined) finding = configuration && (await configurationFound(configuration.configuration));
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
  if (isConfiguration(document, file)) {
    const parsed = parseConfiguration(document, launchers);
    // What schedules ask for may name templates, whose places count from the configuration's folder.
    return configurationFound(parsed.schedules === undefined || file === "-" ? parsed : (await usedConfiguration(file)).configuration);
  }
  const message = await decodeDocument(document, file, NO_ID);
  switch (message.kind) {
    case "request": {
      const known = await used();
      return known && requestFound(message.request, known);
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

async function requestFound(request: RunRequest, { name, configuration }: NamedConfiguration): Promise<Finding> {
  const { explanation, refusal, unplanned } = await judge(request, configuration);
  const { type, labels } = request.runConfig;
  const what = `${type} with ${labels.length === 0 ? "no labels" : `the labels ${labels.map((label) => `"${label}"`).join(", ")}`}`;
  const view = { kind: "request", type, labels, ...routeView(explanation) };
  const { chosen, reason } = explanation;
  const target = chosen === undefined ? "" : `target ${chosen.name} (${chosen.type}) of ${name}`;
  if (refusal !== undefined) {
    const fate = chosen === undefined ? `no target of ${name} takes it` : `${target} takes it, and can't launch it`;
    // Of one that pins its target, the others have nothing to say.
    const why = refusal.code === "NO_TARGET" ? answerTable(explanation) : describeRefusal(refusal, "  ");
    return { text: `${oneLine(`a well-formed run request: ${what}; ${fate}`)}\n${why}`, view, refusal };
  }
  const unread = unplanned === undefined ? "" : `; not planned: ${unplanned}`;
  return { text: oneLine(`valid run request: ${what}; goes to ${target}: ${reason}${unread}`), view };
}

async function configurationFound(configuration: Configuration): Promise<Finding> {
  const { deployment, targets } = configuration;
  const list = targets.map(({ name, type }) => `${name} (${type})`).join(", ");
  const what = `configuration: deployment ${deployment}, ${targets.length} ${targets.length === 1 ? "target" : "targets"}: ${list}`;
  const view = { kind: "configuration", deployment, targets: targets.map(({ name, type }) => ({ name, type })) };
  const [first, ...rest] = await vainSchedules(configuration);
  if (first === undefined) return { text: `valid ${what}`, view };
  const refusal = new Refusal("INVALID_CONFIGURATION", [first, ...rest]);
  return { text: `a well-formed ${what}; what its schedules ask for would be refused\n${describeRefusal(refusal, "  ")}`, view, refusal };
}

/** What is wrong with the requests of schedules, each well-formed by itself: that no target takes it, or can launch it. */
async function vainSchedules(configuration: Configuration): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  for (const [index, { name, request }] of (configuration.schedules ?? []).entries()) {
    const message = decodeMessage(JSON.stringify(request), { messageId: name });
    const { refusal } = message.kind === "request" ? await judge(message.request, configuration) : {};
    const at = `schedules[${index}].request`;
    issues.push(...(refusal?.issues ?? []).map(({ path, message: why }) => ({ path: path === "" ? at : `${at}.${path}`, message: why })));
  }
  return issues;
}

/** Fields that only a configuration has; one whose `targets` is missing is known by the others. */
const CONFIGURATION_FIELDS = ["targets", "deployment", "schedules", "templates", "http", "retention_days", "timing"];

/** Requests are JSON, so what is in YAML and shows no sign of a request is a configuration, whatever its fields. */
const YAML_FILE = /\.ya?ml$/i;

function isConfiguration(document: Json, file: string): boolean {
  if (isObject(document) && CONFIGURATION_FIELDS.some((name) => Object.hasOwn(document, name)))
    return !Object.hasOwn(document, "run_config");
  return YAML_FILE.test(file) && !(isObject(document) && ["run_config", "type"].some((name) => Object.hasOwn(document, name)));
}

/** A document of either kind: requests are JSON, configurations may be YAML. */
function readDocument(bytes: Uint8Array, file: string): Json {
  try {
    return readJson(bytes);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "NOT_JSON") throw error;
    const document = yamlDocument(bytes);
    if (document !== undefined && isConfiguration(document, file)) return document;
    // What is no configuration can only be meant as a request: then the place of the JSON error says more, unless it is no JSON at all.
    const isText = !/^[\s\uFEFF]*["[{]/.test(new TextDecoder().decode(bytes.subarray(0, 100)));
    if (document === undefined && (isText || YAML_FILE.test(file))) return readYaml(bytes);
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
