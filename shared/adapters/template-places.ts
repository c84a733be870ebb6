/** Which templates may be read: `templates.from` of the configuration, and what a path means. Looks at texts only, at no file. */
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { Refusal } from "../core/errors.ts";

/** An object in an object store. */
export interface ObjectLocation {
  readonly store: "s3" | "gs";
  readonly bucket: string;
  readonly key: string;
}

/** A file below one of the folders: the first that is there. Every candidate is below its folder, but may be a link out of it. */
export interface FileLocation {
  readonly store: "file";
  readonly candidates: readonly { readonly folder: string; readonly file: string }[];
}

/** Where a template is. */
export type TemplateLocation = ObjectLocation | FileLocation;

/** The places that are allowed. A prefix is a whole key, or one that ends at a slash; empty for the whole bucket. */
export interface TemplatePlaces {
  readonly folders: readonly string[];
  readonly objects: readonly { readonly store: "s3" | "gs"; readonly bucket: string; readonly prefix: string }[];
}

/** Two letters at least: `C:\jobs` is a path. */
const SCHEME = /^([a-z][a-z0-9+.-]+):(?:\/\/)?(.*)$/is;

/** The places that a configuration's `templates.from` names. Relative folders count from the working directory. Throws `Refusal` INVALID_CONFIGURATION. */
export function templatePlaces(from: readonly string[]): TemplatePlaces {
  const folders: string[] = [];
  const objects: TemplatePlaces["objects"][number][] = [];
  for (const [index, place] of from.entries()) {
    const { scheme, rest } = parts(place);
    const store = storeOf(scheme);
    const object = store && bucketAndKey(rest);
    if (scheme === undefined && place !== "") folders.push(resolve(place));
    else if (store !== undefined && object !== undefined) objects.push({ store, bucket: object.bucket, prefix: object.key });
    else {
      throw new Refusal("INVALID_CONFIGURATION", {
        path: `templates.from[${index}]`,
        message: "expected a folder's path, or s3://bucket/prefix/ or gs://bucket/prefix/",
      });
    }
  }
  return { folders, objects };
}

/** The places with their relative folders counted from a folder. */
export function placesFrom(folder: string, from: readonly string[]): readonly string[] {
  return from.map((place) => (place === "" || parts(place).scheme !== undefined ? place : resolve(folder, place)));
}

/** What a template's path names, where that is in an allowed place. Throws `Refusal` TEMPLATE_NOT_ALLOWED that says why not. */
export function locateTemplate(path: string, places: TemplatePlaces): TemplateLocation {
  const { scheme, rest } = parts(path);
  const store = storeOf(scheme);
  if (store !== undefined) return locateObject(store, rest, places);
  switch (scheme) {
    case undefined:
      return locateFile(path, places);
    case "agent":
      return locateFile(rest, places);
    case "file":
    case "local":
      throw notAllowed(
        `${scheme}: paths are read where the request is written, not by the dispatcher; submit the request with the slipway command, which puts the file's content into it, or put it in yourself`,
      );
    case "http":
    case "https":
      throw notAllowed(
        `templates are not read over ${scheme}; put it at s3:// or gs:// or in the dispatcher's folder, or put its content into the request`,
      );
    default:
      throw notAllowed("its scheme is unknown; known are s3://, gs:// (or gcs://), agent: and plain paths");
  }
}

function locateObject(store: ObjectLocation["store"], rest: string, places: TemplatePlaces): ObjectLocation {
  const object = bucketAndKey(rest);
  if (object === undefined || object.key === "" || object.key.endsWith("/"))
    throw notAllowed(`it names no object; expected ${store}://bucket/key`);
  // Stores take a key as it is, but what is between here and there may resolve such steps.
  if (object.key.split("/").some((step) => step === "" || step === "." || step === ".."))
    throw notAllowed("its key has an empty step, or one of . or ..");
  const allowed = places.objects.some(
    (place) => place.store === store && place.bucket === object.bucket && isUnder(object.key, place.prefix),
  );
  if (!allowed) throw notAllowed(`it is in none of the allowed places (${namesOf(places)})`);
  return { store, ...object };
}

/** A prefix ends at a step's end: `templates` covers `templates/a`, and not `templates-evil/a`. */
function isUnder(key: string, prefix: string): boolean {
  return prefix === "" || key === prefix || key.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
}

/** What the URL of one object names; undefined where it is none. */
export function objectAt(url: string): ObjectLocation | undefined {
  const { scheme, rest } = parts(url);
  const store = storeOf(scheme);
  const object = store && bucketAndKey(rest);
  return store === undefined || object === undefined || object.key === "" ? undefined : { store, ...object };
}

function locateFile(path: string, { folders, objects }: TemplatePlaces): FileLocation {
  if (folders.length === 0)
    throw notAllowed(`the dispatcher reads no files: no folder is among the allowed places (${namesOf({ folders, objects })})`);
  if (path === "" || path.includes("\0")) throw notAllowed("it names no file");
  if (path.split(/[/\\]/).includes("..")) throw notAllowed("it climbs with ..");
  const candidates = folders.flatMap((folder) => filesFor(path, folder).map((file) => ({ folder, file })));
  const below = candidates.filter(({ folder, file }) => isBelow(file, folder));
  if (below.length === 0) throw notAllowed(`it is outside the template folder (${folders.join(", ")})`);
  return { store: "file", candidates: below };
}

/** A relative path counts from the folder; one that begins with the folder's own name may also count from beside it. */
function filesFor(path: string, folder: string): readonly string[] {
  if (isAbsolute(path)) return [resolve(path)];
  return [join(folder, path), ...(path.split("/").find((step) => step !== ".") === basename(folder) ? [join(dirname(folder), path)] : [])];
}

/** Whether a file's path leads below a folder's; both absolute. */
export function isBelow(file: string, folder: string): boolean {
  const way = relative(folder, file);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function parts(path: string): { readonly scheme: string | undefined; readonly rest: string } {
  const [, scheme, rest] = SCHEME.exec(path) ?? [];
  return { scheme: scheme?.toLowerCase(), rest: rest ?? path };
}

function storeOf(scheme: string | undefined): ObjectLocation["store"] | undefined {
  return scheme === "s3" ? "s3" : scheme === "gs" || scheme === "gcs" ? "gs" : undefined;
}

function bucketAndKey(rest: string): { readonly bucket: string; readonly key: string } | undefined {
  const [, bucket, key] = /^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\/(.*))?$/s.exec(rest) ?? [];
  return bucket === undefined ? undefined : { bucket, key: key ?? "" };
}

function namesOf({ folders, objects }: TemplatePlaces): string {
  const names = [...folders, ...objects.map(({ store, bucket, prefix }) => `${store}://${bucket}/${prefix}`)];
  return names.length === 0 ? "templates.from names none" : names.join(", ");
}

function notAllowed(message: string): Refusal {
  return new Refusal("TEMPLATE_NOT_ALLOWED", { path: "", message });
}
