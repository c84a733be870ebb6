import * as z from "zod/mini";
import type { JsonObject } from "../../core/json.ts";
import { isSecretReference, SECRET_REFERENCE_EXPECTED } from "../../core/secret-reference.ts";
import type { GoogleCredentials } from "../../google/authorization.ts";

/** Which cluster, and how the dispatcher proves to it who it is. */
export type KubernetesCluster =
  /** A token is signed with the dispatcher's own AWS credentials, or the role's. */
  | { readonly kind: "eks"; readonly name: string; readonly region?: string; readonly roleArn?: string }
  | {
      readonly kind: "gke";
      readonly project: string;
      readonly location: string;
      readonly name: string;
      /** Absent: application default credentials. */
      readonly credentials?: GoogleCredentials;
    }
  /** `kubeconfig` is a path, or a reference to a secret that holds the document. */
  | { readonly kind: "kubeconfig"; readonly kubeconfig: string; readonly context?: string }
  /** `certificateAuthority` is PEM text or a reference to it; `token` is a reference. */
  | { readonly kind: "server"; readonly server: string; readonly certificateAuthority?: string; readonly token?: string }
  | { readonly kind: "in_cluster" };

const FORMS = ["eks", "gke", "kubeconfig", "server", "in_cluster"] as const;

/** Fields that mean something only beside another. */
const COMPANIONS = { context: "kubeconfig", certificate_authority: "server", token: "server" } as const;

const filled = () => z.string().check(z.minLength(1));

function field<Schema extends z.ZodMiniType>(description: string, schema: Schema) {
  return schema.check(z.describe(description));
}

function optional<Schema extends z.ZodMiniType>(description: string, schema: Schema) {
  return field(description, z.optional(z.nullable(schema)));
}

const federation = () =>
  z.looseObject({
    type: field(
      "Kind of the document.",
      z.literal(
        "external_account",
        "expected a workload identity federation document (external_account); give any other as a reference to a secret",
      ),
    ),
  });
const credentials = () =>
  z.pipe(
    z.union([z.string().check(z.refine(isSecretReference, SECRET_REFERENCE_EXPECTED)), federation()]),
    z.transform(
      (given): GoogleCredentials =>
        typeof given === "string" ? { kind: "secret", reference: given } : { kind: "federation", document: given as JsonObject },
    ),
  );

const document = () =>
  z
    .strictObject({
      eks: optional(
        "An EKS cluster.",
        z.strictObject({
          name: field("Name of the cluster.", filled()),
          region: optional("Its region; the dispatcher's own when not said.", filled()),
          role_arn: optional("Role that is assumed to reach it.", filled()),
        }),
      ),
      gke: optional(
        "A GKE cluster.",
        z.strictObject({
          project: field("Project of the cluster.", filled()),
          location: field("Its region or zone.", filled()),
          name: field("Name of the cluster.", filled()),
          credentials: optional(
            "A workload identity federation document, or a reference to a secret that holds a credentials document; application default credentials when not said.",
            credentials(),
          ),
        }),
      ),
      kubeconfig: optional(
        "Path of a kubeconfig file, or a reference to a secret that holds one.",
        // The document itself holds keys.
        z
          .string()
          .check(z.regex(/^(?!\s*\{)[^\0\r\n]+$/, "expected the path of a kubeconfig file, or a reference to a secret that holds one")),
      ),
      context: optional("Context of the kubeconfig; its current one when not said.", filled()),
      server: optional(
        "URL of the API server.",
        z.string().check(z.regex(/^https?:\/\/[^\s/@]+(?:\/\S*)?$/, "expected an http:// or https:// URL without a user")),
      ),
      certificate_authority: optional("Certificates that the server's is checked against: PEM text, or a reference to it.", filled()),
      token: optional("Reference to the bearer token.", z.string().check(z.refine(isSecretReference, SECRET_REFERENCE_EXPECTED))),
      in_cluster: optional("The cluster that the dispatcher itself runs in.", z.literal(true)),
    })
    .check(
      z.check(
        ({ value, issues }) => {
          if (typeof value !== "object" || value === null) return;
          const complain = (path: readonly string[], message: string) =>
            issues.push({ code: "custom", path: [...path], input: undefined, message });
          const given = (name: keyof typeof value) => value[name] !== undefined && value[name] !== null;
          const [first, ...others] = FORMS.filter(given);
          if (first === undefined) complain([], `expected a cluster in one of five ways: ${FORMS.join(", ")}`);
          for (const name of others) complain([name], `not together with ${first}: a cluster is given in one way`);
          for (const [name, owner] of Object.entries(COMPANIONS) as [keyof typeof COMPANIONS, (typeof FORMS)[number]][]) {
            if (first !== undefined && given(name) && !given(owner)) complain([name], `only together with ${owner}`);
          }
        },
        { when: () => true },
      ),
    );

/** Schema of a target's `cluster`. */
export const kubernetesCluster = () => z.pipe(z.union([z.literal("in_cluster"), document()]), z.transform(clusterOf));

function clusterOf(parsed: z.output<ReturnType<typeof document>> | "in_cluster"): KubernetesCluster {
  if (parsed === "in_cluster") return { kind: "in_cluster" };
  const { eks, gke, kubeconfig, context, server, certificate_authority, token } = parsed;
  if (eks) return { kind: "eks", name: eks.name, ...given({ region: eks.region, roleArn: eks.role_arn }) };
  if (gke) {
    const { credentials: given, ...named } = gke;
    return { kind: "gke", ...named, ...(given ? { credentials: given } : {}) };
  }
  if (kubeconfig) return { kind: "kubeconfig", kubeconfig, ...given({ context }) };
  if (server) return { kind: "server", server, ...given({ certificateAuthority: certificate_authority, token }) };
  return { kind: "in_cluster" };
}

function given<Name extends string>(fields: Readonly<Record<Name, string | null | undefined>>): { readonly [Key in Name]?: string } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)) as {
    [Key in Name]?: string;
  };
}
