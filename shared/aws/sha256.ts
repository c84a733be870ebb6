import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";

/** Keys of HMACs as Node wants them: to make one anew for each signature takes longer than the signature. */
const bytesKeys = new WeakMap<Uint8Array, KeyObject>();
const textKeys = new Map<string, KeyObject>();
const MOST_TEXT_KEYS = 50;

type Source = string | ArrayBuffer | ArrayBufferView;

/** SHA-256, and its HMAC where a secret is given, as the SDK's signer uses it: twice and twice again for each call. */
export class Sha256 {
  readonly #secret: Source | undefined;
  #parts: Uint8Array[] = [];

  constructor(secret?: Source) {
    this.#secret = secret;
  }

  update(part: Source): void {
    this.#parts.push(bytesOf(part));
  }

  reset(): void {
    this.#parts = [];
  }

  async digest(): Promise<Uint8Array> {
    const [first, ...more] = this.#parts;
    const bytes = first !== undefined && more.length === 0 ? first : Buffer.concat(this.#parts);
    return this.#secret === undefined ? hash("sha256", bytes, "buffer") : createHmac("sha256", keyOf(this.#secret)).update(bytes).digest();
  }
}

function bytesOf(source: Source): Uint8Array {
  if (source instanceof Uint8Array) return source;
  if (typeof source === "string") return Buffer.from(source, "utf8");
  return ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
}

function keyOf(secret: Source): KeyObject {
  if (secret instanceof Uint8Array) {
    const known = bytesKeys.get(secret) ?? createSecretKey(secret);
    bytesKeys.set(secret, known);
    return known;
  }
  if (typeof secret !== "string") return createSecretKey(bytesOf(secret));
  const known = textKeys.get(secret) ?? createSecretKey(bytesOf(secret));
  // Credentials change now and then; those of yesterday are not kept for ever.
  if (textKeys.size >= MOST_TEXT_KEYS) textKeys.clear();
  textKeys.set(secret, known);
  return known;
}
