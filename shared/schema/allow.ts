import * as z from "zod/mini";
import { late } from "../core/late.ts";
import type { Allow } from "../core/target.ts";
import { optionalField, texts } from "./fields.ts";

function globs(what: string) {
  return optionalField(`Globs of the ${what} that a run may bring.`, texts());
}

const lists = () =>
  z.pipe(
    z.strictObject({
      images: globs("images"),
      task_definitions: globs("task definitions"),
      task_roles: globs("task roles"),
      execution_roles: globs("execution roles"),
      secrets: globs("secrets"),
      service_accounts: globs("service accounts"),
      clusters: globs("clusters"),
      namespaces: globs("namespaces"),
      networks: globs("networks, subnets and security groups"),
      machine_types: globs("machine types"),
      host_config: globs("keys of host_config"),
      binds: globs("host paths"),
      privileged: optionalField("Whether a run may be privileged.", z.boolean()),
    }),
    // The names stay as the document has them: they are what a rule is called when it refuses a run.
    z.transform(
      (parsed): Allow =>
        Object.fromEntries(
          Object.entries(parsed).flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, value] as const])),
        ),
    ),
  );

/** What run requests may reach on a target: `"*"`, or lists by kind. */
export const allow = late(() => z.union([z.literal("*"), lists()]));
