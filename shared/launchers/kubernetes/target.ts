import * as z from "zod/mini";
import type { Issue } from "../../core/errors.ts";
import { isObject, type JsonObject } from "../../core/json.ts";
import { late } from "../../core/late.ts";
import { type KubernetesCluster, kubernetesCluster } from "./cluster.ts";
import { REFERENCE_EXPECTED, secretKeyOf } from "./references.ts";
import { templateIssues } from "./template-issues.ts";

/** What only a Kubernetes target has, parsed. */
export interface KubernetesSettings {
  readonly cluster: KubernetesCluster;
  /** Absent: `default`. It is part of the plan, which reads no kubeconfig. */
  readonly namespace?: string;
  /** Not both of `jobTemplate` and `jobTemplatePath`. */
  readonly jobTemplate?: JsonObject;
  readonly jobTemplatePath?: string;
  readonly serviceAccountName?: string;
  readonly imagePullSecrets?: readonly string[];
  readonly imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
}

function optional<Schema extends z.ZodMiniType>(description: string, schema: Schema) {
  return z.optional(z.nullable(schema)).check(z.describe(description));
}

const filled = () => z.string().check(z.minLength(1));

/** The fields that only a Kubernetes target has, as the configuration document writes them. */
export const kubernetesFields = late(() => ({
  cluster: kubernetesCluster().check(
    z.describe('The cluster, in one of five ways: eks, gke, kubeconfig, server, or "in_cluster" for the one that the dispatcher runs in.'),
  ),
  namespace: optional(
    "Namespace of the Jobs; default when not said.",
    z.string().check(z.regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "expected 1 to 63 lower-case letters, digits and hyphens")),
  ),
  job_template: optional(
    "The Job template of runs that bring none; not together with job_template_path.",
    z.record(z.string(), z.unknown()),
  ),
  job_template_path: optional("Place of that template.", filled()),
  service_account_name: optional("Service account of runs that name none.", filled()),
  image_pull_secrets: optional("Names of the secrets with which images are pulled.", z.array(z.string())),
  image_pull_policy: optional("When images are pulled.", z.enum(["Always", "IfNotPresent", "Never"])),
}));

/** What is wrong between the fields of a target. */
export function kubernetesTargetIssues({ job_template, job_template_path, secrets }: JsonObject): readonly Issue[] {
  const both = (job_template ?? null) !== null && (job_template_path ?? null) !== null;
  return [
    ...(both ? [{ path: "job_template_path", message: "not together with job_template: give at most one of them" }] : []),
    ...(isObject(job_template) ? templateIssues(job_template, "job_template") : []),
    ...(isObject(secrets) ? Object.entries(secrets) : []).flatMap(([name, reference]) =>
      typeof reference === "string" && secretKeyOf(reference) === undefined
        ? [{ path: `secrets.${name}`, message: REFERENCE_EXPECTED }]
        : [],
    ),
  ];
}
