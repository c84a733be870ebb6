/** The job service without its wire: jobs, rates, lists that lag. Time is what the clock says, and only asked for. */
import type { JsonObject } from "../../../shared/core/json.ts";
import { checkCreate } from "./checks.ts";
import { PROJECT_NUMBER, REFUSALS, rateExceeded, ServiceError } from "./errors.ts";
import { filterOf, NoFilter } from "./filter.ts";
import { type Change, changeAt, ENDS, filteredAt, type Job, viewAt } from "./job.ts";

/** What may be chosen of the double. Milliseconds. */
export interface VertexOptions {
  readonly now: () => number;
  /** From creation to running. */
  readonly pendingMs?: number;
  /** How long a job runs before it succeeds by itself; for ever when not said. */
  readonly runMs?: number;
  /** How long a job is cancelled for before it is over. */
  readonly cancelMs?: number;
  /** What a list shows is so old: jobs younger than that are missing, and states are those of then. */
  readonly listLagMs?: number;
  /** Most jobs of a page, whatever is asked for. */
  readonly page?: number;
  /** Submissions and reads of a project in a region, in a minute. */
  readonly submissions?: number;
  readonly reads?: number;
}

/** The service's operations: input and answer as its JSON front has them. */
export interface VertexService {
  create(parent: string, customJob: JsonObject): JsonObject;
  get(name: string): JsonObject;
  list(parent: string, query: { readonly filter: string; readonly pageSize: number; readonly pageToken: string }): JsonObject;
  cancel(name: string): JsonObject;
  /** Every job that was ever made, whatever lists show. */
  readonly jobs: readonly Job[];
  /** The next creates are refused for this reason, until `undefined`. */
  refuse(reason: keyof typeof REFUSALS | undefined): void;
  /** Ends a job by itself. */
  finish(job: Job, exitCode: number): void;
  /** Puts a job into a state from now on. */
  turn(job: Job, state: string, error?: Change["error"]): void;
  forget(job: Job): void;
  /** Filters are too long from now on. */
  refuseLists(): void;
  /** Jobs that are cancelled from now on do not take notice, and succeed. */
  ignoreCancels(): void;
}

const MINUTE = 60_000;

export function vertexService(options: VertexOptions): VertexService {
  const { now, pendingMs = 0, runMs = Number.POSITIVE_INFINITY, cancelMs = 0, listLagMs = 0, page = 100 } = options;
  const { submissions = 60, reads = 600 } = options;
  let jobs: readonly Job[] = [];
  let made = 0;
  let refusal: keyof typeof REFUSALS | undefined;
  let cancelsAreIgnored = false;
  let listsAreRefused = false;
  const used = new Map<string, number>();

  /** Counts a call in its minute, which begins with the clock's. */
  function spend(metric: string, place: string, most: number): void {
    const window = `${metric}/${place}/${Math.floor(now() / MINUTE)}`;
    const count = (used.get(window) ?? 0) + 1;
    if (count > most) throw rateExceeded(metric, `${metric} per minute per region`);
    used.set(window, count);
  }

  function existing(name: string): Job {
    const [, , place, id] = /^projects\/([^/]+)\/locations\/([^/]+)\/customJobs\/([^/]+)$/.exec(name) ?? [];
    const job = jobs.find((each) => each.name.endsWith(`/locations/${place}/customJobs/${id}`));
    if (job === undefined) throw new ServiceError("NOT_FOUND", `The CustomJob does not exist: ${name}`);
    return job;
  }

  function change(job: Job, ...changes: readonly Change[]): void {
    const at = changes[0]?.at ?? now();
    job.changes = [...job.changes.filter((each) => each.at < at), ...changes];
  }

  return {
    get jobs() {
      return jobs;
    },
    create(parent, customJob) {
      const region = /^projects\/[^/]+\/locations\/([^/]+)$/.exec(parent)?.[1];
      if (region === undefined) throw new ServiceError("INVALID_ARGUMENT", `Malformed parent: ${parent}`);
      if (refusal !== undefined) throw REFUSALS[refusal]();
      spend("Job/LRO submission requests", parent, submissions);
      checkCreate(customJob);
      const at = now();
      const name = `projects/${PROJECT_NUMBER}/locations/${region}/customJobs/${4_000_000_000_000 + ++made}`;
      const running = at + pendingMs;
      const job: Job = {
        name,
        place: parent,
        document: customJob,
        createdAt: at,
        changes: [
          { at, state: "JOB_STATE_PENDING" },
          { at: running, state: "JOB_STATE_RUNNING" },
          ...(Number.isFinite(runMs) ? [{ at: running + runMs, state: "JOB_STATE_SUCCEEDED" }] : []),
        ],
      };
      jobs = [...jobs, job];
      return viewAt(job, at, true);
    },
    get(name) {
      spend("Resource management (CRUD) requests", name.split("/customJobs/")[0] ?? "", reads);
      return viewAt(existing(name), now(), true);
    },
    list(parent, { filter, pageSize, pageToken }) {
      spend("Resource management (CRUD) requests", parent, reads);
      if (listsAreRefused) throw new ServiceError("INVALID_ARGUMENT", "Filter is too long.");
      const then = now() - listLagMs;
      const passes = passing(filter);
      const all = jobs.filter((job) => job.place === parent && job.createdAt <= then && passes(filteredAt(job, then)));
      const from = pageToken === "" ? 0 : Number(pageToken);
      const size = Math.min(pageSize > 0 ? pageSize : page, page);
      const shown = all.toReversed().slice(from, from + size);
      const next = from + size < all.length ? { nextPageToken: String(from + size) } : {};
      return { ...(shown.length === 0 ? {} : { customJobs: shown.map((job) => viewAt(job, then, true)) }), ...next };
    },
    cancel(name) {
      const job = existing(name);
      const { state } = changeAt(job, now());
      // A job that is over stays as it is: no error.
      if (ENDS.has(state) || state === "JOB_STATE_CANCELLING") return {};
      const at = now();
      const end = cancelsAreIgnored ? "JOB_STATE_SUCCEEDED" : "JOB_STATE_CANCELLED";
      change(job, { at, state: "JOB_STATE_CANCELLING" }, { at: at + cancelMs, state: end });
      return {};
    },
    refuse(reason) {
      refusal = reason;
    },
    finish(job, exitCode) {
      const at = now();
      const message = `The replica workerpool0-0 exited with a non-zero status of ${exitCode}. To find out more about why your job exited please check the logs: https://console.cloud.google.com/logs/viewer?project=${PROJECT_NUMBER}`;
      change(job, exitCode === 0 ? { at, state: "JOB_STATE_SUCCEEDED" } : { at, state: "JOB_STATE_FAILED", error: { code: 3, message } });
    },
    turn(job, state, error) {
      change(job, { at: now(), state, ...(error === undefined ? {} : { error }) });
    },
    forget(job) {
      jobs = jobs.filter((each) => each !== job);
    },
    refuseLists() {
      listsAreRefused = true;
    },
    ignoreCancels() {
      cancelsAreIgnored = true;
    },
  };
}

function passing(filter: string): ReturnType<typeof filterOf> {
  try {
    return filterOf(filter);
  } catch (error) {
    if (error instanceof NoFilter) throw new ServiceError("INVALID_ARGUMENT", `Invalid filter: ${error.message}`);
    throw error;
  }
}
