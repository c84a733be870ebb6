import { classify, type Failure, type FailureRow } from "../../core/failure.ts";

const SERVICE = "ecs";

/** ECS's failures: exceptions by their name, and `failures[]` of a RunTask by their reason. Rows are tried in order. */
export const ecsFailures: readonly FailureRow[] = [
  // Throttles, under every name that they come in (the second is one of EC2's, wrapped).
  { service: SERVICE, code: ["ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"], class: "throttled" },
  { service: SERVICE, message: /Rate exceeded|ErrorCode: Throttling/i, class: "throttled" },
  { service: SERVICE, message: /Too many concurrent attempts to create a new revision/i, class: "throttled" },
  { service: SERVICE, status: 429, class: "throttled" },

  // Want of capacity: in `failures[]`, or as an exception.
  { service: SERVICE, message: /^(RESOURCE:|AGENT$)/, class: "capacity", hint: "The cluster has too little of it just now; it waits." },
  {
    service: SERVICE,
    message: /Capacity is unavailable at this time/i,
    class: "capacity",
    hint: "AWS has no capacity in these subnets just now; more zones help.",
  },
  {
    service: SERVICE,
    message: /limit on the number of tasks.*PROVISIONING|PROVISIONING state|concurrently|vCPU.*limit|You've reached the limit/i,
    class: "capacity",
  },
  { service: SERVICE, code: "LimitExceededException", class: "capacity", hint: "A quota of the account is reached." },

  // Never as things stand.
  {
    service: SERVICE,
    message: /^(ATTRIBUTE|MemberOf placement constraint unsatisfied)/,
    class: "invalid",
    hint: "No instance of the cluster fits the task's placement constraints or attributes.",
  },
  {
    service: SERVICE,
    code: [
      "AccessDeniedException",
      "AccessDenied",
      "UnrecognizedClientException",
      "InvalidClientTokenId",
      "ExpiredTokenException",
      "SignatureDoesNotMatch",
      "BlockedException",
    ],
    class: "denied",
    hint: "Give the dispatcher's role the right that the message names; then `slipway reopen` the run.",
  },
  { service: SERVICE, status: 403, class: "denied" },
  { service: SERVICE, message: /^(MISSING|INACTIVE)$/, class: "not_found" },
  {
    service: SERVICE,
    code: "ClusterNotFoundException",
    class: "not_found",
    hint: "The cluster does not exist in this account and region.",
  },
  { service: SERVICE, code: "PlatformUnknownException", class: "not_found" },
  { service: SERVICE, code: "PlatformTaskDefinitionIncompatibilityException", class: "invalid" },
  { service: SERVICE, code: "ConflictException", class: "already_done" },
  { service: SERVICE, message: /TaskDefinition is inactive|Unable to describe task definition/i, class: "conflict" },
  {
    service: SERVICE,
    code: ["InvalidParameterException", "UnsupportedFeatureException", "ClientException", "ValidationException", "SerializationException"],
    class: "invalid",
  },

  // Nothing was sent: the name did not resolve, the connection was refused.
  {
    service: SERVICE,
    code: ["ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "CredentialsProviderError"],
    class: "unavailable",
  },
  // It may have arrived.
  { service: SERVICE, code: ["ServerException", "InternalFailure", "ServiceUnavailable", "InternalServerError"], class: "unavailable" },
  { service: SERVICE, status: [500, 502, 503, 504], class: "unavailable" },
  {
    service: SERVICE,
    code: ["ECONNRESET", "EPIPE", "ETIMEDOUT", "TimeoutError", "AbortError", "RequestAbortedError", "SocketError"],
    class: "unavailable",
  },
];

/** A failure of ECS as its table has it. */
export function ecsFailure(error: { code?: string; status?: number; message: string }): Failure {
  return classify(ecsFailures, { service: SERVICE, ...error });
}
