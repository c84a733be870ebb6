import * as z from "zod/mini";
import { late } from "../../core/late.ts";

/** What only a local target has, parsed. */
export interface LocalSettings {
  readonly workingDir?: string;
  readonly maxParallel?: number;
}

/** The fields that only a local target has, as the configuration document writes them. */
export const localFields = late(() => ({
  working_dir: z
    .optional(z.nullable(z.string()))
    .check(
      z.describe(
        "Folder that runs start in, unless their run config names one. A relative path counts from the dispatcher's folder, which is also the default.",
      ),
    ),
  max_parallel: z
    .optional(z.nullable(z.int().check(z.minimum(1))))
    .check(z.describe("How many runs of this target may go on at once; what is over it waits. Default: twice the processors.")),
}));
