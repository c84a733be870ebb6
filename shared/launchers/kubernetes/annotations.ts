/** Annotations that a run may bring: others are orders to whatever the cluster has installed, some to mount a path of the node. */
import { shown } from "../../core/allow.ts";
import type { Issue } from "../../core/errors.ts";
import { globMatches } from "../../core/glob.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Target } from "../../core/target.ts";
import { objectIn } from "./documents.ts";

/** Plain notes have no domain, before a slash or as runtimes write theirs; of the others, those that say something of the pod and give it nothing. */
const SAFE = [
  "cluster-autoscaler.kubernetes.io/safe-to-evict",
  "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes",
  "karpenter.sh/do-not-disrupt",
  "kubectl.kubernetes.io/default-container",
  "kueue.x-k8s.io/*",
  "linkerd.io/inject",
  "prometheus.io/*",
  "sidecar.istio.io/inject",
  "slipway/*",
];
const PROFILE = "container.apparmor.security.beta.kubernetes.io/";

/** An issue for each annotation of a Job and its pod that is not known to be safe. */
export function annotationIssues(job: JsonObject, target: Target, path: string): readonly Issue[] {
  const pod = objectIn(objectIn(job, "spec"), "template");
  return [
    ...of(objectIn(objectIn(job, "metadata"), "annotations"), target, `${path}.metadata`),
    ...of(objectIn(objectIn(pod, "metadata"), "annotations"), target, `${path}.spec.template.metadata`),
  ];
}

function of(annotations: JsonObject, target: Target, path: string): readonly Issue[] {
  return Object.entries(annotations).flatMap(([key, value]) => {
    if (!/[./]/.test(key) || SAFE.some((pattern) => globMatches(pattern, key))) return [];
    if (key.startsWith(PROFILE) && /^(runtime\/default$|localhost\/)/.test(String(value))) return [];
    const why = `the annotation ${shown(key)} is not among those known to be safe`;
    const remedy = `the operator can set it on the target itself, or let everything through with the target's allow: "*"`;
    return [{ path: `${path}.annotations`, message: `rule safe_fields of target "${target.name}": ${why}; ${remedy}` }];
  });
}
