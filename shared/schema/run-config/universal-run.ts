import * as z from "zod/mini";
import type { UniversalRun } from "../../core/run.ts";
import { commonFields, fromDocument, runConfigSchema, typeField } from "./common.ts";

/** UniversalRun: what every run config has, and nothing else. */
export const universalRun = runConfigSchema<UniversalRun>("UniversalRun", () => {
  const document = z.strictObject({
    type: typeField("UniversalRun", "Runs on any kind of target."),
    ...commonFields(),
  });
  return {
    fields: Object.keys(document.shape),
    schema: z.pipe(
      document,
      z.transform((parsed): UniversalRun => fromDocument(parsed)),
    ),
  };
});
