/** Errors as ECS, the SDK and Node were seen to write them, or document them, and what each means for the launch. */
import { expect, test } from "vitest";
import type { FailureClass } from "../../../shared/core/failure.ts";
import { ecsFailure, ecsFailures } from "../../../shared/launchers/ecs/failures.ts";

type Shape = readonly [code: string | undefined, status: number | undefined, message: string, expected: FailureClass];

const shapes: readonly Shape[] = [
  // Our own words.
  ["NAME_TAKEN", undefined, "the launch's token belongs to a task that is not ours", "conflict"],
  ["PACED", undefined, "the pace that ECS takes left no time for the call", "throttled"],
  ["UNREADABLE_ANSWER", undefined, "the answer broke off, or is none of ECS's", "unavailable"],
  // Throttles.
  ["ThrottlingException", 400, "Rate exceeded", "throttled"],
  ["ThrottlingException", 429, "Rate exceeded", "throttled"],
  ["Throttling", 400, "Rate exceeded", "throttled"],
  ["ThrottledException", 400, "Request was throttled", "throttled"],
  ["TooManyRequestsException", 429, "Too Many Requests", "throttled"],
  ["RequestLimitExceeded", 503, "Request limit exceeded.", "throttled"],
  ["EC2ThrottledException", 400, "EC2 throttled the request", "throttled"],
  ["SlowDown", 503, "Please reduce your request rate", "throttled"],
  ["ClientException", 400, "Rate exceeded", "throttled"],
  [
    "InvalidParameterException",
    400,
    "Error retrieving security group information for [sg-1]: Rate exceeded (ErrorCode: Throttling)",
    "throttled",
  ],
  [
    "InvalidParameterException",
    400,
    "Error retrieving subnet information for [subnet-1]: Request limit exceeded. (ErrorCode: RequestLimitExceeded)",
    "throttled",
  ],
  ["ClientException", 400, "Too many concurrent attempts to create a new revision of the specified family.", "throttled"],
  ["UnknownError", 429, "UnknownError", "throttled"],
  [undefined, 429, "", "throttled"],
  // Want of capacity.
  ["RESOURCE:CPU", undefined, "RESOURCE:CPU", "capacity"],
  ["RESOURCE:MEMORY", undefined, "RESOURCE:MEMORY", "capacity"],
  ["RESOURCE:ENI", undefined, "RESOURCE:ENI", "capacity"],
  ["RESOURCE:PORTS", undefined, "RESOURCE:PORTS", "capacity"],
  ["RESOURCE:GPU", undefined, "RESOURCE:GPU", "capacity"],
  ["AGENT", undefined, "AGENT", "capacity"],
  ["EMPTY CAPACITY PROVIDER", undefined, "EMPTY CAPACITY PROVIDER", "capacity"],
  ["NO ACTIVE INSTANCES", undefined, "NO ACTIVE INSTANCES", "capacity"],
  [
    "Capacity is unavailable at this time. Please try again later or in a different availability zone",
    undefined,
    "Capacity is unavailable at this time. Please try again later or in a different availability zone",
    "capacity",
  ],
  ["ServerException", 500, "Capacity is unavailable at this time. Please try again later or in a different availability zone", "capacity"],
  ["InvalidParameterException", 400, "No Container Instances were found in your cluster.", "capacity"],
  ["ClientException", 400, "You've reached the limit on the number of tasks you can run concurrently", "capacity"],
  ["ClientException", 400, "You've reached the limit on the number of vCPUs you can run concurrently", "capacity"],
  ["ClientException", 400, "The maximum number of tasks in the PROVISIONING state has been reached for the cluster.", "capacity"],
  ["ClientException", 400, "Tasks provisioning capacity limit exceeded.", "capacity"],
  ["LimitExceededException", 400, "The limit for the resource has been exceeded.", "capacity"],
  // Denied.
  [
    "AccessDeniedException",
    400,
    "User: arn:aws:sts::1:assumed-role/slipway/x is not authorized to perform: ecs:RunTask on resource: arn",
    "denied",
  ],
  [
    "AccessDeniedException",
    400,
    "User: arn:aws:sts::1:assumed-role/slipway/x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/task",
    "denied",
  ],
  ["AccessDenied", 403, "User: arn is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/slipway-launch", "denied"],
  ["UnrecognizedClientException", 400, "The security token included in the request is invalid.", "denied"],
  ["InvalidClientTokenId", 403, "The security token included in the request is invalid.", "denied"],
  ["InvalidSignatureException", 400, "Signature expired: 20261122T100000Z is now earlier than 20261122T101500Z", "denied"],
  ["MissingAuthenticationTokenException", 400, "Missing Authentication Token", "denied"],
  ["OptInRequired", 403, "You are not subscribed to this service", "denied"],
  ["RegionDisabledException", 403, "STS is not activated in this region for account:1", "denied"],
  ["BlockedException", 400, "Your AWS account was blocked. Contact AWS Support for more information.", "denied"],
  ["ClientException", 400, "ECS was unable to assume the role 'arn:aws:iam::1:role/task' that was provided for this task.", "denied"],
  [
    "InvalidParameterException",
    400,
    "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
    "denied",
  ],
  [
    "InvalidParameterException",
    400,
    "Error retrieving subnet information: You are not authorized (ErrorCode: UnauthorizedOperation)",
    "denied",
  ],
  ["UnknownError", 403, "Forbidden", "denied"],
  ["ExpiredTokenException", 400, "The security token included in the request is expired", "unavailable"],
  ["ExpiredToken", 403, "The security token included in the request is expired", "unavailable"],
  // What is not there.
  ["ClusterNotFoundException", 400, "Cluster not found.", "not_found"],
  ["ClientException", 400, "Unable to describe task definition.", "not_found"],
  ["PlatformUnknownException", 400, "The specified platform version does not exist.", "not_found"],
  ["ResourceNotFoundException", 400, "The specified resource wasn't found.", "not_found"],
  [
    "InvalidParameterException",
    400,
    "Error retrieving subnet information for [subnet-9]: The subnet ID 'subnet-9' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
    "not_found",
  ],
  [
    "InvalidParameterException",
    400,
    "Error retrieving security group information for [sg-9]: The security group 'sg-9' does not exist (ErrorCode: InvalidGroup.NotFound)",
    "not_found",
  ],
  ["MISSING", undefined, "MISSING", "not_found"],
  ["INACTIVE", undefined, "INACTIVE", "not_found"],
  // A definition that went away since.
  ["ClientException", 400, "TaskDefinition is inactive", "conflict"],
  ["ClientException", 400, "TaskDefinition not found.", "conflict"],
  [
    "InvalidParameterException",
    400,
    "The specified task definition does not exist. Specify a valid account, family, revision and try again.",
    "conflict",
  ],
  ["ConflictException", 400, "The client token was used with other parameters.", "already_done"],
  // Never as things stand.
  ["ATTRIBUTE", undefined, "ATTRIBUTE", "invalid"],
  ["LOCATION", undefined, "LOCATION", "invalid"],
  ["MemberOf placement constraint unsatisfied.", undefined, "MemberOf placement constraint unsatisfied.", "invalid"],
  ["InvalidParameterException", 400, "Network Configuration must be provided when networkMode 'awsvpc' is specified.", "invalid"],
  ["InvalidParameterException", 400, "Override for container named flow is not a container in the TaskDefinition.", "invalid"],
  ["InvalidParameterException", 400, "Container Overrides length must be at most 8192", "invalid"],
  ["ClientException", 400, "No Fargate configuration exists for given values: 2048 CPU, 2048 memory.", "invalid"],
  [
    "ClientException",
    400,
    "The secret name must be unique and not shared with any new or existing environment variables set on the container, such as 'TOKEN'.",
    "invalid",
  ],
  ["ClientException", 400, "Fargate requires task definition to have execution role ARN to support ECR images.", "invalid"],
  ["ClientException", 400, "Role is not valid", "invalid"],
  ["UnsupportedFeatureException", 400, "The specified task isn't supported in this Region.", "invalid"],
  [
    "PlatformTaskDefinitionIncompatibilityException",
    400,
    "The specified platform version doesn't satisfy the required capabilities of the task definition.",
    "invalid",
  ],
  ["SerializationException", 400, "NUMBER_VALUE cannot be converted to String", "invalid"],
  ["ValidationException", 400, "1 validation error detected", "invalid"],
  ["ValidationError", 400, "1 validation error detected: Value at 'roleArn' failed to satisfy constraint", "invalid"],
  [undefined, undefined, "Region is missing", "invalid"],
  // Nothing was sent, or it may have arrived: that the outcome tells, not the class.
  ["ENOTFOUND", undefined, "getaddrinfo ENOTFOUND ecs.eu-west-1.amazonaws.com", "unavailable"],
  ["ECONNREFUSED", undefined, "connect ECONNREFUSED 127.0.0.1:4566", "unavailable"],
  ["EAI_AGAIN", undefined, "getaddrinfo EAI_AGAIN ecs.eu-west-1.amazonaws.com", "unavailable"],
  ["CredentialsProviderError", undefined, "Could not load credentials from any providers", "unavailable"],
  ["ServerException", 500, "Service Unavailable. Please try again later.", "unavailable"],
  ["InternalFailure", 500, "The request processing has failed", "unavailable"],
  ["ServiceUnavailableException", 503, "", "unavailable"],
  [
    "InvalidParameterException",
    400,
    "Error retrieving subnet information: The service is unavailable (ErrorCode: Unavailable)",
    "unavailable",
  ],
  ["UnknownError", 502, "Bad Gateway", "unavailable"],
  ["UnknownError", 504, "Gateway Timeout", "unavailable"],
  ["Unknown", 408, "UnknownError", "unavailable"],
  ["ECONNRESET", undefined, "read ECONNRESET", "unavailable"],
  ["EPIPE", undefined, "write EPIPE", "unavailable"],
  ["TimeoutError", undefined, "Connection timed out after 20000 ms", "unavailable"],
  ["AbortError", undefined, "Request aborted", "unavailable"],
  // Text that nobody knows is counted.
  ["SomethingNewException", 400, "a message of the future", "unknown"],
  [undefined, undefined, "?", "unknown"],
];

