/** What reaching the cluster needs of AWS, read from the target alone. */
import type { TargetRights } from "../../core/rights.ts";
import type { Target } from "../../core/target.ts";
import type { KubernetesSettings } from "./target.ts";

/** EKS is asked for the cluster's address; what the dispatcher may do in any cluster, the cluster's own roles say. */
export function rightsOf({ settings: { cluster } }: Target<KubernetesSettings>): TargetRights {
  if (cluster.kind !== "eks") return { launch: [], look: [], notes: [] };
  const account = cluster.roleArn?.split(":")[4] || "${AWS::AccountId}";
  const arn = `arn:\${AWS::Partition}:eks:${cluster.region ?? "${AWS::Region}"}:${account}:cluster/${cluster.name}`;
  const reach = [{ sid: "Reach", actions: ["eks:DescribeCluster"], resources: [arn] }];
  return { launch: reach, look: reach, ...(cluster.roleArn === undefined ? {} : { role: cluster.roleArn }), notes: [] };
}
