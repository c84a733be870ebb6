import * as z from "zod/mini";
import type { JsonObject } from "../core/json.ts";
import { configuration } from "./configuration.ts";
import { runConfig } from "./run-config/index.ts";
import { runRequest } from "./run-request.ts";
import type { TargetKinds } from "./target.ts";
import { DEFAULT_TIMING } from "./timing.ts";

/** The documents that have a JSON Schema. */
export const JSON_SCHEMAS = ["run-request", "run-config", "config"] as const;

/** JSON Schema (draft 2020-12) of a document as it is accepted, made of the same source as its validation. Rules across fields are not in it. */
export function jsonSchema(document: (typeof JSON_SCHEMAS)[number], launchers: TargetKinds): JsonObject {
  switch (document) {
    case "run-request":
      return generated("A Slipway run request", runRequest());
    case "run-config":
      return generated("A run config", runConfig());
    case "config":
      return generated("The Slipway configuration", configuration(launchers, DEFAULT_TIMING));
    default: {
      const unhandled: never = document;
      return unhandled;
    }
  }
}

function generated(title: string, schema: z.core.$ZodType): JsonObject {
  const { $schema, "~standard": _, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", io: "input" });
  return { $schema, title, ...rest } as unknown as JsonObject;
}
