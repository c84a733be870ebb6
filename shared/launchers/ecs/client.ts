import { ECSClient, type ECSClientConfig } from "@aws-sdk/client-ecs";
import type { EcsSettings } from "./target.ts";

/** Most connections at once, and how long a call may be silent before it counts as unanswered. */
const SOCKETS = 100;
const SILENCE_MILLISECONDS = 20_000;

/** A client for a target's account and region. A role is assumed through STS in the target's own region, and again before its credentials end. */
export async function ecsClient({ region, roleArn, externalId, endpoint }: EcsSettings): Promise<ECSClient> {
  const config: ECSClientConfig = {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    // Retries are decided by the failure table alone.
    maxAttempts: 1,
    requestHandler: {
      requestTimeout: SILENCE_MILLISECONDS,
      connectionTimeout: 3000,
      httpsAgent: { maxSockets: SOCKETS },
      httpAgent: { maxSockets: SOCKETS },
    },
  };
  if (roleArn === undefined) return silent(new ECSClient(config));
  const { fromTemporaryCredentials } = await import("@aws-sdk/credential-providers");
  const credentials = fromTemporaryCredentials({
    params: { RoleArn: roleArn, RoleSessionName: "slipway", ...(externalId === undefined ? {} : { ExternalId: externalId }) },
    clientConfig: { ...(region === undefined ? {} : { region }), ...(endpoint === undefined ? {} : { endpoint }) },
  });
  return silent(new ECSClient({ ...config, credentials }));
}

/** Without the SDK's middleware that prepares each call for a log that nobody asked for. */
function silent(client: ECSClient): ECSClient {
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}
