import * as z from "zod/mini";
import type { UniversalRun } from "../../core/run.ts";
import { commonFields, fromDocument, type RunConfigSchema, typeField } from "./common.ts";

const document = z.strictObject({
  type: typeField("UniversalRun", "Runs on any kind of target."),
  ...commonFields,
});

/** UniversalRun: what every run config has, and nothing else. */
export const universalRun: RunConfigSchema<UniversalRun> = {
  type: "UniversalRun",
  fields: Object.keys(document.shape),
  schema: z.pipe(
    document,
    z.transform((parsed): UniversalRun => fromDocument(parsed)),
  ),
};
