/** A job as the service shows it → what was seen of the run. */
import type { Handle, Observation } from "../../core/launcher.ts";
import type { RunFailure, RunOutcome } from "../../core/record.ts";
import { redacted } from "../../core/redact.ts";
import { type Job, partsOf, valuesIn } from "./job.ts";

/** States in which a job stays for ever. */
export const END_STATES = [
  "JOB_STATE_SUCCEEDED",
  "JOB_STATE_FAILED",
  "JOB_STATE_CANCELLED",
  "JOB_STATE_EXPIRED",
  "JOB_STATE_PARTIALLY_SUCCEEDED",
] as const;

/** The observation of a job. */
export function observationOf(job: Job, project: string, now: number): Observation {
  const seen = { handle: handleOf(job.name, project), ...(typeof job.startTime === "number" ? { startedAt: job.startTime } : {}) };
  switch (job.state) {
    case "JOB_STATE_SUCCEEDED":
    case "JOB_STATE_FAILED":
    case "JOB_STATE_CANCELLED":
    case "JOB_STATE_EXPIRED":
    case "JOB_STATE_PARTIALLY_SUCCEEDED":
      return { status: "ended", ...seen, endedAt: job.endTime ?? job.updateTime ?? now, outcome: outcomeOf(job) };
    case "JOB_STATE_RUNNING":
    case "JOB_STATE_UPDATING":
      return { status: "running", ...seen };
    // Neither has ended: one that is paused can go on, and one that is being cancelled may still succeed.
    case "JOB_STATE_PAUSED":
    case "JOB_STATE_CANCELLING":
      return typeof job.startTime === "number" ? { status: "running", ...seen } : { status: "starting", ...seen, ...waitOf(job) };
    default:
      return { status: "starting", ...seen, ...waitOf(job) };
  }
}

/** What FLEX_START waits for its machines where the job does not say. */
const LONGEST_WAIT_MILLISECONDS = 24 * 3_600_000;

/** FLEX_START is there to be waited for; the service itself ends the wait, unless it was told to wait for ever, which it is by a zero. */
function waitOf({ jobSpec, createTime }: Job): { readonly waitsUntil?: number } {
  const { strategy, maxWaitDuration } = jobSpec?.scheduling ?? {};
  if (strategy !== "FLEX_START" || typeof createTime !== "number") return {};
  const wait = maxWaitDuration ?? LONGEST_WAIT_MILLISECONDS;
  return { waitsUntil: wait === 0 ? Number.POSITIVE_INFINITY : createTime + wait };
}

/** A job's name with the pages on which a person finds it and its log. */
export function handleOf(name: string, project: string): Handle {
  const parts = partsOf(name);
  if (parts === undefined) return { id: name };
  const query = encodeURIComponent(`resource.type="ml_job"\nresource.labels.job_id="${parts.id}"`);
  return {
    id: name,
    links: {
      console: `https://console.cloud.google.com/vertex-ai/locations/${parts.region}/training/${parts.id}?project=${project}`,
      log: `https://console.cloud.google.com/logs/query;query=${query}?project=${project}`,
    },
  };
}

function outcomeOf(job: Job): RunOutcome {
  switch (job.state) {
    case "JOB_STATE_SUCCEEDED":
      return { state: "SUCCEEDED", exitCode: 0 };
    case "JOB_STATE_CANCELLED":
      return { state: "CANCELLED" };
    case "JOB_STATE_PARTIALLY_SUCCEEDED":
      return failed({ class: "app_error", reason: said(job, "JOB_STATE_PARTIALLY_SUCCEEDED: only a part of the job succeeded") });
    case "JOB_STATE_EXPIRED":
      return expired(job);
    default:
      return failure(job);
  }
}

