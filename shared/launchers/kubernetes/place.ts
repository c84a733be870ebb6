import type { Target } from "../../core/target.ts";
import type { KubernetesCluster } from "./cluster.ts";
import { namespaceOf } from "./namespace.ts";
import type { KubernetesSettings } from "./target.ts";

/** The cluster and the namespace: an attempt is never submitted to another. */
export function placeOf(target: Target<KubernetesSettings>): string {
  return `kubernetes:${clusterOf(target.settings.cluster)}:${namespaceOf(target)}`;
}

function clusterOf(cluster: KubernetesCluster): string {
  switch (cluster.kind) {
    case "eks":
      return `eks:${cluster.roleArn ?? ""}:${cluster.region ?? ""}:${cluster.name}`;
    case "gke":
      return `gke:${cluster.project}:${cluster.location}:${cluster.name}`;
    case "kubeconfig":
      return `kubeconfig:${cluster.kubeconfig}:${cluster.context ?? ""}`;
    case "server":
      return `server:${cluster.server}`;
    case "in_cluster":
      return "in_cluster";
    default: {
      const unhandled: never = cluster;
      return unhandled;
    }
  }
}
