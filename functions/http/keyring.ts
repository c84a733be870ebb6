/** The secrets of the HTTP interface, read by their references and kept for a while. */
import { createHmac, randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { HttpToken, HttpWebhook } from "../../shared/core/target.ts";
import type { Composition } from "../compose.ts";

/** Who may use the interface, by what they know. */
export interface Keyring {
  readonly tokens: readonly { readonly token: HttpToken; readonly fingerprint: Uint8Array }[];
  readonly webhooks: readonly { readonly webhook: HttpWebhook; readonly keys: readonly Webhook[] }[];
  /** Some secret can't be read now: a credential that is not known here may yet be right. */
  readonly incomplete: boolean;
}

/** Their reader remembers them for longer: this only spares each call the asking. */
const KEPT_MILLISECONDS = 10_000;
/** Whoever knocks with wrong credentials must not use up the rate of those who keep the secrets. */
const RENEWED_MILLISECONDS = 30_000;

/** Names fingerprints in this process alone: they are worth nothing elsewhere. */
const salt = randomBytes(32);

/** What stands for a secret where two are compared: of one length, and telling nothing of it. */
export function fingerprintOf(secret: string): Uint8Array {
  return createHmac("sha256", salt).update(secret, "utf8").digest();
}

/** The keyrings of compositions. */
export interface Keyrings {
  /** What is known; at most so old as it is kept, and as the secrets' reader remembers. */
  current(composed: Composition): Promise<Keyring>;
  /** Read anew, for a credential that is not known: a secret may have been rotated. Undefined where that was done just now. */
  renewed(composed: Composition): Promise<Keyring | undefined>;
}

/** Reads the secrets on first use, and again when they are old. */
export function keyrings(): Keyrings {
  const kept = new WeakMap<Composition, { readonly keyring: Promise<Keyring>; readonly at: number }>();
  const renewedAt = new WeakMap<Composition, number>();
  const read = (composed: Composition, at: number, youngerThan?: number) => {
    const keyring = readKeyring(composed, youngerThan);
    kept.set(composed, { keyring, at });
    return keyring;
  };
  return {
    async current(composed) {
      const now = composed.context.clock.now();
      const known = kept.get(composed);
      return known !== undefined && now < known.at + KEPT_MILLISECONDS ? known.keyring : read(composed, now);
    },
    async renewed(composed) {
      const now = composed.context.clock.now();
      if (now < (renewedAt.get(composed) ?? 0) + RENEWED_MILLISECONDS) return undefined;
      renewedAt.set(composed, now);
      return read(composed, now, RENEWED_MILLISECONDS);
    },
  };
}

async function readKeyring({ http, secret, log }: Composition, youngerThan: number | undefined): Promise<Keyring> {
  let incomplete = false;
  const read = async <Key>(of: string, reference: string, use: (text: string) => Key): Promise<readonly Key[]> => {
    try {
      const text = await secret(reference, youngerThan === undefined ? {} : { youngerThan });
      // An empty token would be anybody's.
      if (text === "") throw new Error("the secret is empty");
      return [use(text)];
    } catch (error) {
      incomplete = true;
      log.error({ of, error: error instanceof Error ? error.name : "not an error" }, "a secret of the HTTP interface can't be used");
      return [];
    }
  };
  const tokens = await Promise.all(
    http.tokens.map((token) => read(`token ${token.name}`, token.secret, (text) => ({ token, fingerprint: fingerprintOf(text) }))),
  );
  const webhooks = await Promise.all(
    http.webhooks.map(async (webhook) => ({
      webhook,
      keys: (await Promise.all(webhook.secrets.map((one) => read(`webhook ${webhook.name}`, one, (text) => new Webhook(text))))).flat(),
    })),
  );
  return { tokens: tokens.flat(), webhooks, incomplete };
}