/** Over without an end of its own: while it waited for machines, or while it ran. */
function expired(job: Job): RunOutcome {
  if (typeof job.startTime === "number")
    return failed({ class: "timeout", reason: said(job, "JOB_STATE_EXPIRED: the job expired while it ran") });
  const reason = said(job, "JOB_STATE_EXPIRED: the job expired before it got its machines");
  return failed({ class: "start_failure", reason, hint: "Raise scheduling.max_wait_duration, or give the target another machine type." });
}

/** The service's sentences on how a job failed. Tried in order; the first that fits says which class it is. */
const SENTENCES: readonly {
  readonly says: RegExp;
  readonly class: RunFailure["class"];
  readonly hint?: string;
  readonly passing?: true;
}[] = [
  { says: /ran out[- ]of[- ]memory/i, class: "out_of_memory", hint: "Give the run a machine type with more memory." },
  {
    says: /resources? (are|is) insufficient|insufficient resources|not have enough resources|stockout|ZONE_RESOURCE_POOL_EXHAUSTED|quota metrics exceed|quotas? (are|is) exceeded/i,
    class: "start_failure",
    hint: "The region had no such machines free. Give the target a fallback in another region, or another machine type.",
    passing: true,
  },
  {
    says: /ImagePull|pull(ing)? (the )?(container )?image|image.{0,80}(not found|denied|does not exist)|manifest unknown/i,
    class: "image_pull",
    hint: "Check the image's name and tag, and the right of the service account, or of Vertex's service agent, to read it.",
  },
  { says: /preempt/i, class: "interrupted" },
  {
    says: /timed? ?out|max(imum)? (running|run) (time|duration)|exceeded.{0,40}(timeout|deadline|duration)|DEADLINE_EXCEEDED/i,
    class: "timeout",
  },
];

/** A shell's numbers for a command that can't be started, beside the service's own word for it. */
const START_ERROR = /Termination reason: (StartError|ContainerCannotRun|CreateContainerError)/i;
const EXITED = /exited with a non-zero status of (\d+)/i;

function failure(job: Job): RunOutcome {
  const { message, sentences, written } = wordsOf(job);
  const exit = EXITED.exec(sentences)?.[1];
  const exitCode = exit === undefined ? {} : { exitCode: Number(exit) };
  // Of what can't be started, the whole is the service's.
  if (START_ERROR.test(sentences)) return failed({ class: "start_failure", ...exitCode, reason: said(job, "the job failed", message) });
  const reason = said(job, "the job failed");
  const more = { ...exitCode, reason, ...(written === "" ? {} : { lastLines: [redacted(written, valuesIn(job))] }) };
  const known = SENTENCES.find(({ says }) => says.test(sentences));
  const neverStarted = typeof job.startTime !== "number";
  if (exit !== undefined && known?.class !== "out_of_memory")
    return failed({ class: "app_error", ...more, hint: "What it wrote is in the job's log." });
  if (known === undefined) return failed({ class: neverStarted ? "start_failure" : "app_error", ...more });
  const { class: failureClass, hint } = known;
  const outcome = failed({ class: failureClass, ...more, ...(hint === undefined ? {} : { hint }) });
  return known.passing && neverStarted ? { ...outcome, neverStarted: true } : outcome;
}

/** What the run itself wrote stands behind the service's sentences: it must not be taken for one of them, and is nobody else's business. */
function wordsOf({ error }: Job): { readonly message: string; readonly sentences: string; readonly written: string } {
  const [message = ""] = (error?.message ?? "").split("To find out more");
  const at = message.search(/Traceback|Termination log message/);
  return at < 0 ? { message, sentences: message, written: "" } : { message, sentences: message.slice(0, at), written: message.slice(at) };
}

function failed(failure: RunFailure): Extract<RunOutcome, { state: "FAILED" }> {
  return { state: "FAILED", failure };
}

function said(job: Job, otherwise: string, words = wordsOf(job).sentences): string {
  const message = redacted(words, valuesIn(job));
  if (message === "") return otherwise;
  return otherwise.startsWith("JOB_STATE_") ? `${otherwise} (${message})` : message;
}
