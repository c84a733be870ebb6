/** Looking at jobs: by their names, and by our labels. */
import type { FindOutcome, Launch, Launched, Observation, Owned } from "../../core/launcher.ts";
import { codeOf, failureOf } from "./answers.ts";
import type { JobService } from "./client.ts";
import { isSameJob, type Job, jobOf } from "./job.ts";
import { OWN_LABELS } from "./labels.ts";
import { labelValue } from "./naming.ts";
import { END_STATES, handleOf, observationOf } from "./observation.ts";
import { parentOf } from "./plan.ts";
import type { VertexSettings } from "./target.ts";

const PAGE = 100;
/** Runs that one list asks for: a filter of some thousand characters. */
const ASKED_AT_ONCE = 50;

/** Reads of one target's jobs. */
export interface Jobs {
  find(launch: Launch): Promise<FindOutcome>;
  inspect(launched: readonly Launched[], signal?: AbortSignal): Promise<readonly Observation[]>;
  owned(deployment: string, signal: AbortSignal): AsyncIterable<Owned>;
}

export function jobsOf(service: JobService, settings: VertexSettings, now: () => number): Jobs {
  const parent = parentOf(settings);

  /** All jobs of a filter, page by page. Throws where a page can't be had. */
  async function* listed(filter: string, signal?: AbortSignal): AsyncGenerator<Job> {
    for (let pageToken = ""; ; ) {
      const request = { parent, filter, pageSize: PAGE, pageToken };
      const [jobs, , answer] = await service.call((client) => client.listCustomJobs(request, { autoPaginate: false }), signal);
      for (const job of jobs) yield jobOf(job);
      pageToken = answer?.nextPageToken ?? "";
      if (pageToken === "") return;
    }
  }

  /** The job of a handle, which the service answers for at once, where its lists are late. */
  async function one({ handle }: Pick<Launched, "handle">, signal?: AbortSignal): Promise<Observation> {
    try {
      const [job] = await service.call((client) => client.getCustomJob({ name: handle }), signal);
      return observationOf(jobOf(job), settings.project, now());
    } catch (thrown) {
      return codeOf(thrown) === "NOT_FOUND" ? { status: "absent" } : { status: "unknown", failure: failureOf(thrown, []) };
    }
  }

  /** Observations of up to `ASKED_AT_ONCE` runs, by handle. Those that a list does not show yet are asked for by name. */
  async function together(launched: readonly Launched[], signal?: AbortSignal): Promise<readonly (readonly [string, Observation])[]> {
    const keys = [...new Set(launched.map(({ key }) => key))];
    const jobs: Job[] = [];
    try {
      for await (const job of listed(anyOf(keys), signal)) jobs.push(job);
    } catch (thrown) {
      // A service that takes no such filter is asked for each.
      if (codeOf(thrown) !== "INVALID_ARGUMENT") {
        const failure = failureOf(thrown, []);
        return launched.map(({ handle }) => [handle, { status: "unknown", failure }] as const);
      }
    }
    return Promise.all(
      launched.map(async (each) => {
        const job = jobs.find(({ name }) => isSameJob(name, each.handle));
        return [each.handle, job === undefined ? await one(each, signal) : observationOf(job, settings.project, now())] as const;
      }),
    );
  }

  return {
    async find(launch) {
      try {
        const jobs: Job[] = [];
        for await (const job of listed(labelled(launch), launch.signal)) jobs.push(job);
        // Of two, the first is kept; the sweep ends the other.
        const [first] = jobs.toSorted((a, b) => (a.createTime ?? 0) - (b.createTime ?? 0));
        return first === undefined ? { status: "absent" } : { status: "found", handle: handleOf(first.name, settings.project) };
      } catch (thrown) {
        return { status: "unknown", failure: failureOf(thrown, []) };
      }
    },

    async inspect(launched, signal) {
      const [first, ...more] = launched;
      if (first === undefined) return [];
      if (more.length === 0) return [await one(first, signal)];
      const seen = new Map<string, Observation>();
      for (let at = 0; at < launched.length; at += ASKED_AT_ONCE) {
        for (const [handle, observation] of await together(launched.slice(at, at + ASKED_AT_ONCE), signal)) seen.set(handle, observation);
      }
      return launched.map(({ handle }) => seen.get(handle) ?? { status: "absent" });
    },

    async *owned(deployment, signal) {
      // What ended stays in the project for ever, and would make the list longer and longer.
      const filter = [`labels.${OWN_LABELS.deployment}="${labelValue(deployment)}"`, ...END_STATES.map((state) => `state!="${state}"`)];
      for await (const job of listed(filter.join(" AND "), signal)) {
        const { [OWN_LABELS.key]: key, [OWN_LABELS.attempt]: attempt } = job.labels ?? {};
        if (key !== undefined && /^\d+$/.test(attempt ?? "")) yield { key, attempt: Number(attempt), handle: job.name, status: "active" };
      }
    },
  };
}

function labelled({ deployment, key, attempt }: Launch): string {
  const labels = { [OWN_LABELS.deployment]: deployment, [OWN_LABELS.key]: key, [OWN_LABELS.attempt]: String(attempt) };
  return Object.entries(labels)
    .map(([name, text]) => `labels.${name}="${labelValue(text)}"`)
    .join(" AND ");
}

function anyOf(keys: readonly string[]): string {
  return keys.map((key) => `labels.${OWN_LABELS.key}="${labelValue(key)}"`).join(" OR ");
}
