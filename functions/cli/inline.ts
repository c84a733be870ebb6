import { dirname, resolve } from "node:path";
import { type Issue, Refusal } from "../../shared/core/errors.ts";
import { isObject, type Json, type JsonObject } from "../../shared/core/json.ts";
import { found } from "../../shared/schema/found.ts";
import { readYaml } from "../../shared/schema/json-document.ts";
import { CommandFailure } from "./failure.ts";
import { readInput } from "./input.ts";

/** A field of a run config that names a template by path, and the one that holds it inline. */
interface PathField {
  readonly type: string;
  readonly path: string;
  readonly inline: string;
}

const PATH_FIELDS: readonly PathField[] = [
  { type: "KubernetesRun", path: "job_template_path", inline: "job_template" },
  { type: "ECSRun", path: "task_definition_path", inline: "task_definition" },
  // A text in place of the object is its path form.
  { type: "ECSRun", path: "task_definition", inline: "task_definition" },
];

/**
 * A run request, or a bare run config, with the templates that its plain, `file:` and `local:` paths name in place of the paths,
 * as the run configs' own constructors did. Paths count from the request's file, or from the working directory for `-`.
 * Throws `Refusal`: TEMPLATE_NOT_FOUND, or what is wrong with a template's text.
 */
export async function inlineTemplates(document: Json, requestFile: string): Promise<Json> {
  if (!isObject(document)) return document;
  const folder = requestFile === "-" ? process.cwd() : dirname(resolve(requestFile));
  const inner = document["run_config"];
  if (isObject(inner)) return { ...document, run_config: await inlined(inner, folder, "run_config.") };
  return typeof document["type"] === "string" ? inlined(document, folder, "") : document;
}

async function inlined(config: JsonObject, folder: string, prefix: string): Promise<JsonObject> {
  for (const { type, path, inline } of PATH_FIELDS) {
    const file = type === config["type"] ? localFile(config[path]) : undefined;
    // Where both are given the request is wrong: the schema says so, once it sees them both.
    if (file === undefined || (path !== inline && isGiven(config[inline]))) continue;
    const template = await readTemplate(resolve(folder, file), `${prefix}${path}`);
    const { [path]: _path, [inline]: _inline, ...others } = config;
    return { ...others, [inline]: template };
  }
  return config;
}

/** The constructors took an empty object for none. */
function isGiven(template: Json | undefined): boolean {
  return template !== undefined && template !== null;
}

/** The file that a path names on this machine; undefined where it names none, so that the dispatcher sees to it. */
function localFile(path: Json | undefined): string | undefined {
  if (typeof path !== "string" || path === "") return undefined;
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]+):(?:\/\/)?(.*)$/is.exec(path) ?? [];
  if (scheme === undefined) return path;
  return scheme.toLowerCase() === "file" || scheme.toLowerCase() === "local" ? rest : undefined;
}

async function readTemplate(file: string, path: string): Promise<JsonObject> {
  const bytes = await readInput(file).catch((error: unknown) => {
    throw error instanceof CommandFailure ? new Refusal("TEMPLATE_NOT_FOUND", { path, message: error.message }) : error;
  });
  try {
    const template = readYaml(bytes, { code: "INVALID_TEMPLATE" });
    if (isObject(template)) return template;
    throw new Refusal("INVALID_TEMPLATE", { path: "", message: `expected an object at the top, found ${found(template)}` });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const [first, ...rest] = error.issues.map(({ path: inner, message }): Issue => {
      return { path, message: `the template ${file}: ${inner === "" ? "" : `${inner}: `}${message}` };
    });
    throw new Refusal(error.code, first === undefined ? { path, message: error.message } : [first, ...rest]);
  }
}
