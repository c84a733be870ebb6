import type { Issue } from "../../core/errors.ts";
import { isObject, type JsonObject } from "../../core/json.ts";
import { withoutNulls } from "../../core/merge.ts";
import { objectIn } from "./documents.ts";
import { normalised } from "./normalised.ts";
import { jobIssues } from "./shapes.ts";

/** What is wrong with a template, wherever it is used. An empty one counts as not given. */
export function templateIssues(given: JsonObject, path: string): readonly Issue[] {
  if (Object.keys(given).length === 0) return [];
  const document = normalisedTemplate(given);
  if (!isObject(objectIn(objectIn(document, "spec"), "template")["spec"])) {
    return [{ path: `${path}.spec.template.spec`, message: "it is missing: a template is a Job with a pod in it" }];
  }
  const { apiVersion = "batch/v1", kind = "Job" } = document;
  if (apiVersion !== "batch/v1" || kind !== "Job") return [{ path: `${path}.kind`, message: "expected a Job of batch/v1" }];
  return jobIssues(document, path);
}

/** A template as it was meant, without its nulls. */
export function normalisedTemplate(given: JsonObject): JsonObject {
  return normalised(withoutNulls(given));
}
