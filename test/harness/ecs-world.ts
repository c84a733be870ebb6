/** A world whose runs are tasks: the exported handlers, the table's and the queue's doubles, and the real ECS client before the double of ECS. */
import { compose } from "../../functions/compose.ts";
import { dispatchHandler } from "../../functions/dispatch.ts";
import { observeHandler } from "../../functions/observe.ts";
import { sweepHandler } from "../../functions/sweep.ts";
import { runKey } from "../../shared/core/identity.ts";
import type { JsonObject } from "../../shared/core/json.ts";
import type { Launcher, Services } from "../../shared/core/launcher.ts";
import type { Target } from "../../shared/core/target.ts";
import { connectEcs } from "../../shared/launchers/ecs/backend.ts";
import { ecsClient } from "../../shared/launchers/ecs/client.ts";
import { ecs as launcher } from "../../shared/launchers/ecs/index.ts";
import type { EcsSettings } from "../../shared/launchers/ecs/target.ts";
import { type EcsService, ecsService } from "../doubles/ecs/ecs-double.ts";
import type { EcsDoubleOptions } from "../doubles/ecs/options.ts";
import type { ReadonlyTask } from "../doubles/ecs/task.ts";
import { sdkHandler } from "../doubles/ecs/transport.ts";
import { type DoubleRequest, type DoubleResponse, jsonError, operationOf } from "../doubles/ecs/wire.ts";
import { beginningOf, ConnectionLost } from "./carrier.ts";
import { type DispatcherProcess, surroundingsOf } from "./dispatcher-process.ts";
import { type Life, never } from "./life.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { createWorld, type World, type WorldOptions, worldFolder } from "./world.ts";
import { worldsOf } from "./worlds.ts";

/** The ECS launcher, but for how it is connected. */
export type EcsLauncher = Omit<typeof launcher, "connect">;

/** What a test says of its world. */
export interface EcsWorldOptions extends Partial<Omit<WorldOptions, "folder" | "begin" | "breakage">> {
  readonly double?: Omit<EcsDoubleOptions, "clock">;
  /** In place of the launcher: with something taken out. */
  readonly launcher?: EcsLauncher;
  /** How much later a late call arrives. */
  late?(): number;
}

/** A world with its ECS. */
export interface EcsWorld extends World {
  readonly ecs: EcsService;
  /** A process of its own, with whatever it has in memory. */
  begin(life: Life): DispatcherProcess;
  /** The tasks that were ever started for a run. */
  tasksOf(id: string): readonly ReadonlyTask[];
  /** Puts a request into the queue now. */
  submit(document: JsonObject): void;
  /** Ticks until it is so. Throws where it is not within so many minutes. */
  until(what: () => boolean, minutes?: number): Promise<void>;
}

const NETWORK = { networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } } };

/** A target as a configuration has it. */
export function ecsTargetDocument(over: JsonObject = {}): JsonObject {
  return { name: "prod", type: "ecs", region: "eu-west-1", image: "img:1", run_task_kwargs: NETWORK, ...over };
}

/** A configuration of these targets, or of one. */
export function ecsConfiguration(targets: readonly JsonObject[] = [ecsTargetDocument()]): string {
  return JSON.stringify({ deployment: "test", targets });
}

/** A run request. */
export function ecsRequest(id: string, config: JsonObject = {}, over: JsonObject = {}): JsonObject {
  return { id, command: ["work"], run_config: { type: "ECSRun", ...config }, ...over };
}

/** Does something in a world of a seed. */
export const inEcsWorld = worldsOf("ecs", ecsWorld, warmUpEcs);

async function warmUpEcs(time: VirtualTime): Promise<void> {
  const targets = [
    ecsTargetDocument(),
    ecsTargetDocument({ name: "other", labels: ["b"], role_arn: "arn:aws:iam::444455556666:role/launch" }),
  ];
  const world = ecsWorld(time, { configuration: ecsConfiguration(targets) }, "ecs-warm");
  world.feed(() => 10);
  const end = performance.now() + 60_000;
  for (const id of ["one", "two", "three"]) {
    const document = (labels: readonly string[]) => ecsRequest(`${id}${labels.join()}`, { labels });
    world.submit(document([]));
    world.submit(document(["b"]));
    while (!["LAUNCHED", "RUNNING"].includes(world.item(`${id}b`)?.state ?? "") && performance.now() < end) {
      await time.sleep(1000);
      if (isDue(world, `${id}b`, time)) await world.sweep();
    }
  }
  await world.sweep();
  world.close();
}

function isDue(world: World, id: string, time: VirtualTime): boolean {
  const at = world.item(id)?.nextCheckAt;
  return at !== undefined && at <= time.now();
}

function ecsWorld(time: VirtualTime, options: EcsWorldOptions, name: string): EcsWorld {
  // The default chain's credentials: the first that it looks for.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIATESTER", AWS_SECRET_ACCESS_KEY: "secret" });
  const { double = {}, launcher: taken = launcher, late = () => time.random() * 3000, ...others } = options;
  const ecs = ecsService({ clock: time, ...double });
  const begin = (life: Life): DispatcherProcess => {
    const requestHandler = sdkHandler((request) => carried(world, life, request, late));
    const connected = {
      ...taken,
      connect: (target: Target<EcsSettings>, services: Services) =>
        connectEcs(target, services, (settings) => ecsClient(settings, requestHandler)),
    } as unknown as Launcher;
    let composed: ReturnType<typeof compose> | undefined;
    const once = () => {
      composed ??= compose({ ...surroundingsOf(world, life), launchers: { ecs: connected } });
      return composed;
    };
    return { life, dispatch: dispatchHandler(once), sweep: sweepHandler(once), observe: observeHandler(once) };
  };
  const base = createWorld(time, {
    configuration: ecsConfiguration(),
    processes: 1,
    latency: () => 5 + time.random() * 20,
    fateOf: () => "answered",
    wrapperFate: () => ({ startMilliseconds: 1, runMilliseconds: 1, exitCode: 0 }),
    changed: () => {},
    ...others,
    folder: worldFolder(name),
    begin: (_world, life) => begin(life),
  });
  const world: EcsWorld = Object.assign(base, {
    ecs,
    begin,
    tasksOf(id: string) {
      const prefix = `slipway/test/${runKey(id)}/`;
      return ecs.tasks().filter(({ startedBy }) => startedBy?.startsWith(prefix));
    },
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

const THROTTLED = { type: "ThrottlingException", status: 400, message: "Rate exceeded" };

/** A request to ECS on its way, as long as its process lives. */
async function carried(world: EcsWorld, life: Life, request: DoubleRequest, late: () => number): Promise<DoubleResponse> {
  if (life.dead) return never();
  const { time, ecs } = world;
  const fate = life.depart(`ecs:${operationOf(request)}`);
  if (fate === "stopped before") {
    life.die();
    return never();
  }
  // A process that is gone asks for nothing more, but what it asked for is done.
  const arrive = () => ecs.handle(request).catch((error: unknown) => (error instanceof Error ? error : new Error("not an error")));
  if (fate === "late") time.after(late(), () => void arrive());
  await time.sleep(world.latency());
  const answer = fate === "lost" || fate === "late" ? undefined : fate === "throttled" ? jsonError(THROTTLED) : arrive();
  if (fate === "stopped after") life.die();
  const reply = await answer;
  await time.sleep(world.latency());
  if (life.dead) return never();
  if (reply instanceof Error) throw reply;
  if (reply === undefined || fate === "answer lost") throw new ConnectionLost("socket hang up");
  return fate === "answer cut" ? { ...reply, body: beginningOf(reply.body) } : reply;
}
