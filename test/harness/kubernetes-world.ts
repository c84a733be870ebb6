/** A world whose runs are Jobs: the exported handlers, the table's and the queue's doubles, and the real client before the double of the API server. */
import type { JsonObject } from "../../shared/core/json.ts";
import type { Launcher, Services } from "../../shared/core/launcher.ts";
import type { Target } from "../../shared/core/target.ts";
import { connectKubernetes } from "../../shared/launchers/kubernetes/backend.ts";
import { kubernetes as launcher } from "../../shared/launchers/kubernetes/index.ts";
import type { KubernetesSettings } from "../../shared/launchers/kubernetes/target.ts";
import type { WireAnswer, WireRequest } from "../../shared/launchers/kubernetes/transport.ts";
import type { KubernetesDoubleOptions } from "../doubles/kubernetes/options.ts";
import { type KubernetesService, kubernetesService, type SeenJob } from "../doubles/kubernetes/service.ts";
import { callOf, type DoubleRequest, refused } from "../doubles/kubernetes/wire.ts";
import { beginningOf, ConnectionLost } from "./carrier.ts";
import type { Life } from "./life.ts";
import { onItsWay, untilAborted } from "./on-its-way.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { goThrough, type LauncherWorld, type LauncherWorldOptions, launcherWorld, worldsOf } from "./worlds.ts";

/** The Kubernetes launcher, but for how it is connected. */
export type KubernetesLauncher = Omit<typeof launcher, "connect">;

/** What a test says of its world. */
export interface KubernetesWorldOptions extends LauncherWorldOptions<KubernetesLauncher> {
  readonly double?: Omit<KubernetesDoubleOptions, "clock">;
}

/** A world with its cluster. */
export interface KubernetesWorld extends LauncherWorld {
  readonly cluster: KubernetesService;
  /** The Jobs that were ever made for a run. */
  jobsOf(id: string): readonly SeenJob[];
}

/** A target as a configuration has it. */
export function kubernetesTargetDocument(over: JsonObject = {}): JsonObject {
  return { name: "jobs", type: "kubernetes", cluster: { server: "https://cluster.test" }, image: "img:1", ...over };
}

/** A configuration of these targets, or of one. */
export function kubernetesConfiguration(targets: readonly JsonObject[] = [kubernetesTargetDocument()]): string {
  return JSON.stringify({ deployment: "test", targets });
}

/** Does something in a world of a seed. */
export const inKubernetesWorld = worldsOf("kubernetes", kubernetesWorld, warmUpKubernetes);

function warmUpKubernetes(time: VirtualTime): Promise<void> {
  const world = kubernetesWorld(time, { double: { life: { runMs: 1000, exitCode: 3, log: "x" } } }, "kubernetes-warm");
  const documents = ["one", "two"].map((id) => ({ id, command: ["work"], run_config: { type: "KubernetesRun" } }));
  return goThrough(world, documents, ["FAILED"]);
}

function kubernetesWorld(time: VirtualTime, options: KubernetesWorldOptions, name: string): KubernetesWorld {
  const { double = {}, launcher: taken = launcher, late, ...others } = options;
  const cluster = kubernetesService({ clock: time, ...double });
  const base = launcherWorld(time, name, { configuration: kubernetesConfiguration(), ...others }, (life) => {
    const connect = (target: Target<KubernetesSettings>, services: Services) =>
      connectKubernetes(target, services, (request) => untilAborted(life, request.signal, () => carried(world, life, request, late)));
    return { kubernetes: { ...taken, connect } as unknown as Launcher };
  });
  const world: KubernetesWorld = Object.assign(base, {
    cluster,
    jobsOf: (id: string) => cluster.jobs().filter(({ annotations }) => annotations["slipway/run-id"] === id),
  });
  return world;
}

const THROTTLED = refused({
  code: 429,
  reason: "TooManyRequests",
  message: "too many requests, please try again later",
  details: { retryAfterSeconds: 1 },
});

/** A request to the API server on its way, as long as its process lives. */
async function carried(
  world: KubernetesWorld,
  life: Life,
  { method, url, headers, body = "" }: WireRequest,
  late: KubernetesWorldOptions["late"],
): Promise<WireAnswer> {
  const { pathname, search } = new URL(url);
  const request: DoubleRequest = { method, path: pathname + search, headers, body };
  const call = callOf(request);
  const reply = await onItsWay<WireAnswer>(world, life, {
    call: `kubernetes:${call?.verb} ${call?.resource}`,
    arrive: () => world.cluster.handle(request),
    throttled: THROTTLED,
    cut: (whole) => ({ ...whole, body: beginningOf(whole.body) }),
    late,
  });
  if (reply === undefined) throw new ConnectionLost("socket hang up");
  return reply;
}
