/** Google's clients, each loaded on its first use. */
import { type GoogleIdentity, googleIdentity } from "../../shared/adapters/google-identity.ts";
import type { Settings } from "../../shared/schema/settings.ts";
import { onceMade } from "./once-made.ts";

/** How long a publish may take, repeats and all, in milliseconds. */
const PUBLISH_TIMEOUT = 10_000;

/** A Pub/Sub topic by its full name. `PUBSUB_EMULATOR_HOST` stands in for Pub/Sub, as in all of Google's clients. */
export function pubsubTopic(name: string) {
  return onceMade(async () => {
    const { default: pubsub } = await import("@google-cloud/pubsub");
    const [, projectId = ""] = name.split("/");
    return new pubsub.PubSub({ projectId }).topic(name, {
      batching: { maxMilliseconds: 5 },
      gaxOpts: { timeout: PUBLISH_TIMEOUT, retry: { backoffSettings: BACKOFF } },
    });
  });
}

const BACKOFF = {
  initialRetryDelayMillis: 100,
  retryDelayMultiplier: 2,
  maxRetryDelayMillis: 2_000,
  initialRpcTimeoutMillis: 4_000,
  rpcTimeoutMultiplier: 1,
  maxRpcTimeoutMillis: 4_000,
  totalTimeoutMillis: PUBLISH_TIMEOUT,
};

/** Who may push messages and ticks; undefined where the settings name nobody. `certificates` stands in for Google's keys. */
export function callersOf({ callers }: Settings, certificates: string | undefined): GoogleIdentity | undefined {
  if (callers === undefined) return undefined;
  const client = onceMade(async () => {
    const { default: library } = await import("google-auth-library");
    return new library.OAuth2Client(certificates === undefined ? {} : { endpoints: { oauth2FederatedSignonPemCertsUrl: certificates } });
  });
  return googleIdentity(client, callers);
}
