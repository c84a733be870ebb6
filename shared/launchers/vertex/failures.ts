import { classify, type Failure, type FailureRow } from "../../core/failure.ts";

/** What Vertex AI answers, and what happens on the way to it. Codes are gRPC's names. Tried in order. */
export const vertexFailures: readonly FailureRow[] = [
  row({
    code: "NOT_AUTHORIZED",
    class: "denied",
    hint: "Look at the target's credentials, and at the trust that its workload identity pool has in us.",
  }),
  row({ code: "TOKEN_UNAVAILABLE", class: "unavailable", hint: "The token service did not answer." }),
  row({
    code: "NOT_SENT",
    class: "unavailable",
    hint: "The region's endpoint could not be reached. Look at the target's region and at the network.",
  }),
  row({ code: "NO_TIME", class: "unavailable" }),
  row({
    code: "PACED",
    class: "throttled",
    hint: "A project may submit 60 jobs a minute in a region; more is a quota that can be raised.",
  }),
  row({ code: "NO_ANSWER", class: "unknown" }),

  row({
    code: "RESOURCE_EXHAUSTED",
    message: /requests? per minute|per minute per|RATE_LIMIT|rate limit|job.{0,20}submission/i,
    class: "throttled",
    hint: "A project may submit 60 jobs a minute in a region; more is a quota that can be raised.",
  }),
  row({
    code: "RESOURCE_EXHAUSTED",
    message: /quota (metrics )?(exceed|limit)|quotas? (are|is|were|was) exceeded|quota metrics exceed|custom_?model_?training/i,
    class: "capacity",
    hint: "The project's quota for such machines in this region is in use. Raise it, or give the target a fallback.",
  }),
  row({
    code: ["RESOURCE_EXHAUSTED", "UNAVAILABLE", "FAILED_PRECONDITION"],
    message: /resources? (are|is) insufficient|insufficient resources|not have enough resources|stockout|ZONE_RESOURCE_POOL_EXHAUSTED/i,
    class: "capacity",
    hint: "The region has no such machines free just now. Give the target a fallback in another region, or another machine type.",
  }),
  row({ code: "RESOURCE_EXHAUSTED", class: "throttled" }),

  row({ code: "UNAUTHENTICATED", class: "denied", hint: "Look at the target's credentials." }),
  row({
    code: "PERMISSION_DENIED",
    message: /act as|actAs|serviceAccountUser/i,
    class: "denied",
    hint: "Give the dispatcher's account roles/iam.serviceAccountUser on the job's service account.",
  }),
  row({
    code: "PERMISSION_DENIED",
    message: /has not been used|is disabled|SERVICE_DISABLED/i,
    class: "denied",
    hint: "Enable the Vertex AI API (aiplatform.googleapis.com) in the target's project.",
  }),
  row({ code: "PERMISSION_DENIED", class: "denied", hint: "Give the dispatcher's account roles/aiplatform.user in the target's project." }),
  row({ code: "NOT_FOUND", class: "not_found", hint: "Look at the target's project and region." }),
  row({ code: ["INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE", "UNIMPLEMENTED"], class: "invalid" }),
  // Answered before anything was made.
  row({ code: ["ABORTED", "ALREADY_EXISTS"], class: "unavailable" }),

  // Not "unavailable": a 5xx may come from a gateway after the job was made, and nothing here makes a repeat harmless.
  row({ code: ["UNAVAILABLE", "INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED", "CANCELLED", "DATA_LOSS"], class: "unknown" }),
  // A gateway's own pages.
  row({ code: ["HTTP_408", "HTTP_499", "HTTP_500", "HTTP_502", "HTTP_503", "HTTP_504"], class: "unknown" }),
  row({ code: "HTTP_429", class: "throttled" }),
  row({ code: ["HTTP_401", "HTTP_403", "HTTP_407"], class: "denied" }),
  row({
    code: ["HTTP_400", "HTTP_404", "HTTP_405", "HTTP_411", "HTTP_413"],
    class: "invalid",
    hint: "Something before the service answered. Look at the target's endpoint.",
  }),
];

/** A failure of Vertex AI as its table has it. `message` is bounded and holds no piece of a variable. */
export function vertexFailure(code: string, message: string): Failure {
  return classify(vertexFailures, { service: "vertex", code, message });
}

function row(of: Omit<FailureRow, "service">): FailureRow {
  return { service: "vertex", ...of };
}
