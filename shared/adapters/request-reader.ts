/** Requests that a message points to, read from the places that `requests.from` names. */
import { Refusal, type RefusalCode, StateUnavailable } from "../core/errors.ts";
import { locateTemplate, type ObjectLocation, templatePlaces } from "./template-places.ts";
import type { TemplateSource } from "./template-source.ts";

/** A request's bytes, and the version of the object that they were: the object's version id, generation or ETag. */
export interface ReadRequest {
  readonly bytes: Uint8Array;
  readonly version: string;
}

/** Reads the object at an `s3://` or `gs://` path. Throws `Refusal` for what can't succeed, and `StateUnavailable`. */
export type RequestReader = (path: string) => Promise<ReadRequest>;

/** The object stores, as templates are read from them. */
type Sources = Readonly<Record<ObjectLocation["store"], TemplateSource<ObjectLocation>>>;

const TIMEOUT_MILLISECONDS = 5_000;

/** What a request is told that a template would be told by another code. */
const CODES: Partial<Readonly<Record<RefusalCode, RefusalCode>>> = {
  TEMPLATE_NOT_ALLOWED: "REQUEST_PATH_NOT_ALLOWED",
  TEMPLATE_NOT_FOUND: "REQUEST_NOT_FOUND",
  TEMPLATE_DENIED: "REQUEST_DENIED",
};

/** Reads from these prefixes only. */
export function requestReader(from: readonly string[], sources: Sources): RequestReader {
  const places = templatePlaces(from);
  return async (path) => {
    if (from.length === 0) {
      const message = "requests.from names no place that requests are read from: send the request itself";
      throw new Refusal("REQUEST_PATH_NOT_ALLOWED", { path: "request_path", message });
    }
    try {
      const location = locateTemplate(path, places);
      if (location.store === "file") throw new Error("a request is never read from a file");
      const fetched = await sources[location.store].fetch(location, undefined, AbortSignal.timeout(TIMEOUT_MILLISECONDS));
      if (fetched === "unchanged") throw new Error("an object that was never read can't be unchanged");
      return { bytes: fetched.bytes, version: fetched.version };
    } catch (error) {
      if (!(error instanceof Refusal))
        throw new StateUnavailable("the request that a message points to can't be read now", { cause: error });
      const message = error.issues[0]?.message ?? error.message;
      throw new Refusal(CODES[error.code] ?? error.code, { path: "request_path", message: `the request that it points to: ${message}` });
    }
  };
}
