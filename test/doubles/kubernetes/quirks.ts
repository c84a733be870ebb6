/** What the double does as the API server does it, and how we know: the rows of the README's table and of the tests. */

/** `documented` by Kubernetes; `recorded` from clusters as people show them; `assumed` where neither was found. */
export type Mark = "documented" | "recorded" | "assumed";

export interface Quirk {
  readonly mark: Mark;
  readonly source: string;
}

const CONCEPTS = "kubernetes.io, API concepts";
const JOBS = "kubernetes.io, Jobs";
const GC = "kubernetes.io, Garbage collection";

export const QUIRKS = {
  "a name that is taken: 409 AlreadyExists, and nothing changes": documented(CONCEPTS),
  "a quota that is counted twice at once: 409 Conflict, about the quota": recorded("kubernetes#67761, airflow#36348"),
  "a quota that is used up: 403 Forbidden that says exceeded quota": documented("kubernetes.io, Resource quotas"),
  "too many requests: 429 with Retry-After": documented("kubernetes.io, API priority and fairness"),
  "a namespace that is being deleted: 403 with the cause NamespaceTerminating": recorded("as client-go's HasStatusCause is used for"),
  "a webhook's refusal says its own words, which may repeat the object": documented("kubernetes.io, Dynamic admission control"),
  "what can't be read: 400; what is read and wrong: 422 with a cause for each field": recorded("kubectl create of such Jobs"),
  "a cause's message repeats the value": recorded("kubectl create of such Jobs"),
  "strict field validation names unknown fields in a 400": documented(CONCEPTS),
  "another namespace in the object than in the path: 400": recorded("kubectl apply -n"),
  "a Job is kept with every default, a selector of its own, and labels of its name": documented(JOBS),
  "ephemeral containers in a template: 422": recorded("the API server's validation of pod templates"),
  "pages go on where the last ended, at the version that the list began with": documented(CONCEPTS),
  "a page that comes too late: 410 Expired": documented(CONCEPTS),
  "a list may be behind what was just made": assumed(
    "lists without a resource version are consistent; proxies and caches on the way may not be",
  ),
  "label selectors: equality, in, notin, there, not there": documented("kubernetes.io, Labels and selectors"),
  "a deletion in the foreground leaves the Job until its pod is gone": documented(GC),
  "a deletion in the background takes the Job away at once": documented(GC),
  "a deletion under another uid: 409 Conflict": documented(CONCEPTS),
  "a second deletion changes nothing": recorded("kubectl delete twice"),
  "a Job past its deadline fails, and its pod is deleted": documented(JOBS),
  "a Job is gone when its time to live is over": documented("kubernetes.io, Automatic cleanup for finished Jobs"),
  "Complete and Failed come after SuccessCriteriaMet and FailureTarget": documented(JOBS),
  "a pod that a policy does not let in: the Job is there, and an event says why": documented("kubernetes.io, Pod Security Admission"),
  "a suspended Job has no pod": documented(JOBS),
  "a Job that is let go starts then": documented(JOBS),
  "an unknown token: 401": documented("kubernetes.io, Authenticating"),
  "an unknown path: 404 in plain text, without a Status": recorded("curl of such paths"),
  "times are whole seconds": documented("metav1.Time"),
  "one pod per Job: what would make a second is not played": assumed(
    "the launcher asks for none; a template's own backoffLimit is the cluster's business",
  ),
} as const satisfies Readonly<Record<string, Quirk>>;

function documented(source: string): Quirk {
  return { mark: "documented", source };
}

function recorded(source: string): Quirk {
  return { mark: "recorded", source };
}

function assumed(source: string): Quirk {
  return { mark: "assumed", source };
}
