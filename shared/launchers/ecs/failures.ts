import { classify, type Failure, type FailureRow } from "../../core/failure.ts";

const SERVICE = "ecs";

/** ECS's failures: exceptions by their name, and `failures[]` of a RunTask by their reason. Rows are tried in order. */
export const ecsFailures: readonly FailureRow[] = [
  // Our own words.
  {
    service: SERVICE,
    code: "NAME_TAKEN",
    class: "conflict",
    hint: "Two deployments of one name use this cluster: give each a name of its own; then `slipway reopen` the run.",
  },
  { service: SERVICE, code: ["PACED", "DEFINITION_BUSY"], class: "throttled" },
  { service: SERVICE, code: ["NO_TIME", "TOKEN_SPENT", "UNREADABLE_ANSWER"], class: "unavailable" },

  // Throttles, under every name that they come in; the last two are EC2's, wrapped, and a register that met another.
  {
    service: SERVICE,
    code: [
      "ThrottlingException",
      "Throttling",
      "ThrottledException",
      "RequestThrottled",
      "RequestThrottledException",
      "RequestLimitExceeded",
      "TooManyRequestsException",
      "EC2ThrottledException",
      "SlowDown",
    ],
    class: "throttled",
  },
  { service: SERVICE, message: /Rate exceeded|Request limit exceeded|ErrorCode: (Throttling|RequestLimitExceeded)/i, class: "throttled" },
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
    message: /No Container Instances were found in your cluster|^(EMPTY CAPACITY PROVIDER|NO ACTIVE INSTANCES)/i,
    class: "capacity",
    hint: "The cluster has no instances just now; it waits.",
  },
  {
    service: SERVICE,
    message: /PROVISIONING state|provisioning capacity limit|reached the limit on the number of|run concurrently/i,
    class: "capacity",
    hint: "A limit on tasks or vCPUs at once is reached; it waits.",
  },
  { service: SERVICE, code: "LimitExceededException", class: "capacity", hint: "A quota of the account is reached." },

  // Credentials that ended are made anew.
  { service: SERVICE, code: ["ExpiredTokenException", "ExpiredToken", "RequestExpired"], class: "unavailable" },
  // Nothing that waiting helps with.
  {
    service: SERVICE,
    message: /unable to assume the (role|service linked role)|ErrorCode: UnauthorizedOperation/i,
    class: "denied",
    hint: "ECS can't use a role: its trust must name ecs-tasks.amazonaws.com; then `slipway reopen` the run.",
  },
  {
    service: SERVICE,
    code: [
      "AccessDeniedException",
      "AccessDenied",
      "NotAuthorized",
      "UnauthorizedOperation",
      "UnrecognizedClientException",
      "InvalidClientTokenId",
      "MissingAuthenticationTokenException",
      "IncompleteSignature",
      "InvalidSignatureException",
      "SignatureDoesNotMatch",
      "OptInRequired",
      "RegionDisabledException",
      "BlockedException",
    ],
    class: "denied",
    hint: "Give the dispatcher's role the right that the message names; then `slipway reopen` the run.",
  },
  { service: SERVICE, status: 403, class: "denied" },
  // A definition that went away since: registered again where it is ours.
  {
    service: SERVICE,
    message: /TaskDefinition is inactive|TaskDefinition not found|specified task definition does not exist/i,
    class: "conflict",
    hint: "The task definition is inactive or deleted.",
  },
  {
    service: SERVICE,
    message: /Unable to describe task definition/i,
    class: "not_found",
    hint: "No such task definition in this account and region.",
  },
  { service: SERVICE, message: /^(MISSING|INACTIVE)$/, class: "not_found" },
  {
    service: SERVICE,
    code: "ClusterNotFoundException",
    class: "not_found",
    hint: "The cluster does not exist, or is inactive, in this account and region.",
  },
  { service: SERVICE, code: ["PlatformUnknownException", "ResourceNotFoundException"], class: "not_found" },
  { service: SERVICE, message: /ErrorCode: [A-Za-z]+\.NotFound/, class: "not_found", hint: "Check the subnets and security groups." },
  { service: SERVICE, message: /ErrorCode: (InternalError|Unavailable|ServiceUnavailable)/, class: "unavailable" },
  {
    service: SERVICE,
    message: /^(ATTRIBUTE|LOCATION|MemberOf placement constraint unsatisfied)/,
    class: "invalid",
    hint: "No instance of the cluster fits the task's placement constraints, attributes or subnets.",
  },
  { service: SERVICE, code: "ConflictException", class: "already_done" },
  { service: SERVICE, message: /^Region is missing$/, class: "invalid", hint: "Set the target's region, or AWS_REGION." },
  {
    service: SERVICE,
    code: [
      "InvalidParameterException",
      "UnsupportedFeatureException",
      "PlatformTaskDefinitionIncompatibilityException",
      "ClientException",
      "ValidationException",
      "ValidationError",
      "SerializationException",
    ],
    class: "invalid",
  },

  // Nothing was sent: the name did not resolve, the connection was refused, there were no credentials.
  {
    service: SERVICE,
    code: ["ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "CredentialsProviderError"],
    class: "unavailable",
  },
  // It may have arrived.
  {
    service: SERVICE,
    code: [
      "ServerException",
      "InternalFailure",
      "InternalServerError",
      "InternalServerException",
      "ServiceUnavailable",
      "ServiceUnavailableException",
    ],
    class: "unavailable",
  },
  { service: SERVICE, status: [408, 500, 502, 503, 504], class: "unavailable" },
  {
    service: SERVICE,
    code: ["ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "TimeoutError", "AbortError", "RequestAbortedError", "SocketError"],
    class: "unavailable",
  },
];

/** A failure of ECS as its table has it. */
export function ecsFailure(error: { code?: string; status?: number; message: string }): Failure {
  return classify(ecsFailures, { service: SERVICE, ...error });
}
