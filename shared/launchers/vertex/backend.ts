/** The calls of one Vertex target. The client is made on first use of the target. */
import type { Backend, Launch, Services, SubmitOutcome } from "../../core/launcher.ts";
import type { Target } from "../../core/target.ts";
import { codeOf, failedCreate, failureOf } from "./answers.ts";
import { type JobService, jobService } from "./client.ts";
import { vertexFailure } from "./failures.ts";
import { jobOf } from "./job.ts";
import { jobsOf } from "./jobs.ts";
import { handleOf } from "./observation.ts";
import { createPace, type Pace } from "./pace.ts";
import type { VertexPlan } from "./plan.ts";
import type { VertexSettings } from "./target.ts";
import { messageOf, valuesOf } from "./wire.ts";

/** One pace for all of a dispatcher's targets in a project and region: the service counts them together. */
const paces = new WeakMap<Services["shared"], Map<string, Pace>>();

/** Connects to a target; `makeService` is for whoever carries the requests otherwise than over the network. */
export async function connectVertex(
  target: Target<VertexSettings>,
  services: Services,
  makeService: (settings: VertexSettings, services: Services) => Promise<JobService> = jobService,
): Promise<Backend<VertexPlan>> {
  const { settings } = target;
  const service = await makeService(settings, services);
  const { find, inspect, owned } = jobsOf(service, settings, services.now);
  const pace = paceOf(settings, services);

  async function create(plan: VertexPlan, { signal }: Launch): Promise<SubmitOutcome> {
    const [{ input }] = plan.calls;
    try {
      const request = { parent: input.parent, customJob: messageOf(input.customJob) };
      const [job] = await service.call((client) => client.createCustomJob(request), signal);
      pace.taken();
      return { status: "accepted", handle: handleOf(jobOf(job).name, settings.project) };
    } catch (thrown) {
      const outcome = failedCreate(thrown, valuesOf(input.customJob));
      if (outcome.status !== "refused" || outcome.failure.class !== "throttled") return outcome;
      const retryAfterSeconds = Math.max(pace.throttled(), outcome.failure.retryAfterSeconds ?? 0);
      return { ...outcome, failure: { ...outcome.failure, retryAfterSeconds } };
    }
  }

  return {
    async submit(plan, launch) {
      if (launch.signal.aborted) return { status: "refused", failure: vertexFailure("NO_TIME", "no time was left for the call") };
      const turn = await pace.turn(launch.signal);
      if (turn.status === "go") return create(plan, launch);
      const message = "the project's submissions of this minute are used up";
      return { status: "refused", failure: { ...vertexFailure("PACED", message), retryAfterSeconds: turn.seconds } };
    },
    find,
    inspect,
    owned,
    async stop({ handle }, _reason, signal) {
      try {
        await service.call((client) => client.cancelCustomJob({ name: handle }), signal);
      } catch (thrown) {
        // There is none, or it has ended: nothing is left to stop, and what became of it is seen.
        if (codeOf(thrown) === "NOT_FOUND" || codeOf(thrown) === "FAILED_PRECONDITION") return;
        throw new Error(`the job could not be cancelled: ${failureOf(thrown, []).message}`);
      }
    },
  };
}

function paceOf({ project, region }: VertexSettings, services: Services): Pace {
  const shared = paces.get(services.shared) ?? new Map<string, Pace>();
  paces.set(services.shared, shared);
  const place = `${project}/${region}`;
  const pace = shared.get(place) ?? createPace(services);
  shared.set(place, pace);
  return pace;
}
