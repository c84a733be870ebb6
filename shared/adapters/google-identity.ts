import type { OAuth2Client } from "google-auth-library";
import { StateUnavailable } from "../core/errors.ts";

/** Who may call a function with Google's own tokens: Pub/Sub's pushes and Cloud Scheduler's jobs. */
export interface GoogleCallers {
  /** What the token must be made for: the `audience` of the subscription or job. */
  readonly audience: string;
  /** Addresses of the service accounts that call. */
  readonly accounts: readonly string[];
}

/** Whether an OIDC token is one of a caller's. Throws `StateUnavailable` where Google's keys can't be read. */
export type GoogleIdentity = (token: string) => Promise<boolean>;

const ISSUERS = ["accounts.google.com", "https://accounts.google.com"];

/** Checks signature, issuer, audience, time and account. The client is asked for on first use. */
export function googleIdentity(client: () => Promise<OAuth2Client>, { audience, accounts }: GoogleCallers): GoogleIdentity {
  const keys = keysOf(client);
  return async (token) => {
    const [google, certs] = await Promise.all([client(), keys()]).catch((cause: unknown) => {
      throw new StateUnavailable("Google's keys could not be read", { cause });
    });
    try {
      const payload = (await google.verifySignedJwtWithCertsAsync(token, certs, audience, ISSUERS)).getPayload();
      return payload?.email_verified === true && payload.email !== undefined && accounts.includes(payload.email);
    } catch {
      // What the library says holds the token, so it is told to nobody; that it is refused is all there is to know.
      return false;
    }
  };
}

/** The keys, which the client remembers for as long as Google says; asked for once by all that come meanwhile. */
function keysOf(client: () => Promise<OAuth2Client>) {
  const ask = async () => (await (await client()).getFederatedSignonCertsAsync()).certs;
  let asking: ReturnType<typeof ask> | undefined;
  return () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
