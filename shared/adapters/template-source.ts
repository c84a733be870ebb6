import { addAbortSignal, type Readable } from "node:stream";
import { Refusal } from "../core/errors.ts";

/** The most bytes that a template may have. */
export const MOST_TEMPLATE_BYTES = 1024 * 1024;

/** A template as it was found. */
export interface FetchedTemplate {
  readonly bytes: Uint8Array;
  /** Tells this content from any other at the same place. */
  readonly tag: string;
  /** What the record keeps: the object's version id or generation, its ETag, or a digest. */
  readonly version: string;
}

/** A place that templates are read from. */
export interface TemplateSource<Location> {
  /**
   * Reads a template; `unchanged` where it still has the tag. Throws `Refusal` with an empty path for what can't succeed, and
   * anything else for what may succeed later.
   */
  fetch(location: Location, knownTag: string | undefined, signal: AbortSignal): Promise<FetchedTemplate | "unchanged">;
}

/** Refuses a template that says that it is too large, before a byte of it is read. */
export function refuseTooLarge(bytes: number | undefined): void {
  if (bytes !== undefined && bytes > MOST_TEMPLATE_BYTES) {
    throw new Refusal("TOO_LARGE", { path: "", message: `it is larger than ${MOST_TEMPLATE_BYTES} bytes` });
  }
}

/** All bytes of a stream, which is cut off at the limit, whatever its headers promised. Throws `Refusal` TOO_LARGE. */
export async function boundedBytes(stream: Readable, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early destroys the stream, and with it the connection.
  for await (const chunk of addAbortSignal(signal, stream)) {
    chunks.push(chunk as Uint8Array);
    length += (chunk as Uint8Array).length;
    refuseTooLarge(length);
  }
  return Buffer.concat(chunks);
}

/** A refusal of a template that is not there. */
export function templateNotFound(message: string): Refusal {
  return new Refusal("TEMPLATE_NOT_FOUND", { path: "", message });
}

/** A refusal of a template that may not be read. */
export function templateDenied(message: string): Refusal {
  return new Refusal("TEMPLATE_DENIED", { path: "", message });
}
