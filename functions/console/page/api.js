/** Calls of the HTTP interface. */
import { token } from "./session.js";

/** An answer that is no answer: what is wrong, where, and what to do. */
export class Problem extends Error {
  /** @param {{ status: number, detail: string, code?: string, path?: string, remedy?: string, issues?: { path: string, message: string }[] }} problem */
  constructor(problem) {
    super(problem.detail);
    this.name = "Problem";
    this.status = problem.status;
    this.code = problem.code ?? "";
    this.path = problem.path ?? "";
    this.remedy = problem.remedy ?? "";
    this.issues = problem.issues ?? [];
  }
}

/**
 * @param {"GET" | "POST"} method
 * @param {string} path
 * @param {{ body?: string, signal?: AbortSignal }} [more]
 * @returns {Promise<any>} throws a `Problem`
 */
export async function call(method, path, { body, signal } = {}) {
  const headers = { authorization: `Bearer ${token() ?? ""}`, ...(body === undefined ? {} : { "content-type": "application/json" }) };
  const answer = await fetch(path, {
    method,
    headers,
    cache: "no-store",
    ...(body === undefined ? {} : { body }),
    ...(signal ? { signal } : {}),
  }).catch((error) => {
    if (signal?.aborted) throw error;
    throw new Problem({
      status: 0,
      detail: "Slipway does not answer",
      remedy: "Look whether it runs; this page goes on by itself when it does.",
    });
  });
  const text = await answer.text();
  const document = answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
  if (answer.ok && document !== undefined) return document;
  throw new Problem(document ?? { status: answer.status, detail: `the answer has the status ${answer.status}` });
}
