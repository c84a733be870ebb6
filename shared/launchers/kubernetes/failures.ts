import { classify, type Failure, type FailureRow } from "../../core/failure.ts";

const SERVICE = "kubernetes";

function row(match: Omit<FailureRow, "service" | "class" | "hint">, failureClass: FailureRow["class"], hint?: string): FailureRow {
  return { service: SERVICE, ...match, class: failureClass, ...(hint === undefined ? {} : { hint }) };
}

/** Failures of the API server by status and reason, and of the way to it. Rows are tried in order. */
export const kubernetesFailures: readonly FailureRow[] = [
  // Our own words.
  row(
    { code: "NAME_TAKEN" },
    "conflict",
    "Somebody made a Job with the run's name. Give each deployment that shares a namespace a name of its own.",
  ),
  row({ code: "NO_TIME" }, "unavailable"),
  row({ code: "GONE_MEANWHILE" }, "unavailable", "The Job was there and is gone: it is looked for."),

  // Too busy, just now.
  row({ status: 429 }, "throttled"),
  row({ status: 409, code: "AlreadyExists" }, "already_done"),
  row({ status: 409 }, "throttled", "The quota was being counted for another Job; it is tried again."),
  row(
    { status: 403, message: /exceeded quota|insufficient quota/i },
    "capacity",
    "A ResourceQuota of the namespace is used up; it waits until there is room.",
  ),

  // Nothing that waiting helps with.
  row(
    { status: 403, message: /because it is being terminated/i },
    "not_found",
    "The namespace is being deleted. Make it again, or name another in the target.",
  ),
  row(
    { status: 403, message: /admission webhook|ValidatingAdmissionPolicy|violates PodSecurity/i },
    "denied",
    "A policy of the cluster refuses this Job. Change the template, or let the cluster's operator change the policy; then `slipway reopen` the run.",
  ),
  row(
    { status: 403 },
    "denied",
    "Give the dispatcher the Role of the launcher's page in the target's namespace; then `slipway reopen` the run.",
  ),
  row(
    { status: 401 },
    "denied",
    "The cluster does not know the dispatcher: look at the token, or at the cluster's access entries; then `slipway reopen` the run.",
  ),
  row({ status: 404 }, "not_found", "The namespace, or the cluster's API, is not there. Look at the target's namespace and cluster."),
  row({ status: [400, 405, 406, 413, 415, 422] }, "invalid", "Mend the run config or its template."),
  row({ status: 410 }, "unavailable"),

  // The way to the cluster.
  row(
    { code: ["ResourceNotFoundException", "ClusterNotFound"] },
    "not_found",
    "There is no cluster of this name in the account, region or project.",
  ),
  row(
    { code: ["AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId", "PermissionDenied"] },
    "denied",
    "The dispatcher may not look the cluster up, or not assume the target's role; then `slipway reopen` the run.",
  ),
  row(
    {
      code: [
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        "UNABLE_TO_GET_ISSUER_CERT",
        "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        "DEPTH_ZERO_SELF_SIGNED_CERT",
        "SELF_SIGNED_CERT_IN_CHAIN",
        "ERR_TLS_CERT_ALTNAME_INVALID",
        "CERT_SIGNATURE_FAILURE",
      ],
    },
    "invalid",
    "The server's certificate is not one of the cluster's: look at certificate_authority and the server's name.",
  ),
  row(
    {
      code: [
        "CERT_HAS_EXPIRED",
        "CERT_NOT_YET_VALID",
        "ENOTFOUND",
        "ECONNREFUSED",
        "EAI_AGAIN",
        "EHOSTUNREACH",
        "ENETUNREACH",
        "CredentialsProviderError",
        "ExpiredTokenException",
        "ThrottlingException",
      ],
    },
    "unavailable",
  ),
  row(
    { code: "NotAuthorized", message: /^the token service refused/ },
    "denied",
    "Look at the cluster's credentials, and at the trust that its workload identity pool has in us; then `slipway reopen` the run.",
  ),
  row({ code: "NotAuthorized" }, "unavailable", "No token of Google Cloud could be had: look at the cluster's credentials."),
  row({ code: ["ACCESS_ECONNREFUSED", "ACCESS_ENOTFOUND", "ACCESS_EAI_AGAIN", "ACCESS_ECONNRESET", "ACCESS_ETIMEDOUT"] }, "unavailable"),

  row(
    { code: "NOT_UNDERSTOOD" },
    "unavailable",
    "Something else than the API server answered: look at the target's server, or a proxy on the way.",
  ),

  // It may have arrived.
  row({ status: [408, 500, 502, 503, 504] }, "unavailable"),
  row(
    {
      code: ["ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "ABORT_ERR", "AbortError", "TimeoutError", "ERR_SSL_WRONG_VERSION_NUMBER"],
    },
    "unavailable",
  ),
];

/** A failure of the API server, or of the way to it, as its table has it. */
export function kubernetesFailure(error: { code?: string; status?: number; message: string }): Failure {
  return classify(kubernetesFailures, { service: SERVICE, ...error });
}
