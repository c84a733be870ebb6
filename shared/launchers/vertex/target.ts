import * as z from "zod/mini";
import type { JsonObject } from "../../core/json.ts";
import { late } from "../../core/late.ts";
import { isSecretReference, SECRET_REFERENCE_EXPECTED } from "../../core/secret-reference.ts";
import type { GoogleCredentials } from "../../google/authorization.ts";

/** What only a Vertex target has, parsed. */
export interface VertexSettings {
  readonly project: string;
  readonly region: string;
  readonly serviceAccount?: string;
  readonly network?: string;
  /** For UniversalRun, and a VertexRun that says null. */
  readonly machineType?: string;
  /** Absent: application default credentials. */
  readonly credentials?: GoogleCredentials;
  readonly endpoint?: string;
}

function optional<Schema extends z.ZodMiniType>(description: string, schema: Schema) {
  return z.optional(z.nullable(schema)).check(z.describe(description));
}

const filled = () => z.string().check(z.minLength(1));

const federation = late(() =>
  z.looseObject({
    type: z
      .literal(
        "external_account",
        "expected a workload identity federation document (external_account); give any other as a reference to a secret",
      )
      .check(z.describe("Kind of the document.")),
  }),
);

const credentials = late(() =>
  z.pipe(
    z.union([z.literal("application_default"), z.string().check(z.refine(isSecretReference, SECRET_REFERENCE_EXPECTED)), federation()]),
    z.transform((given): GoogleCredentials | undefined => {
      if (typeof given === "object") return { kind: "federation", document: given as JsonObject };
      return given === "application_default" ? undefined : { kind: "secret", reference: given };
    }),
  ),
);

/** The fields that only a Vertex target has, as the configuration document writes them. */
export const vertexFields = late(() => ({
  project: z
    .string()
    .check(z.regex(/^[a-z0-9.:-]{1,63}$/, "expected a project's id or number"), z.describe("Project that the jobs belong to.")),
  region: z.string().check(z.regex(/^[a-z]+[a-z0-9-]*$/, "expected a region, as europe-west4"), z.describe("Region of the jobs.")),
  service_account: optional("Service account of runs that name none.", filled()),
  network: optional("Network that the jobs of runs that name none are peered with.", filled()),
  machine_type: optional("Machine type of a UniversalRun, and of a VertexRun whose machine_type is null.", filled()),
  credentials: optional(
    '"application_default", a workload identity federation document, or a reference to a secret that holds a credentials document.',
    credentials(),
  ),
  endpoint: optional(
    "URL of the service, in place of the region's.",
    z.string().check(z.regex(/^https?:\/\/[^\s/@?#]+\/?$/, "expected an http:// or https:// URL without a user or path")),
  ),
}));
