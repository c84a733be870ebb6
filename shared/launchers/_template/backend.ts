import type { Failure } from "../../core/failure.ts";
import type { Backend, FindOutcome, Handle, Launch, Launched, Observation, Services, SubmitOutcome } from "../../core/launcher.ts";
import type { Target } from "../../core/target.ts";
import { templateFailure } from "./failures.ts";
import { codeOf, type Job, jobOf, jobsOf, type Reply, type Request, send } from "./http.ts";
import type { TemplatePlan } from "./plan.ts";
import type { TemplateSettings } from "./target.ts";

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
    const reply = await call({ method: "GET", path, ...(signal === undefined ? {} : { signal }) });
    const jobs = reply.kind === "answered" && reply.status === 200 ? jobsOf(reply.body) : undefined;
    return jobs ?? failureOf(reply);
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

    async inspect(launched) {
      const jobs = await look(launched.map(({ handle }) => handle));
      if (!isList(jobs)) return launched.map(() => ({ status: "unknown", failure: jobs }));
      const byName = new Map(jobs.map((job) => [job.name, job]));
      return launched.map((one) => observationOf(endpoint, one, byName.get(one.handle)));
    },

    async stop(launched) {
      const jobs = await look([launched.handle]);
      if (!isList(jobs)) throw new Error(jobs.message);
      // Another's job of the same name is not ours to stop.
      if (!jobs.some((job) => job.name === launched.handle && job.run_id === launched.id && job.state !== "ended")) return;
      const reply = await call({ method: "POST", path: `/jobs/${encodeURIComponent(launched.handle)}/stop` });
      // 404 and 410: it ended between the two calls.
      const taken = reply.kind === "answered" && (reply.status < 300 || reply.status === 404 || reply.status === 410);
      if (!taken) throw new Error(failureOf(reply).message);
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
