import * as z from "zod/mini";
import type { VertexRun } from "../../core/run.ts";
import { described, optionalField, passedThrough, text } from "../fields.ts";
import { commonFields, fromDocument, runConfigSchema, typeField } from "./common.ts";

/** VertexRun. */
export const vertexRun = runConfigSchema<VertexRun>("VertexRun", () => {
  const document = z.strictObject({
    type: typeField("VertexRun", "Runs as a Vertex AI CustomJob."),
    image: optionalField("Image of the container.", text()),
    // Only a missing machine type has the default: an explicit null leaves it to the target.
    machine_type: described(
      "Machine type of the first worker pool; null leaves it to the target.",
      z._default(z.nullable(text()), "e2-standard-4"),
    ),
    scheduling: optionalField("Scheduling of the CustomJob.", passedThrough()),
    service_account: optionalField("Service account that the job runs as.", text()),
    network: optionalField("Network that the job is peered with.", text()),
    worker_pool_specs: optionalField("Worker pools of the CustomJob.", z.array(z.nullable(passedThrough()))),
    ...commonFields(),
  });
  return {
    fields: Object.keys(document.shape),
    schema: z.pipe(
      document,
      z.transform((parsed): VertexRun => fromDocument(parsed)),
    ),
  };
});
