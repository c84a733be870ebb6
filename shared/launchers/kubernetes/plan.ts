/** Pure: a run and its target → the Job, byte for byte. */
import { Refusal } from "../../core/errors.ts";
import { requireImage } from "../../core/image.ts";
import type { JsonObject } from "../../core/json.ts";
import type { PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { refuseOutside } from "./allowed.ts";
import { objectsIn, textIn } from "./documents.ts";
import { jobOf } from "./job.ts";
import { namespaceOf } from "./namespace.ts";
import type { KubernetesSettings } from "./target.ts";
import { podOf, templateOf } from "./template.ts";

/** etcd keeps no object of more than 1.5 MiB, status and bookkeeping included. */
const LARGEST_JOB = 1024 * 1024;

/** The call that makes the Job. When it is sent, the digest of this plan is added to the Job's annotations. */
export interface KubernetesPlan {
  readonly calls: readonly [
    { readonly api: "kubernetes:createNamespacedJob"; readonly input: { readonly namespace: string; readonly body: JsonObject } },
  ];
}

/** The launch of a run on a Kubernetes target. Throws `Refusal`. */
export function planKubernetes(run: PlannedRun, target: Target<KubernetesSettings>): KubernetesPlan {
  const template = templateOf(run, target);
  const inTemplate = textIn(objectsIn(podOf(template.document), "containers")[0], "image");
  const image = requireImage({ run, target, ...(inTemplate === undefined ? {} : { template: inTemplate }) });
  const body = jobOf(run, target, image, template);
  refuseOutside(run, target, template, image);
  const size = new TextEncoder().encode(JSON.stringify(body)).length;
  if (size > LARGEST_JOB) {
    const message = `the Job has ${size} bytes, and the API server takes ${LARGEST_JOB}; put what is large into storage and its address into the run`;
    throw new Refusal("TOO_LARGE", { path: "", message });
  }
  return { calls: [{ api: "kubernetes:createNamespacedJob", input: { namespace: namespaceOf(target), body } }] };
}
