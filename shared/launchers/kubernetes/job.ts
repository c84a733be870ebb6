/** The Job of a run: the template with all that is the run's own put into it. */
import type { Json, JsonObject } from "../../core/json.ts";
import type { PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { containerOf } from "./container.ts";
import { objectIn, objectsIn, textIn } from "./documents.ts";
import { marksOf, withMarks } from "./labels.ts";
import { jobName, OURS } from "./naming.ts";
import { onceOf } from "./once.ts";
import type { KubernetesSettings } from "./target.ts";
import { kubernetesRun, podOf, type Template } from "./template.ts";

/** The body of the call that makes the Job, but for the digest of the plan. Throws `Refusal`. */
export function jobOf(run: PlannedRun, target: Target<KubernetesSettings>, image: string, template: Template): JsonObject {
  const { document, path } = template;
  const marks = marksOf(run, target, image);
  const spec = objectIn(document, "spec");
  const podTemplate = objectIn(spec, "template");
  const [first = {}, ...others] = objectsIn(podOf(document), "containers");
  const name = textIn(objectIn(document, "metadata"), "name");
  const annotations = { ...marks.annotations, ...(name === undefined ? {} : { [OURS.templateName]: name }) };
  return {
    ...document,
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { ...withMarks(document, { labels: marks.labels, annotations }, path), name: jobName(run) },
    spec: {
      ...spec,
      ...onceOf(run, target, template),
      template: {
        ...podTemplate,
        metadata: withMarks(podTemplate, { labels: marks.labels }, `${path}.spec.template`),
        spec: {
          restartPolicy: "Never",
          ...podOf(document),
          ...accessOf(run, target, template),
          containers: [containerOf(run, target, image, template, first), ...others],
        },
      },
    },
  };
}

/** Service account and pull secrets: run config, a template that the run brings, target, the target's template. Each replaces whole. */
function accessOf(run: PlannedRun, { settings }: Target<KubernetesSettings>, { document, origin }: Template): JsonObject {
  const config = kubernetesRun(run);
  const pod = podOf(document);
  const chosen = (field: string, own: Json | undefined, ofTarget: Json | undefined) => {
    const inTemplate = pod[field];
    const value = own ?? (origin === "run" ? (inTemplate ?? ofTarget) : (ofTarget ?? inTemplate));
    return value === undefined ? {} : { [field]: value };
  };
  return {
    ...chosen("serviceAccountName", config?.serviceAccountName, settings.serviceAccountName),
    ...chosen("imagePullSecrets", references(config?.imagePullSecrets), references(settings.imagePullSecrets)),
  };
}

/** An empty list says nothing, as it did to the agents. */
function references(names: readonly string[] | undefined): Json | undefined {
  return names === undefined || names.length === 0 ? undefined : names.map((name) => ({ name }));
}
