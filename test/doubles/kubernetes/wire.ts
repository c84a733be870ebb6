/** Requests and answers of the double, whatever carries them. */
import type { JsonObject } from "../../../shared/core/json.ts";

export interface DoubleRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface DoubleAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer that is an object. */
export function answered(status: number, object: object, headers: Readonly<Record<string, string>> = {}): DoubleAnswer {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(object) };
}

/** What the API server says when it does not do what it was asked. */
export interface Refused {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: JsonObject;
}

/** A Status object, as every refusal is one. */
export function refused({ code, reason, message, details }: Refused): DoubleAnswer {
  const status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...(details ? { details } : {}),
    code,
  };
  const after = details?.["retryAfterSeconds"];
  return answered(code, status, typeof after === "number" ? { "retry-after": String(after) } : {});
}

/** There is no object of this name. */
export function notFound(kind: string, name: string): Refused {
  const group = kind === "jobs" ? ".batch" : "";
  return {
    code: 404,
    reason: "NotFound",
    message: `${kind}${group} "${name}" not found`,
    details: { name, kind, ...(kind === "jobs" ? { group: "batch" } : {}) },
  };
}

/** What a request is for: `create`, `get`, `list`, `delete` and its resource. */
export interface Call {
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly query: URLSearchParams;
}

/** The call of a request; undefined for discovery. */
export function callOf({ method, path }: Pick<DoubleRequest, "method" | "path">): Call | undefined {
  const url = new URL(path, "https://cluster");
  const [, namespace = "", resource = "", name = "", sub = ""] =
    /^\/(?:apis\/batch\/v1|api\/v1)\/namespaces\/([^/]+)\/(jobs|pods|events)(?:\/([^/]+))?(?:\/(log))?$/.exec(url.pathname) ?? [];
  if (namespace === "") return undefined;
  const verbs: Readonly<Record<string, string>> = { POST: "create", DELETE: "delete", GET: name === "" ? "list" : "get" };
  const verb = verbs[method] ?? method.toLowerCase();
  return { verb, resource: sub === "" ? resource : `${resource}/${sub}`, namespace, name, query: url.searchParams };
}
