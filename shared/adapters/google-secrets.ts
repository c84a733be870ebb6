import type { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import { type SecretSource, secretDenied, secretNotFound, secretUnreadable } from "./secret-source.ts";

/** Google's codes, as gRPC numbers them. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const FAILED_PRECONDITION = 9;
const UNAUTHENTICATED = 16;

/**
 * `gcp:projects/P/secrets/S/versions/V`: a version in Google's Secret Manager. The client is asked for on first use; it takes no signal. Not retried here: the client
 * would wait for seconds, and whoever needs the secret has its own patience.
 */
export function googleSecrets(client: () => Promise<SecretManagerServiceClient>, timeout: number): SecretSource {
  return async (name) => {
    const [{ payload }] = await (await client()).accessSecretVersion({ name }, { timeout, retry: null }).catch(refused);
    const data = payload?.data;
    if (data === undefined || data === null) throw secretUnreadable("it has no value");
    return data;
  };
}

function refused(error: unknown): never {
  switch ((error as { readonly code?: unknown }).code) {
    case NOT_FOUND:
      throw secretNotFound("there is no such project, secret or version");
    case FAILED_PRECONDITION:
      throw secretNotFound("this version is disabled or destroyed");
    case PERMISSION_DENIED:
    case UNAUTHENTICATED:
      throw secretDenied("the dispatcher's account needs secretmanager.versions.access for it (roles/secretmanager.secretAccessor)");
    case INVALID_ARGUMENT:
      throw secretUnreadable("it was refused as no secret's name");
    default:
      throw error;
  }
}
