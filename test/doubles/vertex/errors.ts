/** The service's errors, as its JSON front sends them. */
import type { JsonObject } from "../../../shared/core/json.ts";

/** An error with its gRPC name and its HTTP status. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly status: keyof typeof HTTP;
  readonly details: readonly JsonObject[];

  constructor(status: keyof typeof HTTP, message: string, details: readonly JsonObject[] = []) {
    super(message);
    this.status = status;
    this.details = details;
  }

  get httpStatus(): number {
    return HTTP[this.status][0];
  }

  /** gRPC's number. */
  get code(): number {
    return HTTP[this.status][1];
  }

  body(): JsonObject {
    const { httpStatus, message, status, details } = this;
    return { error: { code: httpStatus, message, status, ...(details.length === 0 ? {} : { details }) } };
  }
}

const HTTP = {
  INVALID_ARGUMENT: [400, 3],
  FAILED_PRECONDITION: [400, 9],
  UNAUTHENTICATED: [401, 16],
  PERMISSION_DENIED: [403, 7],
  NOT_FOUND: [404, 5],
  RESOURCE_EXHAUSTED: [429, 8],
  INTERNAL: [500, 13],
  UNAVAILABLE: [503, 14],
  DEADLINE_EXCEEDED: [504, 4],
} as const;

/** Refusals that a test can ask for, each with the service's own words. */
export const REFUSALS = {
  /** Words of 2025, from users' reports. */
  quota: () =>
    new ServiceError(
      "RESOURCE_EXHAUSTED",
      "The following quota metrics exceed quota limits: aiplatform.googleapis.com/custom_model_training_nvidia_l4_gpus",
    ),
  rate: () => rateExceeded("Job/LRO submission requests", "Job/LRO submission requests per minute per region"),
  denied: () =>
    new ServiceError(
      "PERMISSION_DENIED",
      "Permission 'aiplatform.customJobs.create' denied on resource '//aiplatform.googleapis.com/projects/p/locations/r' (or it may not exist).",
    ),
  actAs: () =>
    new ServiceError(
      "PERMISSION_DENIED",
      "You do not have permission to act as service_account: runner@p.iam.gserviceaccount.com. (or it may not exist).",
    ),
  invalid: () => new ServiceError("INVALID_ARGUMENT", 'Machine type "e2-nothing" is not supported.'),
  disabled: () =>
    new ServiceError("PERMISSION_DENIED", "Vertex AI API has not been used in project 1 before or it is disabled.", [
      { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "SERVICE_DISABLED", domain: "googleapis.com" },
    ]),
  unavailable: () => new ServiceError("UNAVAILABLE", "The service is currently unavailable."),
  internal: () => new ServiceError("INTERNAL", "Internal error encountered."),
  deadline: () => new ServiceError("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
} as const;

/** A quota on a rate that is used up. */
export function rateExceeded(metric: string, limit: string): ServiceError {
  return new ServiceError(
    "RESOURCE_EXHAUSTED",
    `Quota exceeded for quota metric '${metric}' and limit '${limit}' of service 'aiplatform.googleapis.com' for consumer 'project_number:${PROJECT_NUMBER}'.`,
    [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: "RATE_LIMIT_EXCEEDED",
        domain: "googleapis.com",
        metadata: { quota_metric: metric },
      },
    ],
  );
}

/** The number that the service names every project by. */
export const PROJECT_NUMBER = "123456789012";
