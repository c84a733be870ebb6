/** A kubeconfig: a file, or a document in a secret, with whatever way to prove oneself it names. */
import { readFile } from "node:fs/promises";
import type { RequestOptions } from "node:https";
import { homedir } from "node:os";
import { dirname } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { Refusal } from "../../core/errors.ts";
import type { Services } from "../../core/launcher.ts";
import { isSecretReference } from "../../core/secret-reference.ts";
import type { Access } from "./access.ts";
import { keptConnections } from "./access.ts";
import type { KubernetesCluster } from "./cluster.ts";

/** The cluster of a context. Throws `Refusal` for a file, a context or a way that can't be used. */
export async function kubeconfigAccess(
  { kubeconfig: setting, context }: Extract<KubernetesCluster, { kind: "kubeconfig" }>,
  targetName: string,
  services: Pick<Services, "secret" | "isFunction">,
): Promise<Access> {
  const path = `targets.${targetName}.cluster.kubeconfig`;
  const config = await loaded(setting, path, services);
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (cluster === null || user === null) {
    const known = config.getContexts().map(({ name }) => name.slice(0, 80));
    const message = `no context "${config.getCurrentContext() ?? ""}" with a cluster and a user in it; there are: ${known.join(", ") || "none"}`;
    throw new Refusal("INVALID_CONFIGURATION", { path: `targets.${targetName}.cluster.context`, message });
  }
  if (user.exec !== undefined && services.isFunction) {
    const message =
      "the context's user is proved by a program (exec), which a cloud function does not have; use eks or gke, or a user with a token or a certificate";
    throw new Refusal("INVALID_CONFIGURATION", { path, message });
  }
  let agents = new Map<string, ReturnType<typeof keptConnections>>();
  return {
    async connection() {
      const options: RequestOptions = {};
      // Runs programs and reads token files as the context says; it keeps what they gave until it ends.
      await config.applyToHTTPSOptions(options);
      const { ca, cert, key, servername, rejectUnauthorized, auth } = options;
      const headers = Object.fromEntries(Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)]));
      if (auth) headers["Authorization"] = `Basic ${Buffer.from(auth).toString("base64")}`;
      const server = cluster.server.replace(/\/+$/, "");
      if (server.startsWith("http:")) return { server, headers };
      if (cluster.proxyUrl) return { server, headers, agent: options.agent as ReturnType<typeof keptConnections> };
      // A program may have given another certificate.
      const identity = `${String(cert ?? "")}`;
      const agent =
        agents.get(identity) ??
        keptConnections(
          Object.fromEntries(Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(([, value]) => value !== undefined)),
        );
      agents = new Map([[identity, agent]]);
      return { server, headers, agent };
    },
    refused() {},
  };
}

async function loaded(setting: string, path: string, services: Pick<Services, "secret">): Promise<KubeConfig> {
  const file = setting.replace(/^~(?=\/)/, homedir());
  const config = new KubeConfig();
  try {
    if (isSecretReference(setting)) config.loadFromString(await services.secret(setting));
    else {
      config.loadFromString(await readFile(file, "utf8"));
      config.makePathsAbsolute(dirname(file));
    }
    return config;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { code } = error as { code?: unknown };
    // What the parser says may hold a piece of the document.
    const why = code === "ENOENT" ? "there is no such file" : typeof code === "string" ? code : "it is no kubeconfig";
    const name = isSecretReference(setting) ? "" : ` ${file}`;
    throw new Refusal("INVALID_CONFIGURATION", { path, message: `the kubeconfig${name} can't be read (${why})` });
  }
}
