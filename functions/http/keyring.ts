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

/** Names fingerprints in this process alone: they are worth nothing elsewhere. */
const salt = randomBytes(32);

/** What stands for a secret where two are compared: of one length, and telling nothing of it. */
export function fingerprintOf(secret: string): Uint8Array {
  return createHmac("sha256", salt).update(secret, "utf8").digest();
}

/** Reads the secrets on first use, and again when they are old: a rotated one is taken up as their reader says. */
export function keyrings(): (composed: Composition) => Promise<Keyring> {
  const kept = new WeakMap<Composition, { readonly keyring: Promise<Keyring>; readonly until: number }>();
  return (composed) => {
    const now = composed.context.clock.now();
    const known = kept.get(composed);
    if (known !== undefined && now < known.until) return known.keyring;
    const keyring = readKeyring(composed);
    kept.set(composed, { keyring, until: now + KEPT_MILLISECONDS });
    return keyring;
  };
}

async function readKeyring({ http, secret, log }: Composition): Promise<Keyring> {
  let incomplete = false;
  const read = async <Key>(of: string, reference: string, use: (text: string) => Key): Promise<readonly Key[]> => {
    try {
      const text = await secret(reference);
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
