/** Answers of the API server, and errors of the way to it, and what each means for the launch. */
import { expect, test } from "vitest";
import type { FailureClass } from "../../../shared/core/failure.ts";
import { NotAuthorized } from "../../../shared/google/authorization.ts";
import { kubernetesFailure, kubernetesFailures } from "../../../shared/launchers/kubernetes/failures.ts";
import { failureOf, problemOfAccess, problemOfAnswer, problemOfNetwork } from "../../../shared/launchers/kubernetes/problem.ts";

const network = (code: string, name = "Error") => Object.assign(new Error("x"), { code, name });

test.each<readonly [string, number, string, FailureClass]>([
  ["TooManyRequests", 429, "too many requests", "throttled"],
  ["", 429, "", "throttled"],
  ["AlreadyExists", 409, 'jobs.batch "a" already exists', "already_done"],
  ["Conflict", 409, "Operation cannot be fulfilled on resourcequotas", "throttled"],
  ["Forbidden", 403, "exceeded quota: q, requested: pods=1", "capacity"],
  ["Forbidden", 403, "insufficient quota to match these scopes", "capacity"],
  ["Forbidden", 403, "unable to create new content in namespace a because it is being terminated", "not_found"],
  ["Forbidden", 403, 'admission webhook "a" denied the request', "denied"],
  ["Forbidden", 403, 'violates PodSecurity "baseline:latest"', "denied"],
  ["Forbidden", 403, 'User "u" cannot create resource "jobs"', "denied"],
  ["Unauthorized", 401, "Unauthorized", "denied"],
  ["NotFound", 404, 'namespaces "a" not found', "not_found"],
  ["Invalid", 422, "is invalid", "invalid"],
  ["BadRequest", 400, "", "invalid"],
  ["RequestEntityTooLarge", 413, "limit is 3145728", "invalid"],
  ["UnsupportedMediaType", 415, "", "invalid"],
  ["Expired", 410, "", "unavailable"],
  ["Timeout", 504, "Timeout: request did not complete within requested timeout", "unavailable"],
  ["InternalError", 500, "etcdserver: request timed out", "unavailable"],
  ["ServiceUnavailable", 503, "apiserver is shutting down", "unavailable"],
  ["", 502, "", "unavailable"],
])("%s %i %s: %s", (reason, status, message, expected) => {
  const { class: failureClass, recognised } = failureOf(problemOfAnswer(status, {}, JSON.stringify({ kind: "Status", reason, message })));
  expect({ failureClass, recognised }).toEqual({ failureClass: expected, recognised: true });
});

test.each<readonly [string, FailureClass, boolean]>([
  ["ECONNREFUSED", "unavailable", false],
  ["ENOTFOUND", "unavailable", false],
  ["EHOSTUNREACH", "unavailable", false],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "invalid", false],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "invalid", false],
  ["CERT_HAS_EXPIRED", "unavailable", false],
  ["ECONNRESET", "unavailable", true],
  ["ETIMEDOUT", "unavailable", true],
  ["EPIPE", "unavailable", true],
  ["ABORT_ERR", "unavailable", true],
])("%s on the way: %s; it may have arrived: %s", (code, expected, sent) => {
  const problem = problemOfNetwork(network(code));
  expect(problem.sent).toBe(sent);
  expect(failureOf(problem)).toMatchObject({ class: expected, recognised: true });
});

test.each<readonly [string, FailureClass]>([
  ["ResourceNotFoundException", "not_found"],
  ["ClusterNotFound", "not_found"],
  ["AccessDeniedException", "denied"],
  ["AccessDenied", "denied"],
  ["PermissionDenied", "denied"],
  ["CredentialsProviderError", "unavailable"],
  ["ThrottlingException", "unavailable"],
])("%s before the call: %s, and nothing was sent", (name, expected) => {
  const problem = problemOfAccess(network("", name));
  expect(problem.sent).toBe(false);
  expect(failureOf(problem)).toMatchObject({ class: expected, recognised: true });
});

test("what no row knows is unknown, and counted", () => {
  expect(kubernetesFailure({ code: "Teapot", status: 418, message: "short and stout" })).toMatchObject({
    class: "unknown",
    recognised: false,
  });
});

test("every row is of this service", () => {
  expect(kubernetesFailures.filter(({ service }) => service !== "kubernetes")).toEqual([]);
});

test.each<readonly [string, FailureClass]>([
  ["the token service refused: Error code invalid_target: The audience is not known.", "denied"],
  ["no token could be had (Error, ECONNREFUSED)", "unavailable"],
])("no token of Google Cloud, as it was told: %s", (message, expected) => {
  expect(failureOf(problemOfAccess(new NotAuthorized(message)))).toMatchObject({ class: expected, recognised: true, message });
});

test("words of the API server never pass as ours", () => {
  const body = JSON.stringify({ kind: "Status", reason: "NotAuthorized", message: "a value of the request" });
  expect(failureOf(problemOfAnswer(403, {}, body)).message).not.toContain("a value");
});
