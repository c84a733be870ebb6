/** What of a Job decides how often its pod is started, and for how long the Job is there to show that it was. */
import { chooseTimeout } from "../../core/command.ts";
import type { JsonObject } from "../../core/json.ts";
import type { PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { objectIn, objectsIn, refusalAt } from "./documents.ts";
import { podOf, type Template } from "./template.ts";

/** A Job that ended is what a repeated launch is told from a first one by. */
export const SHORTEST_TTL = 24 * 3600;

/** The Job's own settings: one pod, not started again unless the template says so. Throws `Refusal` for what would start several. */
export function onceOf(run: PlannedRun, target: Target, template: Template): JsonObject {
  const spec = objectIn(template.document, "spec");
  for (const name of ["completions", "parallelism"]) {
    const count = spec[name];
    if (count !== undefined && count !== 1) throw refusalAt(`${template.path}.spec.${name}`, "expected 1: a run is one pod");
  }
  refuseRestarts(template);
  const deadlines = [chooseTimeout(run, target), spec["activeDeadlineSeconds"]].filter((limit) => typeof limit === "number");
  const { ttlSecondsAfterFinished: ttl } = spec;
  return {
    backoffLimit: spec["backoffLimit"] ?? 0,
    ttlSecondsAfterFinished: typeof ttl === "number" ? Math.max(ttl, SHORTEST_TTL) : SHORTEST_TTL,
    ...(deadlines.length === 0 ? {} : { activeDeadlineSeconds: Math.min(...deadlines) }),
  };
}

function refuseRestarts({ document, path }: Template): void {
  const pod = podOf(document);
  const policy = pod["restartPolicy"] ?? "Never";
  if (policy !== "Never" && policy !== "OnFailure") {
    throw refusalAt(`${path}.spec.template.spec.restartPolicy`, "expected Never or OnFailure: a Job's pod comes to an end");
  }
  const [first] = objectsIn(pod, "containers");
  for (const name of ["restartPolicy", "restartPolicyRules"]) {
    if (first?.[name] === undefined || first[name] === "Never") continue;
    throw refusalAt(`${path}.spec.template.spec.containers[0].${name}`, "must not be set: it would start the run a second time");
  }
}