const failureOf = ([code, status, message]: Shape) =>
  ecsFailure({ message, ...(code === undefined ? {} : { code }), ...(status === undefined ? {} : { status }) });

test.each(shapes)("%s %s %s: %s", (...shape) => {
  const failure = failureOf(shape);
  expect(failure).toMatchObject({ class: shape[3], message: shape[2], recognised: shape[3] !== "unknown" });
});

test("each row of the table is hit, and the names that a row lists are told apart by nothing else", () => {
  const hit = new Set(shapes.map(([code, status, message]) => ecsFailures.find((row) => matches(row, code, status, message))));
  expect(ecsFailures.filter((row) => !hit.has(row))).toEqual([]);
});

test.each(ecsFailures.flatMap(({ code, class: expected }) => [code ?? []].flat().map((name) => [name, expected] as const)))(
  "the name %s alone is %s",
  (name, expected) => {
    expect(ecsFailure({ code: name, message: "…" }).class).toBe(expected);
  },
);

test("a service's text that looks like a reason is not taken for one", () => {
  expect(ecsFailure({ code: "ClientException", status: 400, message: "the AGENT is RESOURCE:MEMORY" }).class).toBe("invalid");
  expect(ecsFailure({ code: "ClientException", status: 400, message: "cluster is INACTIVE" }).class).toBe("invalid");
});

function matches(row: (typeof ecsFailures)[number], code: string | undefined, status: number | undefined, message: string): boolean {
  return (
    (row.code === undefined || [row.code].flat().some((name) => name === code)) &&
    (row.status === undefined || [row.status].flat().some((known) => known === status)) &&
    (row.message === undefined || row.message.test(message))
  );
}
