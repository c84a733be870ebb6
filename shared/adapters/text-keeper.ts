/** Where the texts that items stand for are kept: in the item while they are short, else where payloads are. */
import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { Refusal } from "../core/errors.ts";
import { late } from "../core/late.ts";
import type { PayloadStore } from "./payload-store.ts";
import { openText, sealText } from "./seal.ts";
import { MOST_TEMPLATE_BYTES as MOST_BYTES } from "./template-source.ts";

/** Keeps texts for items of the table. */
export interface TextKeeper {
  /** What the item keeps of a text. `name` tells the item from others. Throws `Refusal` TOO_LARGE, and `StateUnavailable`. */
  keep(text: string, name: string): Promise<Uint8Array>;
  /** Throws `Refusal` PAYLOAD_MISSING, and `StateUnavailable`. */
  open(kept: Uint8Array): Promise<string>;
}

/** The most bytes of a sealed text that an item keeps: where there is a place for what is larger, and where there is none. */
const MOST_BESIDE_PAYLOADS = 16_384;
const MOST_WITHOUT_PAYLOADS = 200_000;

/** First byte of what stands for a text that is kept elsewhere; those of a sealed text are other ones. */
const ELSEWHERE = 2;

const reference = late(() => z.object({ url: z.string(), sha256: z.string() }));

/** Keeps texts in items, and longer ones with the payloads where there is a place for them. */
export function textKeeper(payloads: PayloadStore): TextKeeper {
  const most = payloads.put === undefined ? MOST_WITHOUT_PAYLOADS : MOST_BESIDE_PAYLOADS;
  return {
    async keep(text, name) {
      const sealed = sealText(text);
      if (sealed.length <= most) return sealed;
      if (payloads.put === undefined) throw tooLarge(sealed.length);
      // What is larger could not be read back.
      if (sealed.length > MOST_BYTES)
        throw new Refusal("TOO_LARGE", { path: "", message: `it is larger than ${MOST_BYTES} bytes when compressed` });
      const sha256 = digest(text);
      // The name holds the text's own digest: whoever writes the same name writes the same content.
      const url = await payloads.put(`${name}/${sha256.slice(0, 32)}`, sealed);
      return Buffer.concat([Uint8Array.of(ELSEWHERE), Buffer.from(JSON.stringify({ url, sha256 }))]);
    },
    async open(kept) {
      if (kept[0] !== ELSEWHERE) return openText(kept);
      const { url, sha256 } = referenceIn(kept);
      const text = opened(await payloads.get(url));
      if (text !== undefined && digest(text) === sha256) return text;
      throw new Refusal("PAYLOAD_MISSING", { path: "", message: `the text was kept in ${url}, and what is there now is something else` });
    },
  };
}

/** The URL of the object that an item stands for; undefined where it keeps the text itself. */
export function payloadOf(kept: Uint8Array): string | undefined {
  return kept[0] === ELSEWHERE ? referenceIn(kept).url : undefined;
}

function referenceIn(kept: Uint8Array) {
  return reference().parse(JSON.parse(Buffer.from(kept.subarray(1)).toString("utf8")));
}

function opened(sealed: Uint8Array): string | undefined {
  try {
    return openText(sealed);
  } catch {
    // Whatever it is, it is not what was put there.
    return undefined;
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

function tooLarge(bytes: number): Refusal {
  const message = `it has ${bytes} bytes when compressed, and ${MOST_WITHOUT_PAYLOADS} can be kept in the table; put what is large into storage, and its address into the request, or have the operator set \`payloads\``;
  return new Refusal("TOO_LARGE", { path: "", message });
}
