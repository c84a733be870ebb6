/** How a dispatcher proves to Google Cloud who it is. Shared by the launchers that call it; google-auth-library is loaded on first use. */
import type { AuthClient, AwsSecurityCredentialsSupplier } from "google-auth-library";
import { isObject, type Json, type JsonObject } from "../core/json.ts";
import type { Services } from "../core/launcher.ts";

/** What a target says of its credentials. Absent: application default credentials. */
export type GoogleCredentials =
  /** A workload identity federation document: how another cloud's identity is exchanged for one of this. */
  | { readonly kind: "federation"; readonly document: JsonObject }
  /** A secret that holds a credentials document of any type. */
  | { readonly kind: "secret"; readonly reference: string };

/** Gives the headers that a call needs; tokens are kept until shortly before they expire. */
export interface GoogleAuthorization {
  headers(url: string): Promise<Headers>;
}

/** Thrown where no token could be had: nothing was sent to the service. The message carries no part of a credential. */
export class NotAuthorized extends Error {
  override readonly name = "NotAuthorized";
}

/** The credentials document itself is of no use: no call will mend it. */
export class UnusableCredentials extends NotAuthorized {
  readonly code: "INVALID_CONFIGURATION" | "SECRET_UNREADABLE";

  constructor(code: UnusableCredentials["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** An access token, for services that take no token that is signed here, and the client that has it. */
export interface GoogleAccess {
  /** Kept until shortly before it expires. */
  token(): Promise<string>;
  readonly client: AuthClient;
}

const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const AWS_TOKEN = "urn:ietf:params:aws:token-type:aws4_request";

/** The authorization by a target's credentials. Throws `NotAuthorized`, or `Refusal` where a secret can't be read. */
export async function googleAuthorization(
  credentials: GoogleCredentials | undefined,
  services: Pick<Services, "environment" | "secret">,
): Promise<GoogleAuthorization> {
  const client = await clientBy(credentials, services, true);
  return { headers: (url) => told(() => client.getRequestHeaders(url)) };
}

/** The same, for access tokens. */
export async function googleAccess(
  credentials: GoogleCredentials | undefined,
  services: Pick<Services, "environment" | "secret">,
): Promise<GoogleAccess> {
  const client = await clientBy(credentials, services, false);
  const token = () =>
    told(async () => {
      const { token: given } = await client.getAccessToken();
      if (!given) throw new NotAuthorized("the token service gave no token");
      return given;
    });
  return { token, client };
}

async function clientBy(
  credentials: GoogleCredentials | undefined,
  services: Pick<Services, "environment" | "secret">,
  signsItself: boolean,
): Promise<AuthClient> {
  const document = credentials?.kind === "secret" ? parsed(await services.secret(credentials.reference)) : credentials?.document;
  return told(() => clientOf(document, services.environment, signsItself));
}

async function clientOf(document: JsonObject | undefined, environment: Services["environment"], signsItself: boolean): Promise<AuthClient> {
  // The library is CommonJS: once it is bundled, only its default export is there.
  const { default: library } = await import("google-auth-library");
  const { AwsClient, ExternalAccountClient, GoogleAuth, JWT, UserRefreshClient } = library;
  if (document === undefined) {
    const auth = new GoogleAuth({ scopes: [SCOPE] });
    auth.useJWTAccessWithScope = signsItself;
    return auth.getClient();
  }
  const text = (field: string) => (typeof document[field] === "string" ? document[field] : "");
  switch (document["type"]) {
    case "service_account": {
      if (text("client_email") === "" || text("private_key") === "")
        throw new UnusableCredentials("INVALID_CONFIGURATION", "expected a service account's client_email and private_key");
      const client = new JWT({ email: text("client_email"), key: text("private_key"), keyId: text("private_key_id"), scopes: [SCOPE] });
      // The key signs the token itself then, without a call.
      client.useJWTAccessWithScope = signsItself;
      return client;
    }
    case "authorized_user":
      return new UserRefreshClient({
        clientId: text("client_id"),
        clientSecret: text("client_secret"),
        refreshToken: text("refresh_token"),
      });
    case "external_account": {
      if (isObject(document["credential_source"]) && document["credential_source"]["executable"] !== undefined)
        throw new UnusableCredentials("INVALID_CONFIGURATION", "a federation document that names a program to run is not used");
      // The document's own source is the metadata service of an EC2 instance; there is none on Lambda.
      const { credential_source: _source, ...federation } = document;
      const supplier = { aws_security_credentials_supplier: await ownAwsCredentials(environment) };
      const client =
        document["subject_token_type"] === AWS_TOKEN
          ? new AwsClient({ ...federation, ...supplier } as unknown as ConstructorParameters<typeof AwsClient>[0])
          : ExternalAccountClient.fromJSON(document as unknown as Parameters<typeof ExternalAccountClient.fromJSON>[0]);
      if (client === null) throw new UnusableCredentials("INVALID_CONFIGURATION", "the federation document is of no known kind");
      client.scopes = [SCOPE];
      return client;
    }
    default:
      throw new UnusableCredentials(
        "INVALID_CONFIGURATION",
        "expected credentials of type service_account, authorized_user or external_account",
      );
  }
}

/** The dispatcher's own AWS credentials, from wherever the AWS SDK finds them: Lambda's, a container's, an instance's, a profile's. */
async function ownAwsCredentials(environment: Services["environment"]): Promise<AwsSecurityCredentialsSupplier> {
  const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
  const provider = fromNodeProviderChain();
  return {
    async getAwsRegion() {
      const region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"];
      if (region === undefined) throw new NotAuthorized("the region of the dispatcher's AWS credentials is not known: set AWS_REGION");
      return region;
    },
    async getAwsSecurityCredentials() {
      const { accessKeyId, secretAccessKey, sessionToken } = await provider();
      return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { token: sessionToken }) };
    },
  };
}

function parsed(text: string): JsonObject {
  try {
    const document: Json = JSON.parse(text);
    if (isObject(document)) return document;
  } catch {
    // The parser's own message repeats a piece of the text.
  }
  throw new UnusableCredentials("SECRET_UNREADABLE", "the secret that the target's credentials name is no JSON object");
}

async function told<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof NotAuthorized ? error : new NotAuthorized(reasonOf(error));
  }
}

/** What may be said of a failed authorization: of what the libraries say, only what can't hold a token or a key. */
function reasonOf(error: unknown): string {
  const { name, message, code, status } = error as { name?: unknown; message?: unknown; code?: unknown; status?: unknown };
  const text = typeof message === "string" ? message : "";
  if (/^Error code [a-z_]+/.test(text)) return `the token service refused: ${text.slice(0, 300)}`;
  if (/^Could not load the default credentials/.test(text)) return "there are no application default credentials here";
  const facts = [name, code, status].filter((fact) => typeof fact === "number" || (typeof fact === "string" && /^[\w-]{1,40}$/.test(fact)));
  return `no token could be had (${facts.join(", ")})`;
}
