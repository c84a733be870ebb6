import type { PodLife } from "./life.ts";
import type { Refused } from "./wire.ts";

/** What a test says of its cluster. */
export interface KubernetesDoubleOptions {
  readonly clock?: { now(): number };
  /** The tokens that are let in; absent: whoever asks. */
  readonly tokens?: readonly string[];
  readonly namespaces?: readonly string[];
  /** How the next Job's pod fares. */
  readonly life?: PodLife | ((name: string) => PodLife);
  /** Lists show what was made this long ago. */
  readonly listLagMs?: number;
  /** A list's pages are good for so long. */
  readonly pageLifeMs?: number;
  /** The most that a page holds, whatever is asked for. */
  readonly mostPerPage?: number;
}

/** Refusals that a cluster gives, by name. */
export const REFUSALS = {
  /** A ResourceQuota that counts Jobs is used up. */
  quota: {
    code: 403,
    reason: "Forbidden",
    message:
      'jobs.batch "NAME" is forbidden: exceeded quota: compute, requested: count/jobs.batch=1, used: count/jobs.batch=5, limited: count/jobs.batch=5',
    details: { name: "NAME", group: "batch", kind: "jobs" },
  },
  /** Two requests met at the quota's counter. */
  quotaConflict: {
    code: 409,
    reason: "Conflict",
    message:
      'Operation cannot be fulfilled on resourcequotas "compute": the object has been modified; please apply your changes to the latest version and try again',
    details: { name: "compute", kind: "resourcequotas" },
  },
  /** Priority and fairness has no room for the request. */
  tooMany: {
    code: 429,
    reason: "TooManyRequests",
    message: "too many requests, please try again later",
    details: { retryAfterSeconds: 1 },
  },
  noRight: {
    code: 403,
    reason: "Forbidden",
    message:
      'jobs.batch is forbidden: User "system:serviceaccount:slipway:dispatcher" cannot create resource "jobs" in API group "batch" in the namespace "default"',
    details: { group: "batch", kind: "jobs" },
  },
  webhook: {
    code: 403,
    reason: "Forbidden",
    message: 'admission webhook "policy.example.com" denied the request: BODY',
  },
  policy: {
    code: 422,
    reason: "Invalid",
    message: "jobs.batch \"NAME\" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: BODY",
    details: { name: "NAME", group: "batch", kind: "jobs", causes: [{ message: "denied: BODY" }] },
  },
  terminating: {
    code: 403,
    reason: "Forbidden",
    message: 'jobs.batch "NAME" is forbidden: unable to create new content in namespace default because it is being terminated',
    details: {
      name: "NAME",
      group: "batch",
      kind: "jobs",
      causes: [{ reason: "NamespaceTerminating", message: "namespace default is being terminated", field: "metadata.namespace" }],
    },
  },
  invalid: {
    code: 422,
    reason: "Invalid",
    message:
      'Job.batch "NAME" is invalid: spec.template.spec.containers[0].image: Invalid value: "QUOTED": must not have leading or trailing whitespace',
    details: {
      name: "NAME",
      group: "batch",
      kind: "Job",
      causes: [
        {
          reason: "FieldValueInvalid",
          message: 'Invalid value: "QUOTED": must not have leading or trailing whitespace',
          field: "spec.template.spec.containers[0].image",
        },
      ],
    },
  },
  internal: { code: 500, reason: "InternalError", message: "Internal error occurred: etcdserver: request timed out" },
  unavailable: { code: 503, reason: "ServiceUnavailable", message: "apiserver is shutting down" },
} as const satisfies Readonly<Record<string, Refused>>;

export type RefusalName = keyof typeof REFUSALS;
