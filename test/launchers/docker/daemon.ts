/** A backend before a double of the daemon, on a real socket. */
import { setImmediate } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { planDigestOf } from "../../../shared/core/identity.ts";
import type { Backend, Launch, Services } from "../../../shared/core/launcher.ts";
import type { PlannedRun } from "../../../shared/core/run.ts";
import { connectDocker } from "../../../shared/launchers/docker/backend.ts";
import { type DockerPlan, planDocker } from "../../../shared/launchers/docker/plan.ts";
import type { DockerSettings } from "../../../shared/launchers/docker/target.ts";
import { servicesFor } from "../../contract/services.ts";
import { type EngineDouble, type EngineDoubleOptions, engineDouble } from "../../doubles/docker/engine-double.ts";
import { type Gate, gate } from "../../doubles/docker/gate.ts";
import { dockerRun, targetWith } from "./support.ts";

/** What a test does with a daemon. */
export interface DaemonBench {
  readonly engine: EngineDouble;
  readonly entry: Gate;
  /** Ids of runs that were told to come again. */
  readonly woken: readonly string[];
  /** A dispatcher of its own. */
  connect(): Promise<Backend<DockerPlan>>;
  prepare(run?: PlannedRun, signal?: AbortSignal): { readonly plan: DockerPlan; readonly launch: Launch };
}

export async function daemonBench(
  options: EngineDoubleOptions = {},
  settings: Partial<DockerSettings> = {},
  over: Partial<Services> = {},
): Promise<DaemonBench> {
  const engine = engineDouble(options);
  const entry = await gate(engine.handle);
  onTestFinished(() => entry.close());
  const target = targetWith(settings);
  const woken: string[] = [];
  const { services } = servicesFor({
    isFunction: true,
    sleep: async () => void (await setImmediate()),
    roomFor: (id) => void woken.push(id),
    ...over,
  });
  return {
    engine,
    entry,
    woken,
    connect: () => connectDocker(target, services, entry.dial),
    prepare(run = dockerRun(), signal = new AbortController().signal) {
      const plan = planDocker(run, target);
      const { deployment, key, attempt, request } = run;
      const planDigest = planDigestOf(plan);
      return { plan, launch: { deployment, id: request.id, key, attempt, planDigest, signal } };
    },
  };
}
