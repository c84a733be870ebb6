/** Labels and annotations of a Job: labels to look for, annotations for the whole text and as the proof of whose it is. */
import type { JsonObject } from "../../core/json.ts";
import type { PlannedRun } from "../../core/run.ts";
import { composeTags, OWN_TAGS } from "../../core/tags.ts";
import type { Target } from "../../core/target.ts";
import { clipped } from "../../core/text.ts";
import { objectIn, refusalAt } from "./documents.ts";
import { keyProblem, labelValue, labelValueProblem, OURS } from "./naming.ts";

/** The API server takes 256 KiB of annotations; a text of ours is never so much of it. */
const LONGEST_ANNOTATION = 8_000;
const MANAGED_BY = { "app.kubernetes.io/managed-by": "slipway" };

/** What is put on a Job and on its pod. */
export interface Marks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The marks of a run: the target's tags and ours. What a label can't hold whole is whole in the annotation of the same name. */
export function marksOf(run: PlannedRun, target: Target, image: string): Marks {
  const ours = new Set<string>(Object.values(OWN_TAGS));
  const tags = Object.entries(composeTags(run, target, image)).map(([key, value]) => {
    if (ours.has(key)) return [key.replace(":", "/"), value] as const;
    const problem = keyProblem(key);
    if (problem !== undefined) throw refusalAt(`targets.${target.name}.tags.${key.slice(0, 80)}`, `${problem}: it becomes a label's key`);
    return [key, value] as const;
  });
  const whole = tags.filter(([, value]) => labelValue(value) !== value).map(([key, value]) => [key, clipped(value, LONGEST_ANNOTATION)]);
  return {
    labels: { ...MANAGED_BY, ...Object.fromEntries(tags.map(([key, value]) => [key, labelValue(value)])) },
    annotations: {
      ...Object.fromEntries(whole),
      [OURS.deployment]: run.deployment,
      [OURS.runId]: run.request.id,
      [OURS.attempt]: String(run.attempt),
    },
  };
}

/** A template's metadata with labels over its own. Throws `Refusal` for labels and annotations that Kubernetes does not take. */
export function withMarks(owner: JsonObject, marks: Partial<Marks>, path: string): JsonObject {
  const metadata = objectIn(owner, "metadata");
  for (const kind of ["labels", "annotations"] as const) {
    for (const [key, value] of Object.entries(objectIn(metadata, kind))) {
      const problem = keyProblem(key) ?? (kind === "labels" ? labelValueProblem(String(value)) : undefined);
      if (problem !== undefined) throw refusalAt(`${path}.metadata.${kind}[${JSON.stringify(key.slice(0, 80))}]`, problem);
    }
  }
  const annotations = { ...objectIn(metadata, "annotations"), ...marks.annotations };
  return {
    ...metadata,
    labels: { ...objectIn(metadata, "labels"), ...marks.labels },
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}
