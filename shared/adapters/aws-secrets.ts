/** Secrets in AWS: Secrets Manager's, and parameters of the Systems Manager. Clients are asked for on first use. */
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { type SecretSource, secretDenied, secretNotFound, secretUnreadable } from "./secret-source.ts";

/** `secretsmanager:NAME_OR_ARN`: the current version of a secret. An ARN is asked for in its own region. */
export function secretsManagerSecrets(client: (region: string | undefined) => Promise<SecretsManagerClient>): SecretSource {
  return async (name, signal) => {
    const [, region] = /^arn:[^:]+:secretsmanager:([^:]+):/.exec(name) ?? [];
    const [manager, { GetSecretValueCommand }] = await Promise.all([client(region), import("@aws-sdk/client-secrets-manager")]);
    const answer = await manager
      .send(new GetSecretValueCommand({ SecretId: name }), { abortSignal: signal })
      .catch((error: unknown) => refused(error, "secretsmanager:GetSecretValue"));
    const value = answer.SecretString ?? answer.SecretBinary;
    if (value === undefined) throw secretUnreadable("it has no value");
    return value;
  };
}

/** `ssm:/name`: a parameter, decrypted where it is a SecureString. */
export function parameterSecrets(client: () => Promise<SSMClient>): SecretSource {
  return async (name, signal) => {
    const [ssm, { GetParameterCommand }] = await Promise.all([client(), import("@aws-sdk/client-ssm")]);
    const { Parameter } = await ssm
      .send(new GetParameterCommand({ Name: name, WithDecryption: true }), { abortSignal: signal })
      .catch((error: unknown) => refused(error, "ssm:GetParameter"));
    if (Parameter?.Value === undefined) throw secretUnreadable("it has no value");
    return Parameter.Value;
  };
}

/** Both services answer 400 for nearly everything: only the name tells what may pass. */
function refused(error: unknown, right: string): never {
  const name = error instanceof Error ? error.name : "";
  switch (name) {
    case "ResourceNotFoundException":
    case "ParameterNotFound":
    case "ParameterVersionNotFound":
      throw secretNotFound("there is no such secret in this account and region");
    case "InvalidRequestException":
      throw secretNotFound("it is marked for deletion, or has no current version");
    case "AccessDeniedException":
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
      throw secretDenied(`the dispatcher's role needs ${right} for it, and kms:Decrypt for its key (${name})`);
    case "DecryptionFailure":
    case "InvalidKeyId":
      throw secretDenied(`its key can't be used: the dispatcher's role needs kms:Decrypt for it, and the key must be enabled (${name})`);
    case "InvalidParameterException":
    case "ValidationException":
      throw secretUnreadable(`it was refused as no secret's name (${name})`);
    default:
      throw error;
  }
}
