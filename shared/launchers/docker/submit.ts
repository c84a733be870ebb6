/**
 * Launching an attempt once. Only who has made a container starts it, once, by its id; who meets one that was made and not started
 * waits a moment, takes it away and makes another. So a start that comes late, from a link that was frozen, finds nothing to start.
 */
import type { Failure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Launch, Services, SubmitOutcome } from "../../core/launcher.ts";
import { type Container, timeOf } from "./documents.ts";
import type { Engine, Reply } from "./engine.ts";
import { dockerFailure } from "./failures.ts";
import type { ConnectCall, CreateCall, DockerPlan } from "./plan.ts";
import { shown } from "./pull-progress.ts";
import type { Pulls } from "./pulls.ts";
import { isOfLaunch, planLabels } from "./whose.ts";

/** What a launch is made with. */
export interface Submitting {
  readonly engine: Engine;
  readonly pulls: Pulls;
  readonly services: Pick<Services, "sleep">;
}

/** How long another is given to start what it has made. */
const PATIENCE_MILLISECONDS = 3000;
const LOOK_AGAIN_MILLISECONDS = 100;
/** How long is spent on taking away what was made in vain: less than an invocation keeps for recording what came of it. */
const WITHDRAW_MILLISECONDS = 3500;
/** Others may take away and make as often; with this many rounds something is wrong. */
const MOST_ROUNDS = 6;

/** A step's result: once more from the beginning, or what came of the launch. */
type Step = "again" | SubmitOutcome;

/** Launches the plan, or adopts what an earlier call of the attempt launched. */
export async function submitPlan(with_: Submitting, plan: DockerPlan, launch: Launch): Promise<SubmitOutcome> {
  const create = plan.calls.find((call) => call.api === "docker:createContainer");
  if (create === undefined) throw new Error("a plan without a container");
  const prepared = await prepare(with_, plan, launch);
  if (prepared !== "on") return prepared;
  let pulled = plan.calls.some((call) => call.api === "docker:pull" && call.input.policy === "always");
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const made = await with_.engine.create(create.input.name, bodyOf(create, launch), launch.signal);
    if (made.kind === "done") {
      const started = await startMade(with_.engine, plan, made.value, launch);
      if (started === "again") continue;
      return started;
    }
    if (made.kind !== "refused") return outcomeOf(made);
    if (isNameTaken(made)) {
      const adopted = await adopt(with_, create.input.name, launch);
      if (adopted === "again") continue;
      return adopted;
    }
    if (!isImageMissing(made)) return outcomeOf(made);
    const image = String(create.input.body["Image"]);
    if (!plan.calls.some((call) => call.api === "docker:pull")) {
      return refused(dockerFailure("IMAGE_NOT_PRESENT", `the Docker host does not have the image ${shown(image)}`));
    }
    // It is there, says the registry's daemon, and it is not: somebody takes it away again.
    if (pulled && round > 0) return refused(dockerFailure("IMAGE_NOT_FOUND", `the image ${shown(image)} was pulled and is not there`));
    const there = await with_.pulls.ensure(image, launch);
    if (there !== "there") return refused(there);
    pulled = true;
  }
  return changing();
}

/** What comes before the container: an image that is always pulled, and volumes. */
async function prepare({ engine, pulls }: Submitting, plan: DockerPlan, launch: Launch): Promise<"on" | SubmitOutcome> {
  for (const call of plan.calls) {
    if (call.api === "docker:pull" && call.input.policy === "always") {
      // An attempt that is there already needs no image.
      const there = await engine.look(nameIn(plan), launch.signal);
      if (there.kind === "unsent" || there.kind === "unanswered") return refused(there.failure);
      if (there.kind === "done") return "on";
      const pulled = await pulls.ensure(call.input.image, launch);
      if (pulled !== "there") return refused(pulled);
    }
    if (call.api === "docker:createVolume") {
      // A volume that is there stays as it is.
      const made = await engine.createVolume({ ...call.input }, launch.signal);
      if (made.kind !== "done") return refused(made.failure);
    }
  }
  return "on";
}

function nameIn(plan: DockerPlan): string {
  return plan.calls.find((call) => call.api === "docker:createContainer")?.input.name ?? "";
}

/** The container of a plan, with the label by which it is known as this plan's. */
function bodyOf({ input: { body } }: CreateCall, launch: Launch): JsonObject {
  return { ...body, Labels: { ...(body["Labels"] as JsonObject), ...planLabels(launch) } };
}

