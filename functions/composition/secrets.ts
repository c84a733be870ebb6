/** Where secrets are read from. No SDK is loaded before the first secret that is in its keeper. */
import { parameterSecrets, secretsManagerSecrets } from "../../shared/adapters/aws-secrets.ts";
import { googleSecrets } from "../../shared/adapters/google-secrets.ts";
import { environmentSecrets, fileSecrets } from "../../shared/adapters/own-secrets.ts";
import { type SecretReader, secretReader } from "../../shared/adapters/secrets.ts";
import type { Settings } from "../../shared/schema/settings.ts";
import { onceMade } from "./once-made.ts";
import { serviceOptions } from "./options.ts";
import type { EnvironmentVariables } from "./planning.ts";

/** How long a keeper may be silent, in milliseconds. */
const SILENCE = 2_500;

/** Secrets by every form of reference. */
export function secretsOf(settings: Settings, environment: EnvironmentVariables, now: () => number): SecretReader {
  const patience = { maxAttempts: 3, requestHandler: { connectionTimeout: 1_500, requestTimeout: SILENCE, throwOnRequestTimeout: true } };
  const manager = oncePerRegion(async (region) => {
    const { SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
    return new SecretsManagerClient({
      ...serviceOptions(settings, settings.endpoints.secretsManager),
      ...(region === undefined ? {} : { region }),
      ...patience,
    });
  });
  const ssm = onceMade(async () => {
    const { SSMClient } = await import("@aws-sdk/client-ssm");
    return new SSMClient({ ...serviceOptions(settings, settings.endpoints.ssm), ...patience });
  });
  const google = onceMade(async () => {
    const { default: manager } = await import("@google-cloud/secret-manager");
    // Over REST: one call now and then is not worth a gRPC channel that a frozen function finds dead.
    return new manager.SecretManagerServiceClient({ fallback: true });
  });
  return secretReader(
    {
      env: environmentSecrets(environment),
      file: fileSecrets,
      secretsmanager: secretsManagerSecrets(manager),
      ssm: parameterSecrets(ssm),
      gcp: googleSecrets(google, SILENCE),
    },
    now,
  );
}

function oncePerRegion<Client>(make: (region: string | undefined) => Promise<Client>): (region: string | undefined) => Promise<Client> {
  const made = new Map<string | undefined, () => Promise<Client>>();
  return (region) => {
    const client = made.get(region) ?? onceMade(() => make(region));
    made.set(region, client);
    return client();
  };
}
