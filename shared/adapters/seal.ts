import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Largest text that a sealed one may hold. */
const LARGEST = 8 * 1024 * 1024;

/**
 * A text as the table keeps it: compressed, in a binary attribute that no list, log or page shows. The table's own key encrypts it.
 */
export function sealText(text: string): Uint8Array {
  return deflateRawSync(text);
}

/** The text that was sealed. */
export function openText(sealed: Uint8Array): string {
  return inflateRawSync(sealed, { maxOutputLength: LARGEST }).toString("utf8");
}
