/** What the job service answered, or did not, as an outcome. The client's errors go no further than here. */
import type { Failure } from "../../core/failure.ts";
import type { SubmitOutcome } from "../../core/launcher.ts";
import { redacted } from "../../core/redact.ts";
import { NotAuthorized } from "../../google/authorization.ts";
import { Answered } from "./answered.ts";
import { FailedCall } from "./client.ts";
import { vertexFailure } from "./failures.ts";

/** Errors of a connection that was never there: nothing left this machine. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  "ENOTFOUND",
  "ECONNREFUSED",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** The failure of a call, in whose text no piece of `values` is. */
export function failureOf(thrown: unknown, values: readonly string[]): Failure {
  const answered = causeOf(thrown, (each) => each instanceof Answered);
  if (answered !== undefined) return ofAnswer(answered, values);
  const unauthorized = causeOf(thrown, (each) => each instanceof NotAuthorized);
  if (unauthorized !== undefined) return vertexFailure("NOT_AUTHORIZED", unauthorized.message);
  if (thrown instanceof FailedCall && !thrown.sent)
    return vertexFailure("TOKEN_UNAVAILABLE", "no token came in time, so the call was not sent");
  if (causeOf(thrown, neverConnected) !== undefined) return vertexFailure("NOT_SENT", "the region's endpoint could not be connected to");
  return vertexFailure("NO_ANSWER", "no answer came to the call, or none that could be read");
}

function ofAnswer({ code, said, retryAfterSeconds }: Answered, values: readonly string[]): Failure {
  const words = redacted(said, values);
  const failure = vertexFailure(code, words === "" ? `Vertex AI answered ${code}` : `Vertex AI answered ${code}: ${words}`);
  return retryAfterSeconds === undefined ? failure : { ...failure, retryAfterSeconds };
}

/** What a create that failed came to: refused where it certainly made nothing. */
export function failedCreate(thrown: unknown, values: readonly string[]): Exclude<SubmitOutcome, { status: "accepted" }> {
  const failure = failureOf(thrown, values);
  // A status of 500 and more may come from a gateway behind which the job was made, whatever it is called.
  const behindGateway = (causeOf(thrown, (each) => each instanceof Answered)?.httpStatus ?? 0) >= 500;
  return { status: failure.class === "unknown" || behindGateway ? "unknown" : "refused", failure };
}

/** The service's own word for a failed call, where it answered. */
export function codeOf(thrown: unknown): string | undefined {
  return causeOf(thrown, (each) => each instanceof Answered)?.code;
}

function neverConnected(each: object): each is object {
  return "code" in each && typeof each.code === "string" && NEVER_CONNECTED.has(each.code);
}

/** The error, or what lies below it, that is meant. */
function causeOf<Meant extends object>(thrown: unknown, isMeant: (each: object) => each is Meant): Meant | undefined {
  for (let each: unknown = thrown, depth = 0; typeof each === "object" && each !== null && depth < 8; depth++) {
    if (isMeant(each)) return each;
    const { cause, errors } = each as { readonly cause?: unknown; readonly errors?: unknown };
    // Several addresses of one name: none could be connected to.
    each = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return undefined;
}
