import type { Failure } from "../../core/failure.ts";
import { runKey } from "../../core/identity.ts";
import type { Backend, FindOutcome, Handle, Launch, Launched, Observation, Owned, Services, SubmitOutcome } from "../../core/launcher.ts";
import type { Target } from "../../core/target.ts";
import { templateFailure } from "./failures.ts";
import { codeOf, type Job, jobOf, pageOf, type Reply, type Request, send } from "./http.ts";
import type { TemplatePlan } from "./plan.ts";
import type { TemplateSettings } from "./target.ts";

/** What fits a URL. */
const MOST_NAMES = 50;

/** Jobs of one service. Keeps nothing in memory that another dispatcher would need. */
export async function connectTemplate(target: Target<TemplateSettings>, services: Services): Promise<Backend<TemplatePlan>> {
  const { endpoint } = target.settings;

  async function call(request: Omit<Request, "url" | "token"> & { path: string }): Promise<Reply | { kind: "no token" }> {
    const { path, ...rest } = request;
    const token = await services.secret(target.settings.token).catch(() => undefined);
    return token === undefined ? { kind: "no token" } : send({ ...rest, url: endpoint + path, token });
  }

  /** The jobs of these names, in no order; a failure where that is not known. */
  async function look(names: readonly string[], signal?: AbortSignal): Promise<readonly Job[] | Failure> {
    const path = `/jobs?names=${names.map(encodeURIComponent).join(",")}`;
    const reply = await call({ method: "GET", path, ...given(signal) });
    const jobs = reply.kind === "answered" && reply.status === 200 ? pageOf(reply.body)?.jobs : undefined;
    return jobs ?? failureOf(reply);
  }

  /** Has the service change something; `done` are the answers that say that there is nothing to do. */
  async function change(request: Parameters<typeof call>[0], done: readonly number[]): Promise<void> {
    const reply = await call(request);
    const taken = reply.kind === "answered" && (reply.status < 300 || done.includes(reply.status));
    if (!taken) throw new Error(failureOf(reply).message);
  }

  return {
    async submit(plan, launch): Promise<SubmitOutcome> {
      const [{ input }] = plan.calls;
      const reply = await call({ method: "POST", path: "/jobs", body: input, idempotencyKey: keyOf(launch), signal: launch.signal });
      if (reply.kind === "answered" && (reply.status === 200 || reply.status === 201)) {
        // 200: the service knows the key, and answers with the job that it made then.
        return { status: "accepted", handle: handleOf(endpoint, jobOf(reply.body)?.name ?? input.name) };
      }
      const failure = failureOf(reply);
      return failure.class === "unknown" ? { status: "unknown", failure } : { status: "refused", failure };
    },

    async find(launch): Promise<FindOutcome> {
      const name = nameOf(launch);
      const jobs = await look([name], launch.signal);
      if (!isList(jobs)) return { status: "unknown", failure: jobs };
      const ours = jobs.some((job) => job.name === name && job.run_id === launch.id);
      return ours ? { status: "found", handle: handleOf(endpoint, name) } : { status: "absent" };
    },

    async inspect(launched, signal) {
      const seen: Observation[] = [];
      for (let from = 0; from < launched.length; from += MOST_NAMES) {
        const batch = launched.slice(from, from + MOST_NAMES);
        const jobs = await look(
          batch.map(({ handle }) => handle),
          signal,
        );
        const byName = new Map(isList(jobs) ? jobs.map((job) => [job.name, job]) : []);
        seen.push(...batch.map((one) => (isList(jobs) ? observationOf(endpoint, one, byName.get(one.handle)) : unknown(jobs))));
      }
      return seen;
    },

    async stop(launched, _reason, signal) {
      const jobs = await look([launched.handle], signal);
      if (!isList(jobs)) throw new Error(jobs.message);
      // Another's job of the same name is not ours to stop.
      if (!jobs.some((job) => job.name === launched.handle && job.run_id === launched.id && job.state !== "ended")) return;
      // 404 and 410: it ended between the two calls.
      await change({ method: "POST", path: `/jobs/${encodeURIComponent(launched.handle)}/stop`, ...given(signal) }, [404, 410]);
    },

    async *owned(deployment, signal) {
      for (let after: number | undefined = 0; after !== undefined; ) {
        const path = `/jobs?prefix=${encodeURIComponent(`slipway-${deployment}-`)}&after=${after}`;
        const reply = await call({ method: "GET", path, signal });
        const page = reply.kind === "answered" && reply.status === 200 ? pageOf(reply.body) : undefined;
        if (page === undefined) throw new Error(failureOf(reply).message);
        yield* page.jobs.flatMap((job) => ownedOf(job, deployment) ?? []);
        after = page.after;
      }
    },

    async remove({ key, attempt, handle }, _outcome, signal) {
      const jobs = await look([handle], signal);
      if (!isList(jobs)) throw new Error(jobs.message);
      const [job] = jobs;
      if (job === undefined || runKey(job.run_id) !== key || !job.name.endsWith(`-${key}-${attempt}`)) return;
      // 409: it runs, and is left alone. The service looks in the same moment, as we can't.
      await change({ method: "DELETE", path: `/jobs/${encodeURIComponent(handle)}?ended=true`, ...given(signal) }, [404, 409]);
    },
  };
}

