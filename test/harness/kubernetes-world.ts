/** A world whose runs are Jobs: the exported handlers, the table's and the queue's doubles, and the real client before the double of the API server. */
import { compose } from "../../functions/compose.ts";
import { dispatchHandler } from "../../functions/dispatch.ts";
import { observeHandler } from "../../functions/observe.ts";
import { sweepHandler } from "../../functions/sweep.ts";
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
import { type DispatcherProcess, surroundingsOf } from "./dispatcher-process.ts";
import { type Life, never } from "./life.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { createWorld, type World, type WorldOptions, worldFolder } from "./world.ts";
import { worldsOf } from "./worlds.ts";

/** The Kubernetes launcher, but for how it is connected. */
export type KubernetesLauncher = Omit<typeof launcher, "connect">;

/** What a test says of its world. */
export interface KubernetesWorldOptions extends Partial<Omit<WorldOptions, "folder" | "begin" | "breakage">> {
  readonly double?: Omit<KubernetesDoubleOptions, "clock">;
  /** In place of the launcher: with something taken out. */
  readonly launcher?: KubernetesLauncher;
  /** How much later a late call arrives. */
  late?(): number;
}

/** A world with its cluster. */
export interface KubernetesWorld extends World {
  readonly cluster: KubernetesService;
  /** The Jobs that were ever made for a run. */
  jobsOf(id: string): readonly SeenJob[];
  /** Puts a request into the queue now. */
  submit(document: JsonObject): void;
  /** Ticks until it is so. Throws where it is not within so many minutes. */
  until(what: () => boolean, minutes?: number): Promise<void>;
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

async function warmUpKubernetes(time: VirtualTime): Promise<void> {
  const world = kubernetesWorld(time, { double: { life: { runMs: 1000, exitCode: 3, log: "x" } } }, "kubernetes-warm");
  world.feed(() => 10);
  const end = performance.now() + 60_000;
  for (const id of ["one", "two"]) {
    world.submit({ id, command: ["work"], run_config: { type: "KubernetesRun" } });
    while (world.item(id)?.state !== "FAILED" && performance.now() < end) {
      await time.sleep(1000);
      const due = world.item(id)?.nextCheckAt;
      if (due !== undefined && due <= time.now()) await world.sweep();
    }
  }
  world.close();
}

function kubernetesWorld(time: VirtualTime, options: KubernetesWorldOptions, name: string): KubernetesWorld {
  const { double = {}, launcher: taken = launcher, late = () => time.random() * 3000, ...others } = options;
  const cluster = kubernetesService({ clock: time, ...double });
  const begin = (life: Life): DispatcherProcess => {
    const connected = {
      ...taken,
      connect: (target: Target<KubernetesSettings>, services: Services) =>
        connectKubernetes(target, services, (request) => carried(world, life, request, late)),
    } as unknown as Launcher;
    let composed: ReturnType<typeof compose> | undefined;
    const once = () => {
      composed ??= compose({ ...surroundingsOf(world, life), launchers: { kubernetes: connected } });
      return composed;
    };
    return { life, dispatch: dispatchHandler(once), sweep: sweepHandler(once), observe: observeHandler(once) };
  };
  const base = createWorld(time, {
    configuration: kubernetesConfiguration(),
    processes: 1,
    latency: () => 5 + time.random() * 20,
    fateOf: () => "answered",
    wrapperFate: () => ({ startMilliseconds: 1, runMilliseconds: 1, exitCode: 0 }),
    changed: () => {},
    ...others,
    folder: worldFolder(name),
    begin: (_world, life) => begin(life),
  });
  const world: KubernetesWorld = Object.assign(base, {
    cluster,
    jobsOf: (id: string) => cluster.jobs().filter(({ annotations }) => annotations["slipway/run-id"] === id),
    submit: (document: JsonObject) => void base.queue.send(JSON.stringify(document), time.now()),
    async until(what: () => boolean, minutes = 120) {
      const end = time.now() + minutes * 60_000;
      await base.tick(
        () => what() || time.now() > end,
        () => false,
      );
      if (!what()) throw new Error(`it is not so after ${minutes} minutes`);
    },
  });
  return world;
}

const THROTTLED = refused({
  code: 429,
  reason: "TooManyRequests",
  message: "too many requests, please try again later",
  details: { retryAfterSeconds: 1 },
});

/** A request to the API server on its way, as long as its process lives and waits for it. */
async function carried(world: KubernetesWorld, life: Life, request: WireRequest, late: () => number): Promise<WireAnswer> {
  const { signal } = request;
  if (signal === undefined) return sent(world, life, request, late);
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const leave = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([sent(world, life, request, late), aborted.promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

async function sent(
  world: KubernetesWorld,
  life: Life,
  { method, url, headers, body = "" }: WireRequest,
  late: () => number,
): Promise<WireAnswer> {
  if (life.dead) return never();
  const { time, cluster } = world;
  const { pathname, search } = new URL(url);
  const request: DoubleRequest = { method, path: pathname + search, headers, body };
  const call = callOf(request);
  const fate = life.depart(`kubernetes:${call?.verb} ${call?.resource}`);
  if (fate === "stopped before") {
    life.die();
    return never();
  }
  // A process that is gone asks for nothing more, but what it asked for is done.
  if (fate === "late") time.after(late(), () => void cluster.handle(request));
  await time.sleep(world.latency());
  const answer = fate === "lost" || fate === "late" ? undefined : fate === "throttled" ? THROTTLED : cluster.handle(request);
  if (fate === "stopped after") life.die();
  const reply = await answer;
  await time.sleep(world.latency());
  if (life.dead) return never();
  if (reply === undefined || fate === "answer lost") throw new ConnectionLost("socket hang up");
  return fate === "answer cut" ? { ...reply, body: beginningOf(reply.body) } : reply;
}
