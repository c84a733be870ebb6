/** A world whose runs are tasks: the exported handlers, the table's and the queue's doubles, and the real ECS client before the double of ECS. */
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
import type { Life } from "./life.ts";
import { onItsWay } from "./on-its-way.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { goThrough, type LauncherWorld, type LauncherWorldOptions, launcherWorld, worldsOf } from "./worlds.ts";

/** The ECS launcher, but for how it is connected. */
export type EcsLauncher = Omit<typeof launcher, "connect">;

/** What a test says of its world. */
export interface EcsWorldOptions extends LauncherWorldOptions<EcsLauncher> {
  readonly double?: Omit<EcsDoubleOptions, "clock">;
}

/** A world with its ECS. */
export interface EcsWorld extends LauncherWorld {
  readonly ecs: EcsService;
  /** The tasks that were ever started for a run. */
  tasksOf(id: string): readonly ReadonlyTask[];
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

function warmUpEcs(time: VirtualTime): Promise<void> {
  const other = ecsTargetDocument({ name: "other", labels: ["b"], role_arn: "arn:aws:iam::444455556666:role/launch" });
  const world = ecsWorld(time, { configuration: ecsConfiguration([ecsTargetDocument(), other]) }, "ecs-warm");
  const documents = ["one", "two", "three"].flatMap((id) => [ecsRequest(id), ecsRequest(`${id}-b`, { labels: ["b"] })]);
  return goThrough(world, documents, ["LAUNCHED", "RUNNING"]);
}

function ecsWorld(time: VirtualTime, options: EcsWorldOptions, name: string): EcsWorld {
  // The default chain's credentials: the first that it looks for.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIATESTER", AWS_SECRET_ACCESS_KEY: "secret" });
  const { double = {}, launcher: taken = launcher, late, ...others } = options;
  const ecs = ecsService({ clock: time, ...double });
  const base = launcherWorld(time, name, { configuration: ecsConfiguration(), ...others }, (life) => {
    const requestHandler = sdkHandler((request) => carried(world, life, request, late));
    const connect = (target: Target<EcsSettings>, services: Services) =>
      connectEcs(target, services, (settings) => ecsClient(settings, requestHandler));
    return { ecs: { ...taken, connect } as unknown as Launcher };
  });
  const world: EcsWorld = Object.assign(base, {
    ecs,
    tasksOf(id: string) {
      const prefix = `slipway/test/${runKey(id)}/`;
      return ecs.tasks().filter(({ startedBy }) => startedBy?.startsWith(prefix));
    },
  });
  return world;
}

const THROTTLED = { type: "ThrottlingException", status: 400, message: "Rate exceeded" };

/** A request to ECS on its way, as long as its process lives. */
async function carried(world: EcsWorld, life: Life, request: DoubleRequest, late: EcsWorldOptions["late"]): Promise<DoubleResponse> {
  const reply = await onItsWay<DoubleResponse | Error>(world, life, {
    call: `ecs:${operationOf(request)}`,
    arrive: () => world.ecs.handle(request).catch((error: unknown) => (error instanceof Error ? error : new Error("not an error"))),
    throttled: jsonError(THROTTLED),
    cut: (whole) => (whole instanceof Error ? whole : { ...whole, body: beginningOf(whole.body) }),
    late,
  });
  if (reply === undefined) throw new ConnectionLost("socket hang up");
  if (reply instanceof Error) throw reply;
  return reply;
}