/** What the service knows a call by when it comes again. */
function keyOf(launch: Launch): string {
  return `${launch.deployment}/${launch.key}/${launch.attempt}`;
}

function nameOf(launch: Launch): string {
  return `slipway-${launch.deployment}-${launch.key}-${launch.attempt}`;
}

function unknown(failure: Failure): Observation {
  return { status: "unknown", failure };
}

function given(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** Whose a job is, by its name and the run that it says it is of; undefined for others', whose deployment may begin like ours. */
function ownedOf(job: Job, deployment: string): Owned | undefined {
  const [, of, key, attempt] = /^slipway-(.+)-([a-z2-7]{26})-(\d+)$/.exec(job.name) ?? [];
  if (of !== deployment || key === undefined || key !== runKey(job.run_id)) return undefined;
  const common = { key, attempt: Number(attempt), handle: job.name };
  return job.state === "ended" ? { ...common, status: "ended", endedAt: job.ended_at ?? 0 } : { ...common, status: "active" };
}

function handleOf(endpoint: string, name: string): Handle {
  return { id: name, links: { console: `${endpoint}/console/${encodeURIComponent(name)}` } };
}

function observationOf(endpoint: string, launched: Launched, job: Job | undefined): Observation {
  if (job === undefined || job.run_id !== launched.id) return { status: "absent" };
  const seen = { handle: handleOf(endpoint, job.name), ...(job.started_at === null ? {} : { startedAt: job.started_at }) };
  switch (job.state) {
    case "pending":
      return { ...seen, status: "starting" };
    case "running":
      return { ...seen, status: "running" };
    case "ended":
      return { ...seen, status: "ended", endedAt: job.ended_at ?? 0, outcome: outcomeOf(job) };
    default: {
      const unhandled: never = job.state;
      return unhandled;
    }
  }
}

function outcomeOf(job: Job): Extract<Observation, { status: "ended" }>["outcome"] {
  const exit = job.exit_code === null ? {} : { exitCode: job.exit_code };
  // Done is done, whoever was about to stop it.
  if (job.exit_code === 0) return { state: "SUCCEEDED", exitCode: 0 };
  if (job.stopped) return { state: "CANCELLED", ...exit };
  const reason = job.exit_code === null ? "it ended without an exit code" : `exited with code ${job.exit_code}`;
  return { state: "FAILED", failure: { class: "app_error", ...exit, reason } };
}

function failureOf(reply: Reply | { kind: "no token" }): Failure {
  switch (reply.kind) {
    case "no token":
      return templateFailure("SECRET_UNREADABLE", "the target's token could not be read");
    case "unsent":
      return templateFailure("NOT_SENT", "the call was not sent");
    case "unanswered":
      return templateFailure("NO_ANSWER", "no answer came to the call");
    case "answered": {
      const { status, body, retryAfterSeconds } = reply;
      const failure = templateFailure(codeOf(body) ?? `HTTP_${status}`, `the job service answered ${status}`, status);
      return retryAfterSeconds === undefined ? failure : { ...failure, retryAfterSeconds };
    }
    default: {
      const unhandled: never = reply;
      return unhandled;
    }
  }
}

function isList(looked: readonly Job[] | Failure): looked is readonly Job[] {
  return Array.isArray(looked);
}
