/** What the API server answered instead of what it was asked, or that nothing came of a call. Secrets and values are in none of it. */
import type { Failure } from "../../core/failure.ts";
import { isObject, type Json, type JsonObject } from "../../core/json.ts";
import { objectIn, objectsIn, textIn } from "./documents.ts";
import { kubernetesFailure } from "./failures.ts";

/** One thing that the API server says is wrong with an object. */
export interface FieldCause {
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

/** A call that did not give what it should; thrown by the calls in `api.ts`. */
export class KubernetesProblem extends Error {
  override readonly name = "KubernetesProblem";
  /** Absent where no answer came. */
  readonly status?: number;
  /** The reason of the API server's Status, or the code of the network's error. */
  readonly code: string;
  /** What the API server said: it may repeat values of the request, so it is for the failure table only. */
  readonly said: string;
  readonly causes: readonly FieldCause[];
  readonly retryAfterSeconds?: number;
  /** Kind of the object that the answer is about: `jobs`. */
  readonly about?: string;
  /** Whether the call can have left this machine. */
  readonly sent: boolean;

  constructor(of: {
    readonly status?: number;
    readonly code: string;
    readonly said?: string;
    readonly causes?: readonly FieldCause[];
    readonly retryAfterSeconds?: number;
    readonly about?: string;
    readonly sent: boolean;
  }) {
    super(of.status === undefined ? `no answer (${of.code})` : `the API server answered ${of.status} (${of.code})`);
    this.code = of.code;
    this.said = of.said ?? "";
    this.causes = of.causes ?? [];
    this.sent = of.sent;
    if (of.status !== undefined) this.status = of.status;
    if (of.about !== undefined) this.about = of.about;
    if (of.retryAfterSeconds !== undefined) this.retryAfterSeconds = of.retryAfterSeconds;
  }
}

/** An answer that is none of success. */
export function problemOfAnswer(status: number, headers: Readonly<Record<string, string>>, body: string): KubernetesProblem {
  const answer = statusIn(body);
  const details = objectIn(answer, "details");
  const about = textIn(details, "kind");
  const after = Number(headers["retry-after"] ?? details["retryAfterSeconds"]);
  return new KubernetesProblem({
    status,
    code: textIn(answer, "reason") || `HTTP_${status}`,
    said: textIn(answer, "message") ?? "",
    causes: objectsIn(details, "causes").map((cause) => ({
      field: textIn(cause, "field") ?? "",
      reason: textIn(cause, "reason") ?? "",
      message: textIn(cause, "message") ?? "",
    })),
    ...(Number.isFinite(after) && after > 0 ? { retryAfterSeconds: after } : {}),
    ...(about === undefined ? {} : { about }),
    sent: true,
  });
}

/** Whether the API server itself said that there is no such Job: a proxy's 404 proves nothing. */
export function isNoSuchJob(problem: unknown): boolean {
  return problem instanceof KubernetesProblem && problem.status === 404 && problem.about === "jobs";
}

/** A proxy on the way answers in its own words, not with a Status. */
function statusIn(body: string): JsonObject {
  try {
    const answer: Json = JSON.parse(body);
    return isObject(answer) ? answer : {};
  } catch {
    return {};
  }
}

/** Errors of a connection that never came about. */
const NEVER_SENT: ReadonlySet<string> = new Set(["ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
/** The server's certificate is looked at before anything is sent. */
const CERTIFICATE = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/;

/** An error of the network. */
export function problemOfNetwork(thrown: unknown): KubernetesProblem {
  if (thrown instanceof KubernetesProblem) return thrown;
  const { code, name } = thrown instanceof Error ? (thrown as Error & { code?: unknown }) : { code: "ERROR", name: "Error" };
  const known = typeof code === "string" ? code : name;
  return new KubernetesProblem({ code: known, sent: !NEVER_SENT.has(known) && !CERTIFICATE.test(known) });
}

/** Name of what `shared/google` throws. */
const NO_GOOGLE_TOKEN = "NotAuthorized";

/** What keeps a call from being made: a token that can't be had. */
export function problemOfAccess(thrown: unknown): KubernetesProblem {
  const { code } = problemOfNetwork(thrown);
  const { name, message } = thrown instanceof Error ? thrown : { name: "Error", message: "" };
  // Others' messages may hold a piece of a credential; this one's are our own.
  if (name === NO_GOOGLE_TOKEN) return new KubernetesProblem({ code: name, said: message, sent: false });
  return new KubernetesProblem({ code: name === "Error" || name === "TypeError" ? `ACCESS_${code}` : name, sent: false });
}

/** A problem as the failure table has it, in our own words. */
export function failureOf(problem: KubernetesProblem): Failure {
  const { status, code, said, retryAfterSeconds } = problem;
  const failure = kubernetesFailure({ code, message: said, ...(status === undefined ? {} : { status }) });
  const message = sentenceOf(problem);
  return { ...failure, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}

const MOST_CAUSES = 5;

/** Why the cluster could not make a Job's pod, as its event says, in our own words. */
export function whyNoPod(said: string): string {
  const problem = new KubernetesProblem({ code: "FailedCreate", said, sent: true });
  const sentence = sentenceOf(problem);
  return sentence === problem.message ? "the cluster could not make its pod" : `the cluster could not make its pod: ${sentence}`;
}

function sentenceOf(problem: KubernetesProblem): string {
  const { status, said, causes } = problem;
  if (!problem.sent && problem.code === NO_GOOGLE_TOKEN) return said;
  const matched = (pattern: RegExp) => pattern.exec(said)?.[1];
  const quota = matched(/exceeded quota: ([\w.-]{1,253})/);
  if (quota !== undefined) return `the quota ${quota} of the namespace is used up`;
  const policy =
    matched(/(?:admission webhook|ValidatingAdmissionPolicy) ['"]([\w.-]{1,253})['"]/) ?? matched(/violates (PodSecurity "[\w:.-]{1,80}")/);
  if (policy !== undefined) return `the cluster's admission refused it: ${policy}`;
  const [, verb, resource] = /cannot (\w{1,40}) resource "([\w/.-]{1,80})"/.exec(said) ?? [];
  if (verb !== undefined) return `the dispatcher may not ${verb} ${resource} there`;
  const unknown = [...said.matchAll(/(?:unknown|duplicate) field "([\w.[\]-]{1,200})"/g)].map(([text]) => text);
  if (status === 400 && unknown.length > 0) return `the API server does not know it: ${unknown.slice(0, MOST_CAUSES).join(", ")}`;
  if (causes.length > 0) {
    const told = causes.slice(0, MOST_CAUSES).map(withoutValue);
    const more = causes.length - told.length;
    return `the API server refuses the Job: ${told.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
  }
  return problem.message;
}

/** `Invalid value: "…": what is expected`: the value is the sender's, and may be a secret. */
function withoutValue({ field, reason, message }: FieldCause): string {
  const detail = /^[A-Z][a-z ]+: (?:"(?:[^"\\]|\\.)*"|-?\d+): (.{1,200})/s.exec(message)?.[1];
  const expected = detail === undefined ? "" : `: ${detail.replaceAll(/\s+/g, " ")}`;
  return `${field.slice(0, 200) || "the object"} (${reason || "FieldValueInvalid"}${expected})`;
}
