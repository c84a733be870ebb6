import * as z from "zod/mini";
import type { ECSRun } from "../../core/run.ts";
import { optionalField, passedThrough, text } from "../fields.ts";
import { atMostOne, commonFields, fromDocument, quantity, runConfigSchema, typeField } from "./common.ts";

/** ECSRun. A `task_definition` that is text is taken for a `task_definition_path`. */
export const ecsRun = runConfigSchema<ECSRun>("ECSRun", () => {
  const document = z
    .strictObject({
      type: typeField("ECSRun", "Runs as an ECS task."),
      task_definition: optionalField(
        "The task definition; a string is the place of one, as task_definition_path.",
        z.union([passedThrough(), text()]),
      ),
      task_definition_path: optionalField("Place of the task definition.", text()),
      task_definition_arn: optionalField("ARN, or family:revision, of a registered task definition; not together with image.", text()),
      image: optionalField("Image of the container named flow.", text()),
      cpu: optionalField('CPU of the task: "1024", 1024 or "1 vcpu".', quantity()),
      memory: optionalField('Memory of the task: "2048", 2048 or "2 GB".', quantity()),
      task_role_arn: optionalField("Role that the task's own code has.", text()),
      execution_role_arn: optionalField("Role with which ECS pulls the image and reads secrets.", text()),
      run_task_kwargs: optionalField("Further fields of the RunTask call.", passedThrough()),
      ...commonFields(),
    })
    .check(atMostOne("task_definition", "task_definition_path", "task_definition_arn"), atMostOne("task_definition_arn", "image"));
  return {
    fields: Object.keys(document.shape),
    schema: z.pipe(
      document,
      z.transform(({ task_definition: definition, ...rest }): ECSRun => {
        if (definition === null || definition === undefined) return fromDocument(rest);
        return typeof definition === "string"
          ? fromDocument({ ...rest, task_definition_path: definition })
          : { ...fromDocument(rest), taskDefinition: definition };
      }),
    ),
  };
});
