import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Largest text that a sealed one may hold. */
const LARGEST = 8 * 1024 * 1024;

/** A shorter text is kept as it is: compressing it costs more than it saves. */
const SHORTEST_COMPRESSED = 1024;

/** The first byte says what follows. */
const PLAIN = 0;
const DEFLATED = 1;

/**
 * A text as the table keeps it: compressed where it is long, in a binary attribute that no list, log or page shows. The table's own
 * key encrypts it.
 */
export function sealText(text: string): Uint8Array {
  const bytes = Buffer.from(text, "utf8");
  const plain = bytes.length < SHORTEST_COMPRESSED;
  return Buffer.concat([Uint8Array.of(plain ? PLAIN : DEFLATED), plain ? bytes : deflateRawSync(bytes)]);
}

/** The text that was sealed. */
export function openText(sealed: Uint8Array): string {
  const content = Buffer.from(sealed.subarray(1));
  return (sealed[0] === PLAIN ? content : inflateRawSync(content, { maxOutputLength: LARGEST })).toString("utf8");
}