/** Connects and starts what we have just made. What can't be started is taken away again. */
async function startMade(engine: Engine, plan: DockerPlan, id: string, launch: Launch): Promise<Step> {
  const networks = plan.calls.filter((call): call is ConnectCall => call.api === "docker:connectNetwork");
  for (const { input } of networks) {
    const connected = await engine.connectNetwork(input.network, id, launch.signal);
    if (connected.kind === "refused" && isGone(connected)) return "again";
    if (connected.kind !== "done") return withdrawn(engine, id, connected.failure);
  }
  const started = await engine.start(id, launch.signal);
  if (started.kind === "done" || (started.kind === "refused" && started.status === 304)) return accepted(id);
  if (mayHaveArrived(started)) return afterSilence(engine, id, started.failure, launch);
  // Another took it for one whose maker is gone, and has made another.
  if (started.kind === "refused" && isGone(started)) return "again";
  return withdrawn(engine, id, started.failure);
}

/** The start may be on its way: what is not running yet may be so any moment. */
async function afterSilence(engine: Engine, id: string, failure: Failure, launch: Launch): Promise<SubmitOutcome> {
  const seen = launch.signal.aborted ? undefined : await engine.look(id, launch.signal);
  return seen?.kind === "done" && wasStarted(seen.value) ? accepted(id) : { status: "unknown", failure };
}

/** Takes away what was made in vain. Only when it is gone is it certain that nothing was launched. */
async function withdrawn(engine: Engine, id: string, failure: Failure): Promise<SubmitOutcome> {
  // Also when the launch's own time is over: what is left behind is worse.
  const removed = await engine.remove(id, AbortSignal.timeout(WITHDRAW_MILLISECONDS));
  if (removed.kind === "done" || (removed.kind === "refused" && removed.status === 404)) return refused(failure);
  return { status: "unknown", failure: dockerFailure("BEING_STARTED", "a container was made that could not be started nor taken away") };
}

/** The name is taken: by ours, which another call has made, or by a stranger's. */
async function adopt({ engine, services }: Submitting, name: string, launch: Launch): Promise<Step> {
  for (let waited = 0; ; waited += LOOK_AGAIN_MILLISECONDS) {
    const seen = await engine.look(name, launch.signal);
    if (seen.kind === "refused" && seen.status === 404) return "again";
    if (seen.kind !== "done") return { status: "unknown", failure: seen.failure };
    const { Id, Config } = seen.value;
    if (!isOfLaunch(Config.Labels, launch)) {
      return {
        status: "refused",
        failure: dockerFailure("NAME_TAKEN", `a container ${name} that is not this attempt's is on the Docker host`),
        boundToKey: true,
      };
    }
    if (wasStarted(seen.value)) return accepted(Id);
    if (waited >= PATIENCE_MILLISECONDS) return takenAway(engine, Id, launch);
    await services.sleep(LOOK_AGAIN_MILLISECONDS, launch.signal);
    if (launch.signal.aborted)
      return { status: "unknown", failure: dockerFailure("BEING_STARTED", "the container was made, and not started yet") };
  }
}

/** Takes away what was made and never started, so that nobody can start it any more. Never what runs: that is refused. */
async function takenAway(engine: Engine, id: string, launch: Launch): Promise<Step> {
  const removed = await engine.remove(id, launch.signal);
  // 409: it was started at last, or another takes it away.
  if (removed.kind === "done" || (removed.kind === "refused" && [404, 409].includes(removed.status))) return "again";
  return { status: "unknown", failure: removed.failure };
}

/** Whether a container was ever started. */
export function wasStarted({ State }: Container): boolean {
  return State.Running || timeOf(State.StartedAt) !== undefined;
}

/** What a call means that made nothing, unless it may have arrived. */
function outcomeOf(reply: NotDone): SubmitOutcome {
  return mayHaveArrived(reply) ? { status: "unknown", failure: reply.failure } : refused(reply.failure);
}

type NotDone = Exclude<Reply<unknown>, { kind: "done" }>;

/** No answer, or a gateway's: it says nothing of what is behind it. */
function mayHaveArrived(reply: NotDone): boolean {
  return reply.kind === "unanswered" || reply.failure.class === "unknown";
}

/** Docker says 409; podman 500, and the words. */
function isNameTaken({ status, said }: { readonly status: number; readonly said: string }): boolean {
  return (status === 409 || status === 500) && /name .*already in use|already in use by|conflict.*name/is.test(said);
}

function isImageMissing({ status, said }: { readonly status: number; readonly said: string }): boolean {
  return (status === 404 || status === 500) && /no such image|image not known|manifest unknown/i.test(said);
}

function isGone({ status, said }: { readonly status: number; readonly said: string }): boolean {
  return (status === 404 && /no such container/i.test(said)) || (status === 409 && /marked for removal|removal .*in progress/i.test(said));
}

function accepted(id: string): SubmitOutcome {
  return { status: "accepted", handle: { id } };
}

/** Nothing was launched. A call before it that got no answer may be made again. */
function refused(failure: Failure): SubmitOutcome {
  return { status: "refused", failure: failure.class === "unknown" ? { ...failure, class: "unavailable" } : failure };
}

function changing(): SubmitOutcome {
  return {
    status: "unknown",
    failure: dockerFailure("BEING_STARTED", "others make and take away the attempt's container at the same time"),
  };
}
