import * as z from "zod/mini";
import { Refusal } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { late } from "../../core/late.ts";
import type { KubernetesRun } from "../../core/run.ts";
import { optionalField, passedThrough, text, texts } from "../fields.ts";
import { found } from "../found.ts";
import { readYaml } from "../json-document.ts";
import { atMostOne, commonFields, fromDocument, quantity, runConfigSchema, typeField } from "./common.ts";

/** A Job as an object, or as YAML text. */
const jobTemplate = late(() =>
  z.pipe(
    z.union([passedThrough(), text()]),
    z.transform((template, { issues }): JsonObject => {
      if (typeof template !== "string") return template;
      const complain = (message: string) => void issues.push({ code: "custom", input: template, message });
      try {
        const job = readYaml(template);
        if (isObject(job)) return job;
        complain(`expected YAML text of an object, found YAML text of ${found(job)}`);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        complain(`in the YAML text: ${error.message}`);
      }
      return {};
    }),
  ),
);

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** KubernetesRun. */
export const kubernetesRun = runConfigSchema<KubernetesRun>("KubernetesRun", () => {
  const document = z
    .strictObject({
      type: typeField("KubernetesRun", "Runs as a Kubernetes Job."),
      job_template_path: optionalField("Place of the Job template; not together with job_template.", text()),
      job_template: optionalField("The Job template, as an object or as YAML text.", jobTemplate()),
      image: optionalField("Image of the Job's first container.", text()),
      cpu_limit: optionalField("CPU limit of the first container, as Kubernetes writes it.", quantity()),
      cpu_request: optionalField("CPU request of the first container.", quantity()),
      memory_limit: optionalField("Memory limit of the first container.", quantity()),
      memory_request: optionalField("Memory request of the first container.", quantity()),
      service_account_name: optionalField("Service account of the pod.", text()),
      image_pull_secrets: optionalField("Names of the secrets with which images are pulled.", texts()),
      image_pull_policy: optionalField("When the image is pulled.", z.enum(["Always", "IfNotPresent", "Never"])),
      ...commonFields(),
    })
    .check(atMostOne("job_template_path", "job_template"));
  return {
    fields: Object.keys(document.shape),
    schema: z.pipe(
      document,
      z.transform((parsed): KubernetesRun => fromDocument(parsed)),
    ),
  };
});
