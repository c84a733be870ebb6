import * as z from "zod/mini";

/** What came of a call: an answer; no word, so that it may have arrived; or the certainty that it was never sent. */
export type Reply =
  | { readonly kind: "answered"; readonly status: number; readonly body: unknown; readonly retryAfterSeconds?: number }
  | { readonly kind: "unanswered" }
  | { readonly kind: "unsent" };

/** One call of the service. */
export interface Request {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: string;
  readonly token: string;
  readonly idempotencyKey?: string;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/** With these nothing was sent: there was no connection to send it on. */
const UNSENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

/** A call that was not answered by then, in milliseconds, is not waited for any longer. */
const SILENCE = 20_000;

/** Makes one call. Whatever went wrong says whether the service may have seen it. */
export async function send(request: Request): Promise<Reply> {
  if (request.signal?.aborted) return { kind: "unsent" };
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: {
        authorization: `Bearer ${request.token}`,
        ...(request.idempotencyKey === undefined ? {} : { "idempotency-key": request.idempotencyKey }),
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: AbortSignal.any([AbortSignal.timeout(SILENCE), ...(request.signal === undefined ? [] : [request.signal])]),
    });
    const text = await response.text();
    const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
    const body = parsed(text);
    // Something on the way answered in the service's place.
    if (response.ok && text !== "" && body === undefined) return { kind: "unanswered" };
    return { kind: "answered", status: response.status, body, ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}) };
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    return { kind: UNSENT.has(code) ? "unsent" : "unanswered" };
  }
}

/** Undefined for what is no JSON: a gateway's page. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const jobSchema = z.object({
  name: z.string(),
  run_id: z.string(),
  state: z.enum(["pending", "running", "ended"]),
  started_at: z.nullable(z.number()),
  ended_at: z.nullable(z.number()),
  exit_code: z.nullable(z.int()),
  stopped: z.boolean(),
});

/** A job as the service tells it. Times are epoch milliseconds. */
export type Job = z.infer<typeof jobSchema>;

/** The job of an answer; undefined where the answer is none. */
export function jobOf(body: unknown): Job | undefined {
  return jobSchema.safeParse(body).data;
}

const pageSchema = z.object({ jobs: z.array(jobSchema), after: z.optional(z.int()) });

/** A list's page; `after` is there where there are more. Undefined where the answer is no list. */
export function pageOf(body: unknown): z.infer<typeof pageSchema> | undefined {
  return pageSchema.safeParse(body).data;
}

/** The code in an error's answer, where it has one. */
export function codeOf(body: unknown): string | undefined {
  return z.object({ code: z.string() }).safeParse(body).data?.code;
}
