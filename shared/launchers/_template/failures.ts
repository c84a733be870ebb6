import { classify, type Failure, type FailureRow } from "../../core/failure.ts";

/** What the job service answers, and what happens on the way to it. Tried in order. */
export const templateFailures: readonly FailureRow[] = [
  row({
    code: "NOT_SENT",
    class: "unavailable",
    hint: "The service could not be reached. Look at the target's endpoint and at the network.",
  }),
  row({ code: "SECRET_UNREADABLE", class: "denied", hint: "Give the dispatcher the secret that the target's token names." }),
  row({ code: "NAME_TAKEN", class: "conflict", hint: "Two deployments of the same name use this service: give each a name of its own." }),
  row({ status: 400, class: "invalid" }),
  row({ status: [401, 403], class: "denied", hint: "Look at the target's token." }),
  row({ status: 409, class: "conflict" }),
  row({ status: 429, class: "throttled" }),
  row({ code: "NO_CAPACITY", status: 503, class: "capacity" }),
  // Not "unavailable": a 5xx may come from a gateway after the job was made.
  row({ status: [500, 502, 503, 504], class: "unknown" }),
  row({ code: "NO_ANSWER", class: "unknown" }),
];

/** A failure of this launcher, understood. `message` is a sentence of ours: the service's own may repeat what it was sent. */
export function templateFailure(code: string, message: string, status?: number): Failure {
  return classify(templateFailures, { service: "template", code, message, ...(status === undefined ? {} : { status }) });
}

function row(of: Omit<FailureRow, "service">): FailureRow {
  return { service: "template", ...of };
}
