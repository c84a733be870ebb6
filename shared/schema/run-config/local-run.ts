import * as z from "zod/mini";
import type { LocalRun } from "../../core/run.ts";
import { optionalField, text } from "../fields.ts";
import { commonFields, fromDocument, runConfigSchema, typeField } from "./common.ts";

/** LocalRun. */
export const localRun = runConfigSchema<LocalRun>("LocalRun", () => {
  const document = z.strictObject({
    type: typeField("LocalRun", "Runs as a process on the dispatcher's own machine."),
    working_dir: optionalField("Folder that the process starts in.", text()),
    ...commonFields(),
  });
  return {
    fields: Object.keys(document.shape),
    schema: z.pipe(
      document,
      z.transform((parsed): LocalRun => fromDocument(parsed)),
    ),
  };
});
