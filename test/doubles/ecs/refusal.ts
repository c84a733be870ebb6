/** What the service refuses with: the name in `__type`, the HTTP status and the message, as the service has them. */
export interface ErrorAnswer {
  readonly type: string;
  readonly status: number;
  readonly message: string;
  /** Further members of the error's body: `resourceIds` of a ConflictException. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
}

/** Thrown by an operation of the double; the wire makes an error body of it. */
export class EcsRefusal extends Error {
  override readonly name = "EcsRefusal";
  readonly answer: ErrorAnswer;

  constructor(answer: ErrorAnswer) {
    super(`${answer.type}: ${answer.message}`);
    this.answer = answer;
  }
}

/** No answer comes: the connection breaks. Named as Node names it, so that the SDK takes it for what it is. */
export class ConnectionLost extends Error {
  readonly code = "ECONNRESET";

  constructor() {
    super("socket hang up");
  }
}

export function invalid(message: string): EcsRefusal {
  return new EcsRefusal({ type: "InvalidParameterException", status: 400, message });
}

export function clientError(message: string): EcsRefusal {
  return new EcsRefusal({ type: "ClientException", status: 400, message });
}

export function throttled(): EcsRefusal {
  return new EcsRefusal(REFUSALS.throttled);
}

/** The refusals that a test can script by name. Their marks are in `quirks.ts`. */
export const REFUSALS = {
  throttled: { type: "ThrottlingException", status: 400, message: "Rate exceeded" },
  hiddenThrottle: {
    type: "InvalidParameterException",
    status: 400,
    message: "Error retrieving subnet information for [subnet-0a1b2c3d]: Rate exceeded (ErrorCode: Throttling)",
  },
  hiddenRequestLimit: {
    type: "InvalidParameterException",
    status: 400,
    message: "Error retrieving security group information for [sg-0a1b2c3d]: Request limit exceeded. (ErrorCode: RequestLimitExceeded)",
  },
  concurrentRevision: {
    type: "ClientException",
    status: 400,
    message: "Too many concurrent attempts to create a new revision of the specified family.",
  },
  provisioningLimit: { type: "ClientException", status: 400, message: "Tasks provisioning capacity limit exceeded." },
  clusterNotFound: { type: "ClusterNotFoundException", status: 400, message: "Cluster not found." },
  definitionNotFound: { type: "ClientException", status: 400, message: "TaskDefinition not found." },
  definitionUnknown: { type: "ClientException", status: 400, message: "Unable to describe task definition." },
  definitionInactive: { type: "InvalidParameterException", status: 400, message: "TaskDefinition is inactive" },
  blocked: { type: "BlockedException", status: 400, message: "Your AWS account is currently blocked. Please contact AWS Support." },
  platformUnknown: { type: "PlatformUnknownException", status: 400, message: "The specified platform version does not exist." },
  platformIncompatible: {
    type: "PlatformTaskDefinitionIncompatibilityException",
    status: 400,
    message: "The specified platform version does not satisfy the task definition's required capabilities.",
  },
  unsupported: { type: "UnsupportedFeatureException", status: 400, message: "The specified task isn't supported in this Region." },
  server: { type: "ServerException", status: 500, message: "Service Unavailable. Please try again later." },
  internal: { type: "InternalFailure", status: 500, message: "The request processing has failed because of an unknown error." },
  unavailable: { type: "ServiceUnavailableException", status: 503, message: "Service is unavailable" },
  expiredToken: { type: "ExpiredTokenException", status: 400, message: "The security token included in the request is expired" },
  unknownToken: { type: "UnrecognizedClientException", status: 400, message: "The security token included in the request is invalid." },
  missingToken: { type: "MissingAuthenticationTokenException", status: 400, message: "Missing Authentication Token" },
} as const satisfies Record<string, ErrorAnswer>;

export type RefusalName = keyof typeof REFUSALS;

/** Names the caller, the action and the resource, as the service does. */
export function accessDenied(caller: string, action: string, resource: string): EcsRefusal {
  return new EcsRefusal({
    type: "AccessDeniedException",
    status: 400,
    message: `User: ${caller} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  });
}
