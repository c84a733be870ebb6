/** What ECS answered, or did not, as an outcome. SDK error names go no further than here. */
import type { Failure } from "../../core/failure.ts";
import type { SubmitOutcome } from "../../core/launcher.ts";
import { ecsFailure } from "./failures.ts";

/** The parts of an SDK error that say anything. */
export interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly status?: number;
}

/** An error as the SDK throws it. */
export function sdkError(thrown: unknown): SdkError {
  const { name, message } = thrown instanceof Error ? thrown : new Error("not an error");
  const { code, $metadata } = thrown as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  return { name, message, ...(typeof code === "string" ? { code } : {}), ...(status === undefined ? {} : { status }) };
}

/** Errors of a call that cannot have left this machine. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  "ENOTFOUND",
  "ECONNREFUSED",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "CredentialsProviderError",
]);

/** A failed call: refused where ECS said so or nothing was sent; otherwise it may have arrived. */
export function failedCall(error: SdkError): SubmitOutcome & { readonly status: "refused" | "unknown" } {
  const failure = failureOf(error);
  const neverSent = NEVER_SENT.has(error.code ?? error.name);
  return { status: isRefusal(error) || neverSent ? "refused" : "unknown", failure };
}

/** A 408 is a gateway's: it says nothing of what is behind it. */
function isRefusal({ status }: SdkError): boolean {
  return status !== undefined && status >= 300 && status < 500 && status !== 408;
}

/** Thrown where an answer broke off or is no JSON. It keeps the status; the SDK's words hold a piece of the answer, in which are a run's variables. */
export class UnreadableAnswer extends Error {
  override readonly name = "UnreadableAnswer";
  readonly $metadata: { readonly httpStatusCode?: number };

  constructor(status: number | undefined) {
    super("the answer broke off, or is none of ECS's");
    this.$metadata = status === undefined ? {} : { httpStatusCode: status };
  }
}

/** What a client throws: whoever asked, and is not asked for an outcome, tells it on as it is. */
export function tellable(thrown: unknown): unknown {
  const error = sdkError(thrown);
  return isUnreadable(error) ? new UnreadableAnswer(error.status) : thrown;
}

/** The SDK puts the status of an answer that broke off, or is no JSON, on its error: a 200 of which nothing can be read is none of a refusal. */
function isUnreadable({ name, status }: SdkError): boolean {
  return status !== undefined && (status < 300 || name === "SyntaxError" || name === "UnreadableAnswer");
}

/** An error as ECS's failure table has it. */
export function failureOf(error: SdkError): Failure {
  if (isUnreadable(error)) return unreadable();
  const unnamed = error.name === "Error" || error.name === "TypeError";
  const code = unnamed ? error.code : error.name;
  return ecsFailure({
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.status === undefined ? {} : { status: error.status }),
  });
}

/** An answer that is none. */
export function unreadable(): Failure {
  return ecsFailure({ code: "UNREADABLE_ANSWER", message: new UnreadableAnswer(undefined).message });
}

/** A RunTask that answered 200 and started nothing. It says so again for the same token, so it settles what came before. */
export function refusedInside(reason: string, detail: string | undefined): SubmitOutcome {
  const failure = ecsFailure({ message: reason, code: reason });
  return { status: "refused", boundToKey: true, failure: detail === undefined ? failure : { ...failure, message: `${reason}: ${detail}` } };
}
