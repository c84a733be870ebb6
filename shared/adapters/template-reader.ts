import { Refusal, TemplateUnavailable } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { TemplateReader } from "../core/ports.ts";
import type { LoadedTemplate, TemplatePath } from "../core/run.ts";
import { found } from "../schema/found.ts";
import { readYaml } from "../schema/json-document.ts";
import { fileTemplates } from "./file-templates.ts";
import { locateTemplate, type ObjectLocation, type TemplateLocation, templatePlaces } from "./template-places.ts";
import { type FetchedTemplate, MOST_TEMPLATE_BYTES, type TemplateSource } from "./template-source.ts";

/** Where templates are read from, besides the files of this machine. */
export interface TemplateSources {
  readonly s3?: TemplateSource<ObjectLocation>;
  readonly gs?: TemplateSource<ObjectLocation>;
  /** How long one read may take, in milliseconds. */
  readonly timeout?: number;
}

/** A run waits for its template, and so do all others of its batch. */
const TIMEOUT_MILLISECONDS = 5_000;

/** Most templates that are kept, and most bytes of their texts; parsed they take several times as much. */
const MOST_KEPT = 64;
const MOST_KEPT_BYTES = 8 * 1024 * 1024;

/** A template without whose word it was read on. */
type Template = Pick<LoadedTemplate, "document" | "version">;

interface Kept extends Template {
  readonly tag: string;
  readonly bytes: number;
}

/**
 * Reads templates from the places that are allowed (`templates.from`), and keeps what it read: each read asks the store again,
 * and takes and parses only what has changed. Throws `Refusal` INVALID_CONFIGURATION where a place is none.
 */
export function templateReader(from: readonly string[], sources: TemplateSources = {}): TemplateReader {
  const places = templatePlaces(from);
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<Template>>();

  async function load(path: string): Promise<Template> {
    const location = locateTemplate(path, places);
    const before = kept.get(path);
    const signal = AbortSignal.timeout(sources.timeout ?? TIMEOUT_MILLISECONDS);
    const fetched = await fetchFrom(sources, location, before?.tag, signal);
    const now = fetched === "unchanged" ? before : parsed(fetched);
    if (now === undefined) throw new Error("a template that was never read can't be unchanged");
    keep(path, now);
    return now;
  }

  function keep(path: string, template: Kept): void {
    // Last in the order of the map is what was used last.
    kept.delete(path);
    kept.set(path, template);
    let bytes = 0;
    for (const [index, [other, { bytes: more }]] of [...kept].reverse().entries()) {
      bytes += more;
      if (index >= MOST_KEPT || bytes > MOST_KEPT_BYTES) kept.delete(other);
    }
  }

  return {
    async read(asked) {
      // The runs of a batch often share a template: one question serves those that come while it is asked.
      const loading = underWay.get(asked.path) ?? load(asked.path).finally(() => underWay.delete(asked.path));
      underWay.set(asked.path, loading);
      try {
        const { document, version } = await loading;
        return { ...asked, document, version };
      } catch (error) {
        throw told(error, asked);
      }
    },
  };
}

function fetchFrom(sources: TemplateSources, location: TemplateLocation, knownTag: string | undefined, signal: AbortSignal) {
  if (location.store === "file") return fileTemplates.fetch(location, knownTag, signal);
  const source = sources[location.store];
  if (source === undefined) throw new Error(`no client for ${location.store}:// was given`);
  return source.fetch(location, knownTag, signal);
}

function parsed({ bytes, tag, version }: FetchedTemplate): Kept {
  const document = readYaml(bytes, { maxBytes: MOST_TEMPLATE_BYTES, code: "INVALID_TEMPLATE" });
  if (isObject(document)) return { document, tag, version, bytes: bytes.length };
  throw new Refusal("INVALID_TEMPLATE", { path: "", message: `expected an object at the top, found ${found(document)}` });
}

/** The failure as the one who asked is told: with the field that names the template, and the template's path. */
function told(error: unknown, { path, origin, field }: TemplatePath): Error {
  const shown = shownPath(path);
  if (!(error instanceof Refusal)) return new TemplateUnavailable(`the template ${shown} can't be read now`, { cause: error });
  const where = field ?? (origin === "run" ? "run_config" : "targets");
  const [first, ...rest] = error.issues.map((issue) => ({
    path: where,
    message: `the template ${shown}: ${issue.path === "" ? "" : `${issue.path}: `}${issue.message}`,
  }));
  return new Refusal(error.code, first === undefined ? { path: where, message: `the template ${shown} is refused` } : [first, ...rest]);
}

/** A path as a message may show it: a URL's password, and its query, which may be a signature, are left out. */
function shownPath(path: string): string {
  const shown = path.replace(/\/\/[^/]*@/, "//…@").replace(/\?.*$/s, "?…");
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}
