/** Which Job a run is made from: chosen, never merged. */
import type { JsonObject } from "../../core/json.ts";
import type { KubernetesRun, PlannedRun, TemplatePath } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { objectIn, refusalOf } from "./documents.ts";
import type { KubernetesSettings } from "./target.ts";
import { normalisedTemplate, templateIssues } from "./template-issues.ts";

/** The Job of runs and targets that bring none. */
const DEFAULT_TEMPLATE: JsonObject = { spec: { template: { spec: { containers: [{ name: "flow" }] } } } };

/** A template, checked against the model of a Job, and whose word it is. */
export interface Template {
  readonly document: JsonObject;
  readonly origin: "run" | "target" | "default";
  readonly path: string;
}

/** The run config of a run that has one for Kubernetes. */
export function kubernetesRun({ request }: PlannedRun): KubernetesRun | undefined {
  return request.runConfig.type === "KubernetesRun" ? request.runConfig : undefined;
}

/** The path of the template to read first: the run config's, else the target's, where nothing is given inline. */
export function templatePath(run: PlannedRun, target: Target<KubernetesSettings>): TemplatePath | undefined {
  const config = kubernetesRun(run);
  if (isGiven(config?.jobTemplate)) return undefined;
  if (config?.jobTemplatePath) return { path: config.jobTemplatePath, origin: "run", field: "run_config.job_template_path" };
  const { jobTemplate, jobTemplatePath } = target.settings;
  if (isGiven(jobTemplate) || jobTemplatePath === undefined) return undefined;
  return { path: jobTemplatePath, origin: "target", field: `targets.${target.name}.job_template_path` };
}

/** An empty object counts as not given. */
function isGiven(document: JsonObject | undefined): document is JsonObject {
  return document !== undefined && Object.keys(document).length > 0;
}

/** The template of a run. Throws `Refusal` with all that the API server would not take of it. */
export function templateOf(run: PlannedRun, target: Target<KubernetesSettings>): Template {
  const config = kubernetesRun(run);
  const read = run.template;
  if (isGiven(config?.jobTemplate)) return checked(config.jobTemplate, "run", "run_config.job_template");
  if (read !== undefined && isGiven(read.document)) {
    const inTarget = `targets.${target.name}.job_template_path`;
    return checked(read.document, read.origin, read.field ?? (read.origin === "run" ? "run_config.job_template_path" : inTarget));
  }
  if (isGiven(target.settings.jobTemplate)) return checked(target.settings.jobTemplate, "target", `targets.${target.name}.job_template`);
  return checked(DEFAULT_TEMPLATE, "default", "job_template");
}

/** The template that the target itself has, as it is: what it names, a run may use. */
export function targetTemplate(run: PlannedRun, target: Target<KubernetesSettings>): JsonObject {
  return (run.template?.origin === "target" ? run.template.document : target.settings.jobTemplate) ?? {};
}

/** The pod that a Job describes. */
export function podOf(job: JsonObject): JsonObject {
  return objectIn(objectIn(objectIn(job, "spec"), "template"), "spec");
}

function checked(given: JsonObject, origin: Template["origin"], path: string): Template {
  const [first, ...rest] = templateIssues(given, path);
  if (first !== undefined) throw refusalOf([first, ...rest]);
  return { document: normalisedTemplate(given), origin, path };
}
