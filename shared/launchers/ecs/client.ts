import { ECSClient, type ECSClientConfig } from "@aws-sdk/client-ecs";
import { lean } from "../../aws/lean-client.ts";
import { Sha256 } from "../../aws/sha256.ts";
import { tellable } from "./answers.ts";
import type { EcsSettings } from "./target.ts";

/** What carries the requests, where it is not the network: ECS's and STS's alike. */
export type RequestHandler = NonNullable<ECSClientConfig["requestHandler"]>;

/** Most connections at once, and how long a call may be silent before it counts as unanswered. */
const SOCKETS = 100;
const SILENCE_MILLISECONDS = 20_000;
/** STS answers soon or not at all, and what it is asked for holds up a launch. */
const STS_SILENCE_MILLISECONDS = 5000;

/** A client for a target's account and region. A role is assumed through STS in the target's own region, and again before its credentials end. */
export async function ecsClient(settings: EcsSettings, requestHandler?: RequestHandler): Promise<ECSClient> {
  const { region, roleArn, externalId, endpoint } = settings;
  const config: ECSClientConfig = {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    // Retries are decided by the failure table alone.
    maxAttempts: 1,
    sha256: Sha256,
    requestHandler: requestHandler ?? {
      requestTimeout: SILENCE_MILLISECONDS,
      connectionTimeout: 3000,
      httpsAgent: { maxSockets: SOCKETS },
      httpAgent: { maxSockets: SOCKETS },
    },
  };
  if (roleArn === undefined) return discreet(lean(new ECSClient(config)));
  const { fromTemporaryCredentials } = await import("@aws-sdk/credential-providers");
  const sts = stsEndpoint(endpoint);
  const credentials = fromTemporaryCredentials({
    params: { RoleArn: roleArn, RoleSessionName: "slipway", ...(externalId === undefined ? {} : { ExternalId: externalId }) },
    clientConfig: {
      ...(region === undefined ? {} : { region }),
      ...(sts === undefined ? {} : { endpoint: sts }),
      maxAttempts: 2,
      requestHandler: requestHandler ?? { requestTimeout: STS_SILENCE_MILLISECONDS, connectionTimeout: 3000 },
    },
  });
  return discreet(lean(new ECSClient({ ...config, credentials })));
}

/** The client, whose errors hold no piece of an answer. */
function discreet(client: ECSClient): ECSClient {
  const rethrow = (thrown: unknown): never => {
    throw tellable(thrown);
  };
  client.middlewareStack.add((next) => (args) => next(args).catch(rethrow), { step: "initialize", name: "discreet" });
  return client;
}

/** A private endpoint of AWS's is ECS's alone; whatever else is named, an emulator or a test, is the whole of AWS. */
function stsEndpoint(endpoint: string | undefined): string | undefined {
  return endpoint !== undefined && /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname) ? undefined : endpoint;
}
