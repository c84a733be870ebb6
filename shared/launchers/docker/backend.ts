import type { Backend, Launch, Services, SubmitOutcome } from "../../core/launcher.ts";
import type { Target } from "../../core/target.ts";
import type { Dial } from "./agent.ts";
import { endsOf } from "./ends.ts";
import { engineAt } from "./engine.ts";
import { findContainer } from "./find.ts";
import { inspectContainers } from "./inspect.ts";
import { ownedContainers, removeContainer } from "./leftovers.ts";
import { containerName } from "./naming.ts";
import type { DockerPlan } from "./plan.ts";
import { pullsOf } from "./pulls.ts";
import { socketDial } from "./socket.ts";
import { sshDial } from "./ssh.ts";
import { stopContainer } from "./stops.ts";
import { submitPlan } from "./submit.ts";
import type { DockerSettings } from "./target.ts";

/** Containers of one target. Nothing is remembered here that another dispatcher would need. */
export async function connectDocker(
  target: Target<DockerSettings>,
  services: Services,
  dial: Dial = dialOf(target.settings, services),
): Promise<Backend<DockerPlan>> {
  const { registryAuth, remove = "always" } = target.settings;
  const engine = engineAt(dial);
  const ends = endsOf(engine, services, (launched) => inspectContainers(engine, launched));
  const pulls = pullsOf(engine, services, registryAuth);
  /** Submits of one attempt that meet in this process are one. */
  const submitting = new Map<string, Promise<SubmitOutcome>>();
  async function watched(submitted: Promise<SubmitOutcome>, { id, key, attempt }: Launch): Promise<SubmitOutcome> {
    const outcome = await submitted;
    if (outcome.status === "accepted") ends.watch({ id, key, attempt, handle: outcome.handle.id });
    return outcome;
  }

  return {
    submit(plan, launch) {
      const name = `${containerName(launch)}/${launch.id}`;
      const running =
        submitting.get(name) ??
        watched(submitPlan({ engine, pulls, services }, plan, launch), launch).finally(() => submitting.delete(name));
      submitting.set(name, running);
      return running;
    },
    find: (launch) => findContainer(engine, launch),
    inspect: (launched, signal) => inspectContainers(engine, launched, signal),
    stop: (launched, reason, signal) => stopContainer(engine, launched, reason, signal),
    owned: (deployment, signal) => ownedContainers(engine, deployment, remove, signal),
    remove: (launched, outcome, signal) => removeContainer(engine, launched, remove, outcome, signal),
  };
}

function dialOf({ host, ssh = {} }: DockerSettings, services: Services): Dial {
  return host.kind === "unix" ? socketDial(host.path) : sshDial(host, ssh, services);
}
