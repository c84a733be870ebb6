/** A server with a token, and the cluster that the dispatcher itself runs in. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Refusal } from "../../core/errors.ts";
import type { Services } from "../../core/launcher.ts";
import { isSecretReference } from "../../core/secret-reference.ts";
import { type Access, keptConnections, lasting } from "./access.ts";
import type { KubernetesCluster } from "./cluster.ts";

/** A secret may be changed meanwhile, and the kubelet writes a new token long before the old one ends. */
const REREAD_MILLISECONDS = 60_000;
/** Where a pod finds its account. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** A server that is given by its address. */
export async function serverAccess(
  { server, certificateAuthority, token }: Extract<KubernetesCluster, { kind: "server" }>,
  services: Pick<Services, "secret" | "now">,
): Promise<Access> {
  const given = certificateAuthority;
  const ca = given !== undefined && isSecretReference(given) ? await services.secret(given) : given;
  const read = token === undefined ? undefined : () => services.secret(token);
  return withToken(server, ca, read, services.now);
}

/** The cluster around the dispatcher's own pod. Throws `Refusal` where it is in none. */
export async function inClusterAccess(services: Pick<Services, "environment" | "now">, account = SERVICE_ACCOUNT): Promise<Access> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = "443" } = services.environment;
  if (!host) {
    throw new Refusal("INVALID_CONFIGURATION", {
      path: "cluster",
      message: "in_cluster is for a dispatcher that runs in the cluster, and KUBERNETES_SERVICE_HOST is not set",
    });
  }
  const ca = await readFile(join(account, "ca.crt"), "utf8");
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return withToken(server, ca, () => readFile(join(account, "token"), "utf8"), services.now);
}

function withToken(server: string, ca: string | undefined, read: (() => Promise<string>) | undefined, now: () => number): Access {
  const agent = server.startsWith("https:") ? keptConnections(ca === undefined ? {} : { ca }) : undefined;
  const token = read && lasting(now, async () => ({ value: (await read()).trim(), until: now() + REREAD_MILLISECONDS }));
  return {
    async connection() {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${await token.get()}` };
      return { server: server.replace(/\/+$/, ""), headers, ...(agent === undefined ? {} : { agent }) };
    },
    refused: () => token?.forget(),
  };
}
