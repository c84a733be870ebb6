import { type Context, type Invocation, leaseUntil } from "./context.ts";
import { Refusal, TemplateUnavailable } from "./errors.ts";
import { type Prepared, prepare } from "./prepare.ts";
import type { RunError } from "./record.ts";
import type { RunRequest } from "./run.ts";
import type { Attempt } from "./writes/parts.ts";

/** Whether a run may be launched now. */
export type Verdict =
  | { readonly kind: "go"; readonly prepared: Prepared }
  /** Its template can't be read just now. */
  | { readonly kind: "later"; readonly error: RunError }
  | { readonly kind: "ended"; readonly state: "REJECTED" | "EXPIRED"; readonly error: RunError };

/** Steps 1 and 2: whether the run may be launched now, and how. */
export async function judge(
  context: Context,
  request: RunRequest,
  senderTargets: readonly string[] | undefined,
  now: number,
  attempt = 1,
  reopened = false,
): Promise<Verdict> {
  if (request.notAfter !== undefined && now > request.notAfter && !reopened) {
    const message = `not launched by ${new Date(request.notAfter).toISOString()} (not_after)`;
    return { kind: "ended", state: "EXPIRED", error: { code: "EXPIRED", message, path: "not_after" } };
  }
  try {
    return { kind: "go", prepared: await prepare(context.planning, request, attempt, senderTargets) };
  } catch (error) {
    if (error instanceof TemplateUnavailable) return { kind: "later", error: { code: "TEMPLATE_UNAVAILABLE", message: error.message } };
    if (!(error instanceof Refusal)) throw error;
    return { kind: "ended", state: "REJECTED", error: errorOf(error) };
  }
}

/** A refusal as a record keeps it. */
export function errorOf(refusal: Refusal): RunError {
  return { code: refusal.code, message: refusal.message, ...(refusal.path === "" ? {} : { path: refusal.path }) };
}

/** The lease and destination of an attempt made in this invocation. */
export function attemptOf(context: Context, prepared: Prepared, attempt: number, now: number, invocation: Invocation): Attempt {
  return {
    attempt,
    now,
    owner: context.newOwner(),
    leaseUntil: leaseUntil(context, invocation),
    target: prepared.target.name,
    launcher: prepared.launcher.type,
    place: prepared.place,
    planDigest: prepared.planDigest,
    ...(prepared.template === undefined ? {} : { template: prepared.template }),
    ...(prepared.timeoutSeconds === undefined ? {} : { timeoutSeconds: prepared.timeoutSeconds }),
  };
}
