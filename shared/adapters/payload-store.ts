import { Refusal, StateUnavailable } from "../core/errors.ts";
import { type ObjectLocation, objectAt } from "./template-places.ts";
import type { TemplateSource } from "./template-source.ts";

/** Where what does not fit an item is kept. */
export interface PayloadStore {
  /**
   * Writes an object below the place of payloads, and answers its URL. The same name always has the same content: a repeat changes
   * nothing. Absent where no place is configured. Throws `StateUnavailable`.
   */
  put?(name: string, bytes: Uint8Array): Promise<string>;
  /** Throws `Refusal` PAYLOAD_MISSING where it is no longer there, and `StateUnavailable` where it can't be read just now. */
  get(url: string): Promise<Uint8Array>;
  /** What is not there any more is removed. */
  remove(url: string): Promise<void>;
}

/** One kind of object store, as payloads use it. */
export interface PayloadObjects {
  readonly source: TemplateSource<ObjectLocation>;
  put(location: ObjectLocation, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  remove(location: ObjectLocation, signal: AbortSignal): Promise<void>;
}

/** A dispatcher waits for a payload before it begins a run, and so do all others of its batch. */
const TIMEOUT_MILLISECONDS = 5_000;

type Stores = Readonly<Record<ObjectLocation["store"], PayloadObjects>>;

/** Payloads below a prefix, `s3://bucket/prefix/` or `gs://bucket/prefix/`, if any. Those of an earlier prefix can be read all the same. */
export function payloadStore(place: string | undefined, stores: Stores): PayloadStore {
  const get = (url: string) => readPayload(url, stores);
  const remove = (url: string) => {
    const location = located(url);
    return stores[location.store].remove(location, AbortSignal.timeout(TIMEOUT_MILLISECONDS));
  };
  if (place === undefined) return { get, remove };
  const prefix = place.endsWith("/") ? place : `${place}/`;
  return {
    get,
    remove,
    async put(name, bytes) {
      const url = `${prefix}${name}`;
      const location = located(url);
      try {
        await stores[location.store].put(location, bytes, AbortSignal.timeout(TIMEOUT_MILLISECONDS));
      } catch (cause) {
        // Denied too: it is the operator's place, so the operator can mend it, and the message comes again.
        throw new StateUnavailable(`the place of what is large (${prefix}) could not be written`, { cause });
      }
      return url;
    },
  };
}

async function readPayload(url: string, stores: Stores): Promise<Uint8Array> {
  const location = located(url);
  try {
    const fetched = await stores[location.store].source.fetch(location, undefined, AbortSignal.timeout(TIMEOUT_MILLISECONDS));
    if (fetched === "unchanged") throw new Error("an object that was never read can't be unchanged");
    return fetched.bytes;
  } catch (cause) {
    if (cause instanceof Refusal && cause.code === "TEMPLATE_NOT_FOUND") {
      throw new Refusal("PAYLOAD_MISSING", { path: "", message: `the text was kept in ${url}, and is no longer there` });
    }
    throw new StateUnavailable(`${url} could not be read`, { cause });
  }
}

function located(url: string): ObjectLocation {
  const location = objectAt(url);
  if (location === undefined) throw new Error("a payload's URL names no object");
  return location;
}
