/** Errors as RFC 9457 problem documents: what is wrong, where, and what to do. Never a secret, an env value, or another's text. */
import { adviceFor } from "../../shared/core/advice.ts";
import { type Issue, Refusal, type RefusalCode, StateUnavailable } from "../../shared/core/errors.ts";

/** What can be wrong with a call of the HTTP interface, besides what can be wrong with a request: status, and what to do. */
export const HTTP_PROBLEMS = {
  UNAUTHENTICATED: [401, "Send a token of `http.tokens` as `Authorization: Bearer …`, or sign the body by the Standard Webhooks scheme."],
  SIGNATURE_INVALID: [401, "Sign the very bytes that are sent, with a secret of `http.webhooks`, and within five minutes."],
  INVALID_HEADERS: [400, "Send each header once, in the form that the message names."],
  NOT_PERMITTED: [403, "Use a token whose `may` has the right, or let the operator add it."],
  TOO_MANY_FAILURES: [429, "Wait as `Retry-After` says, and mend the credentials."],
  NOT_FOUND: [404, "Look at the path, and at the run's id; `GET /runs` lists what this token may see, `GET /openapi.json` what there is."],
  METHOD_NOT_ALLOWED: [405, "`GET /openapi.json` lists the methods of each path."],
  INVALID_QUERY: [400, "Mend the parameter that the path names; take a cursor as it was given, from the same list."],
  BODY_TIMEOUT: [408, "Send the body without pauses: it is read for ten seconds."],
  BODY_BROKEN: [400, "Send the whole body, as its length or its last chunk says."],
  UNAVAILABLE: [503, "Send the same again, a little later: under the same id it is still one run."],
  INTERNAL: [500, "Look into the log of the function; send the same again under the same id."],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

/** One of `HTTP_PROBLEMS`. */
export type HttpProblemCode = keyof typeof HTTP_PROBLEMS;

interface HttpProblemFacts {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly cause?: unknown;
}

/** Something wrong with a call, and its answer. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly code: HttpProblemCode;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: HttpProblemCode, detail: string, more: HttpProblemFacts = {}) {
    super(detail, { cause: more.cause });
    this.code = code;
    this.path = more.path ?? "";
    this.headers = more.headers ?? {};
  }
}

/** A problem as it is answered. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly path: string;
  readonly remedy: string;
  readonly issues?: readonly Issue[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Statuses of refusals; all others are 422: the document can be read, and can't be run as things stand. */
const STATUSES: Partial<Readonly<Record<RefusalCode, number>>> = {
  NOT_JSON: 400,
  NOT_UTF8: 400,
  TOO_LARGE: 413,
  ID_REUSED: 409,
  TARGET_NOT_ALLOWED: 403,
  REQUEST_PATH_NOT_ALLOWED: 403,
};

const RETRY_SECONDS = "5";

/** What an error is answered with. An error that nobody foresaw tells nothing of itself. */
export function problemOf(error: unknown): Problem {
  if (error instanceof HttpProblem) {
    const [status, remedy] = HTTP_PROBLEMS[error.code];
    return { status, code: error.code, detail: error.message, path: error.path, remedy, headers: error.headers };
  }
  if (error instanceof Refusal) {
    const { code, message, path, issues } = error;
    return { status: STATUSES[code] ?? 422, code, detail: message, path, remedy: adviceFor({ code }).step, issues, headers: {} };
  }
  if (error instanceof StateUnavailable) {
    const [status, remedy] = HTTP_PROBLEMS.UNAVAILABLE;
    return { status, code: "UNAVAILABLE", detail: error.message, path: "", remedy, headers: { "retry-after": RETRY_SECONDS } };
  }
  const [status, remedy] = HTTP_PROBLEMS.INTERNAL;
  return { status, code: "INTERNAL", detail: "the call failed", path: "", remedy, headers: {} };
}

/** The answer. */
export function problemResponse(problem: Problem): Response {
  const { status, headers, issues, ...rest } = problem;
  const document = { type: "about:blank", title: TITLES[status] ?? "Error", status, ...rest, ...(issues === undefined ? {} : { issues }) };
  return new Response(`${JSON.stringify(document)}\n`, {
    status,
    headers: { ...headers, "content-type": "application/problem+json", "cache-control": "no-store" },
  });
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};
