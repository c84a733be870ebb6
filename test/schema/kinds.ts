import * as z from "zod/mini";

/** Launchers as the configuration's schema sees them: with and without secrets. */
export const LAUNCHERS = {
  local: {
    type: "local",
    supportsSecrets: false,
    fields: { working_dir: z.optional(z.nullable(z.string())), max_parallel: z.optional(z.int()) },
  },
  ecs: {
    type: "ecs",
    supportsSecrets: true,
    fields: { task_role_arn: z.optional(z.string()), run_task_kwargs: z.optional(z.record(z.string(), z.unknown())) },
  },
  vertex: { type: "vertex", supportsSecrets: false, fields: { project: z.string() } },
};
