import type { Services } from "../../core/launcher.ts";
import type { Access } from "./access.ts";
import type { KubernetesCluster } from "./cluster.ts";

/** The access to a cluster. A library is loaded for the kind that needs it only. Throws `Refusal` for what can't be used. */
export async function accessTo(cluster: KubernetesCluster, targetName: string, services: Services): Promise<Access> {
  switch (cluster.kind) {
    case "eks":
      return (await import("./eks.ts")).eksAccess(cluster, services);
    case "gke":
      return (await import("./gke.ts")).gkeAccess(cluster, services);
    case "kubeconfig":
      return (await import("./kubeconfig.ts")).kubeconfigAccess(cluster, targetName, services);
    case "server":
      return (await import("./plain.ts")).serverAccess(cluster, services);
    case "in_cluster":
      return (await import("./plain.ts")).inClusterAccess(services);
    default: {
      const unhandled: never = cluster;
      return unhandled;
    }
  }
}
