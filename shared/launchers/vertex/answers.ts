/** What the job service answered, or did not, as an outcome. The client's errors go no further than here. */
import { Refusal } from "../../core/errors.ts";
import type { Failure } from "../../core/failure.ts";
import type { SubmitOutcome } from "../../core/launcher.ts";
import { NotAuthorized } from "../../google/authorization.ts";
import { FailedCall } from "./client.ts";
import { durationOf } from "./duration.ts";
import { vertexFailure } from "./failures.ts";
import { redacted } from "./redact.ts";

const CODES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** Errors of a connection that was never there: nothing left this machine. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  "ENOTFOUND",
  "ECONNREFUSED",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** An error of the client that says an HTTP status was received, or not. */
interface ClientError {
  readonly code?: unknown;
  readonly httpStatusCode?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly statusDetails?: unknown;
  readonly cause?: unknown;
}

/** The failure of a call, in whose text no piece of `values` is. */
export function failureOf(thrown: unknown, values: readonly string[]): Failure {
  if (!(thrown instanceof FailedCall)) return vertexFailure("NO_ANSWER", `the call could not be made sense of (${nameOf(thrown)})`);
  const error = (typeof thrown.cause === "object" && thrown.cause !== null ? thrown.cause : {}) as ClientError;
  const refusal = causeOf(error, (each) => each instanceof Refusal || each instanceof NotAuthorized);
  if (refusal !== undefined) return vertexFailure("NOT_AUTHORIZED", String((refusal as Error).message));
  if (!thrown.sent) return vertexFailure("TOKEN_UNAVAILABLE", "no token came in time, so the call was not sent");
  if (neverConnected(error)) return vertexFailure("NOT_SENT", "the region's endpoint could not be connected to");
  if (typeof error.httpStatusCode !== "number") return vertexFailure("NO_ANSWER", "no answer came to the call");
  const code = (typeof error.code === "number" ? CODES[error.code] : undefined) ?? `HTTP_${error.httpStatusCode}`;
  const reason = typeof error.reason === "string" ? `${error.reason}: ` : "";
  const failure = vertexFailure(code, `Vertex AI answered ${code}: ${redacted(`${reason}${String(error.message)}`, values)}`);
  const seconds = retryAfter(error.statusDetails);
  return seconds === undefined ? failure : { ...failure, retryAfterSeconds: seconds };
}

/** What a create that failed came to: refused where it certainly made nothing. */
export function failedCreate(thrown: unknown, values: readonly string[]): Exclude<SubmitOutcome, { status: "accepted" }> {
  const failure = failureOf(thrown, values);
  return { status: failure.class === "unknown" || isServerError(thrown) ? "unknown" : "refused", failure };
}

/** A status of 500 and more may come from a gateway behind which the job was made, whatever it is called. */
function isServerError(thrown: unknown): boolean {
  if (!(thrown instanceof FailedCall)) return true;
  const { httpStatusCode } = (thrown.cause ?? {}) as ClientError;
  return typeof httpStatusCode === "number" && httpStatusCode >= 500;
}

/** Whether the service knows no such job. */
export function isNotFound(thrown: unknown): boolean {
  return statusOf(thrown) === "NOT_FOUND";
}

/** The service's own word for a failed call, where it answered. */
export function statusOf(thrown: unknown): string | undefined {
  const error = (thrown instanceof FailedCall ? thrown.cause : undefined) as ClientError | undefined;
  return typeof error?.httpStatusCode === "number" && typeof error.code === "number" ? CODES[error.code] : undefined;
}

function neverConnected(error: ClientError): boolean {
  return causeOf(error, (each) => typeof each.code === "string" && NEVER_CONNECTED.has(each.code)) !== undefined;
}

/** The error, or what lies below it, that is meant. */
function causeOf(error: ClientError, isMeant: (each: ClientError) => boolean): ClientError | undefined {
  for (let each: unknown = error, depth = 0; typeof each === "object" && each !== null && depth < 8; depth++) {
    if (isMeant(each as ClientError)) return each as ClientError;
    const { cause, errors } = each as { readonly cause?: unknown; readonly errors?: unknown };
    // Several addresses of one name: none could be connected to.
    each = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return undefined;
}

/** google.rpc.RetryInfo among the details of an error. */
function retryAfter(details: unknown): number | undefined {
  for (const detail of Array.isArray(details) ? details : []) {
    const delay = durationOf((detail as { retryDelay?: never } | null)?.retryDelay ?? null);
    if (delay !== undefined) return delay.seconds + (delay.nanos > 0 ? 1 : 0);
  }
  return undefined;
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : "not an error";
}
