/** Template folders of a configuration go into the package: a function has no other files. */
import { cp, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { MOST_TEMPLATE_BYTES } from "../../shared/adapters/template-source.ts";
import { isList, isObject, type Json } from "../../shared/core/json.ts";
import { readJson } from "../../shared/schema/json-document.ts";
import { BUILT } from "./build.ts";

/** Folders of the package that hold the templates, beside the configuration. */
const PACKED = "templates-of-configuration";
/** What a template is written in. A folder may hold other things, which are nobody's business in the cloud. */
const TEMPLATE = /\.(ya?ml|json)$/i;
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/** Copies the templates of the configuration at `path` into what was built, and has the configuration there say so. Answers what is missing. */
export async function packTemplates(path: string, built = resolve(BUILT, "functions")): Promise<readonly string[]> {
  const packed = join(built, "slipway.json");
  const document = readJson(await readFile(packed, "utf8"));
  const places = placesOf(document);
  if (!isObject(document) || places === undefined) return [];
  const notes: string[] = [];
  const from: Json[] = [];
  for (const [index, place] of places.entries()) {
    if (typeof place !== "string" || SCHEME.test(place)) {
      from.push(place);
      continue;
    }
    const folder = resolve(dirname(path), place);
    // The folder keeps its name: a path may begin with it.
    const own = join(PACKED, String(index), basename(folder));
    const files = await templatesIn(folder);
    if (files.length === 0)
      notes.push(`templates.from[${index}]: there is no template in ${folder} (*.yml, *.yaml, *.json, at most 1 MiB), so none is packed`);
    await mkdir(join(built, own), { recursive: true });
    for (const file of files) await cp(file, join(built, own, relative(folder, file)));
    from.push(own);
  }
  await writeFile(packed, JSON.stringify({ ...document, templates: { from } }));
  return notes;
}

function placesOf(document: Json): readonly Json[] | undefined {
  const templates = isObject(document) ? document["templates"] : undefined;
  const from = templates !== undefined && isObject(templates) ? templates["from"] : undefined;
  return from !== undefined && isList(from) ? from : undefined;
}

async function templatesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
  const files = entries
    .filter((entry) => entry.isFile() && TEMPLATE.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter(
      (file) =>
        !relative(folder, file)
          .split("/")
          .some((step) => step === "node_modules" || step.startsWith(".")),
    );
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return files.filter((_, index) => (sizes[index] ?? 0) <= MOST_TEMPLATE_BYTES);
}
