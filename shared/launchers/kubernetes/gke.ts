/** A GKE cluster: its address from the container API, and an access token: the API server takes none that is signed here. */
import { Refusal } from "../../core/errors.ts";
import { isObject, type Json } from "../../core/json.ts";
import type { Services } from "../../core/launcher.ts";
import { type GoogleAccess, googleAccess, UnusableCredentials } from "../../google/authorization.ts";
import { type Access, keptConnections, lasting } from "./access.ts";
import type { KubernetesCluster } from "./cluster.ts";
import { objectIn, textIn } from "./documents.ts";

const CONTAINER_API = "https://container.googleapis.com";
const ADDRESS_MILLISECONDS = 3_600_000;
const SILENCE_MILLISECONDS = 5000;

/** The access to a GKE cluster; `endpoint` is for tests. */
export async function gkeAccess(
  cluster: Extract<KubernetesCluster, { kind: "gke" }>,
  services: Pick<Services, "environment" | "secret" | "now">,
  endpoint = CONTAINER_API,
): Promise<Access> {
  const { client, token } = await accessBy(cluster, services);
  const { project, location, name } = cluster;
  const url = `${endpoint}/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}/clusters/${encodeURIComponent(name)}`;
  const address = lasting(services.now, async () => {
    // What is wrong with the token is told as that, not as the container API's answer.
    await token();
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
      const { server, agent } = await address.get();
      return { server, agent, headers: { authorization: `Bearer ${await token()}` } };
    },
    refused: () => address.forget(),
  };
}

/** A document that is of no use is the configuration's fault, whatever the cluster. */
async function accessBy(
  { credentials }: Extract<KubernetesCluster, { kind: "gke" }>,
  services: Pick<Services, "environment" | "secret">,
): Promise<GoogleAccess> {
  try {
    return await googleAccess(credentials, services);
  } catch (error) {
    if (!(error instanceof UnusableCredentials)) throw error;
    throw new Refusal(error.code, { path: "cluster.gke.credentials", message: error.message });
  }
}

/** What the container API answered, by name and without its words. */
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
