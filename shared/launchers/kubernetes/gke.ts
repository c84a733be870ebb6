/** A GKE cluster: its address from the container API, its token from google-auth. */
import {
  type AuthClient,
  AwsClient,
  type AwsClientOptions,
  GoogleAuth,
  IdentityPoolClient,
  type IdentityPoolClientOptions,
  JWT,
} from "google-auth-library";
import { Refusal } from "../../core/errors.ts";
import { isObject, type Json, type JsonObject } from "../../core/json.ts";
import type { Services } from "../../core/launcher.ts";
import { type Access, keptConnections, lasting } from "./access.ts";
import type { KubernetesCluster } from "./cluster.ts";
import { objectIn, textIn } from "./documents.ts";

const SCOPES = ["https://www.googleapis.com/auth/cloud-platform"];
const CONTAINER_API = "https://container.googleapis.com";
const ADDRESS_MILLISECONDS = 3_600_000;
const SILENCE_MILLISECONDS = 5000;

/** The access to a GKE cluster; `endpoint` is for tests. */
export async function gkeAccess(
  cluster: Extract<KubernetesCluster, { kind: "gke" }>,
  services: Pick<Services, "secret" | "now">,
  endpoint = CONTAINER_API,
): Promise<Access> {
  const client = await clientOf(cluster, services);
  const { project, location, name } = cluster;
  const url = `${endpoint}/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}/clusters/${encodeURIComponent(name)}`;
  const address = lasting(services.now, async () => {
    const { data } = await client.request<Json>({ url, timeout: SILENCE_MILLISECONDS }).catch(told);
    const found = isObject(data) ? data : {};
    const host = textIn(found, "endpoint");
    const certificate = textIn(objectIn(found, "masterAuth"), "clusterCaCertificate");
    if (host === undefined || certificate === undefined) throw named("ClusterNotFound");
    const agent = keptConnections({ ca: Buffer.from(certificate, "base64").toString("utf8") });
    return { value: { server: `https://${host}`, agent }, until: services.now() + ADDRESS_MILLISECONDS };
  });
  return {
    async connection() {
      // The client keeps its token, and gets another some minutes before it ends.
      const [{ server, agent }, { token }] = await Promise.all([address.get(), client.getAccessToken()]);
      if (!token) throw named("CredentialsProviderError");
      return { server, agent, headers: { authorization: `Bearer ${token}` } };
    },
    refused: () => address.forget(),
  };
}

async function clientOf(
  { credentials }: Extract<KubernetesCluster, { kind: "gke" }>,
  services: Pick<Services, "secret">,
): Promise<AuthClient> {
  if (credentials === undefined) return new GoogleAuth({ scopes: SCOPES }).getClient();
  const document = credentials.kind === "federation" ? credentials.document : parsed(await services.secret(credentials.reference));
  switch (textIn(document, "type")) {
    case "external_account": {
      const source = objectIn(document, "credential_source");
      const options = { ...document, scopes: SCOPES } as unknown as AwsClientOptions & IdentityPoolClientOptions;
      const { credential_source: _instances, ...ofAws } = options;
      if (textIn(source, "environment_id")?.startsWith("aws"))
        return new AwsClient({ ...ofAws, aws_security_credentials_supplier: supplier() });
      // A document may name a program to run: not here.
      if (source["file"] === undefined && source["url"] === undefined) throw unusable();
      return new IdentityPoolClient(options);
    }
    case "service_account": {
      const [email, key] = [textIn(document, "client_email"), textIn(document, "private_key")];
      if (email === undefined || key === undefined) throw unusable();
      return new JWT({ email, key, scopes: SCOPES });
    }
    default:
      throw unusable();
  }
}

function unusable(): Refusal {
  const message = "expected the credentials document of an external_account (workload identity federation) or of a service_account";
  return new Refusal("INVALID_CONFIGURATION", { path: "cluster.gke.credentials", message });
}

/** The AWS SDK's own credentials: a function has no metadata server, where the library would look for them. */
function supplier(): NonNullable<AwsClientOptions["aws_security_credentials_supplier"]> {
  return {
    getAwsRegion: async () => process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"] ?? "us-east-1",
    async getAwsSecurityCredentials() {
      const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
      const { accessKeyId, secretAccessKey, sessionToken } = await fromNodeProviderChain()();
      return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { token: sessionToken }) };
    },
  };
}

function parsed(text: string): JsonObject {
  try {
    const document: Json = JSON.parse(text);
    if (isObject(document)) return document;
  } catch {
    // Said below, without a piece of it.
  }
  throw new Refusal("SECRET_UNREADABLE", { path: "cluster.gke.credentials", message: "the secret holds no credentials document" });
}

/** What the container API or the token's service answered, by name and without its words. */
function told(error: unknown): never {
  const { status, response, code } = error as { status?: unknown; response?: { status?: unknown }; code?: unknown };
  const answered = status ?? response?.status;
  if (answered === 404) throw named("ClusterNotFound");
  if (answered === 401 || answered === 403) throw named("PermissionDenied");
  throw Object.assign(new Error("the container API gave no answer"), { code: typeof code === "string" ? code : "ECONNRESET" });
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}
