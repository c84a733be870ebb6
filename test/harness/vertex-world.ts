/** A world whose runs are CustomJobs: the exported handlers, the table's and the queue's doubles, and the official client before the double of Vertex AI. */
import { compose } from "../../functions/compose.ts";
import { dispatchHandler } from "../../functions/dispatch.ts";
import { observeHandler } from "../../functions/observe.ts";
import { sweepHandler } from "../../functions/sweep.ts";
import { runKey } from "../../shared/core/identity.ts";
import type { JsonObject } from "../../shared/core/json.ts";
import type { Launcher, Services } from "../../shared/core/launcher.ts";
import type { Target } from "../../shared/core/target.ts";
import { connectVertex } from "../../shared/launchers/vertex/backend.ts";
import { jobService } from "../../shared/launchers/vertex/client.ts";
import { vertex as launcher } from "../../shared/launchers/vertex/index.ts";
import type { VertexSettings } from "../../shared/launchers/vertex/target.ts";
import type { Job } from "../doubles/vertex/job.ts";
import { objectIn } from "../doubles/vertex/protos.ts";
import { answer, operationOf, type RestAnswer } from "../doubles/vertex/rest.ts";
import { type VertexOptions, type VertexService, vertexService } from "../doubles/vertex/service.ts";
import { beginningOf } from "./carrier.ts";
import { type DispatcherProcess, surroundingsOf } from "./dispatcher-process.ts";
import { type Life, never } from "./life.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { createWorld, type World, type WorldOptions, worldFolder } from "./world.ts";
import { worldsOf } from "./worlds.ts";

/** The Vertex launcher, but for how it is connected. */
export type VertexLauncher = Omit<typeof launcher, "connect">;

/** What a test says of its world. */
export interface VertexWorldOptions extends Partial<Omit<WorldOptions, "folder" | "begin" | "breakage">> {
  readonly double?: Omit<VertexOptions, "now">;
  /** In place of the launcher: with something taken out. */
  readonly launcher?: VertexLauncher;
  /** How much later a late call arrives. */
  late?(): number;
}

/** A world with its job service. */
export interface VertexWorld extends World {
  readonly vertex: VertexService;
  /** The jobs that were ever made for a run. */
  jobsOf(id: string): readonly Job[];
  /** Puts a request into the queue now. */
  submit(document: JsonObject): void;
  /** How often the service was asked to make a job, and how often it refused for its rate. */
  readonly submissions: { readonly made: number; readonly throttled: number };
}

/** A target as a configuration has it. */
export function vertexTargetDocument(over: JsonObject = {}): JsonObject {
  return { name: "gpu", type: "vertex", project: "p", region: "europe-west4", image: "img:1", ...over };
}

/** A configuration of these targets, or of one. */
export function vertexConfiguration(targets: readonly JsonObject[] = [vertexTargetDocument()]): string {
  return JSON.stringify({ deployment: "test", targets });
}

/** Does something in a world of a seed. */
export const inVertexWorld = worldsOf("vertex", vertexWorld, warmUpVertex);

async function warmUpVertex(time: VirtualTime): Promise<void> {
  const world = vertexWorld(time, {}, "vertex-warm");
  world.feed(() => 10);
  const end = performance.now() + 60_000;
  for (const id of ["one", "two"]) {
    world.submit({ id, command: ["work"], run_config: { type: "VertexRun" } });
    while (!["LAUNCHED", "RUNNING"].includes(world.item(id)?.state ?? "") && performance.now() < end) await time.sleep(1000);
  }
  await time.sleep(61_000);
  await world.sweep();
  world.close();
}

function vertexWorld(time: VirtualTime, options: VertexWorldOptions, name: string): VertexWorld {
  const { double = {}, launcher: taken = launcher, late = () => time.random() * 3000, ...others } = options;
  const service = vertexService({ now: time.now, ...double });
  const submissions = { made: 0, throttled: 0 };
  const begin = (life: Life): DispatcherProcess => {
    const carry = (url: string, init: RequestInit) => carried(world, life, url, init, late);
    const connected = {
      ...taken,
      connect: (target: Target<VertexSettings>, services: Services) =>
        connectVertex(target, services, (settings) => jobService(settings, services, carry, async () => ({ headers: async () => TOKEN }))),
    } as unknown as Launcher;
    let composed: ReturnType<typeof compose> | undefined;
    const once = () => {
      composed ??= compose({ ...surroundingsOf(world, life), launchers: { vertex: connected } });
      return composed;
    };
    return { life, dispatch: dispatchHandler(once), sweep: sweepHandler(once), observe: observeHandler(once) };
  };
  const base = createWorld(time, {
    configuration: vertexConfiguration(),
    processes: 1,
    latency: () => 5 + time.random() * 20,
    fateOf: () => "answered",
    wrapperFate: () => ({ startMilliseconds: 1, runMilliseconds: 1, exitCode: 0 }),
    changed: () => {},
    ...others,
    folder: worldFolder(name),
    begin: (_world, life) => begin(life),
  });
  const world: VertexWorld & { count(operation: string, answered: RestAnswer): void } = Object.assign(base, {
    vertex: service,
    submissions,
    jobsOf: (id: string) => service.jobs.filter(({ document }) => objectIn(document, "labels")["slipway_key"] === runKey(id)),
    submit: (document: JsonObject) => void base.queue.send(JSON.stringify(document), time.now()),
    count(operation: string, { status }: RestAnswer) {
      if (operation !== "CreateCustomJob") return;
      submissions.made++;
      if (status === 429) submissions.throttled++;
    },
  });
  return world;
}

const TOKEN = new Headers({ authorization: "Bearer token" });
const THROTTLED: RestAnswer = {
  status: 429,
  body: { error: { code: 429, message: "Quota exceeded, requests per minute", status: "RESOURCE_EXHAUSTED" } },
};

/** A request on its way, as long as its process lives. */
async function carried(
  world: VertexWorld & { count?(operation: string, answered: RestAnswer): void },
  life: Life,
  url: string,
  { method = "GET", headers, body, signal }: RequestInit,
  late: () => number,
): Promise<Response> {
  if (life.dead) return never();
  const { time, vertex } = world;
  const { pathname, search } = new URL(url);
  const request = {
    method,
    url: `${pathname}${search}`,
    authorization: new Headers(headers).get("authorization") ?? "",
    body: String(body ?? ""),
  };
  const operation = operationOf(request) ?? "";
  const fate = life.depart(`vertex:${operation}`);
  if (fate === "stopped before") {
    life.die();
    return never();
  }
  // A process that is gone asks for nothing more, but what it asked for is done.
  const arrive = () => {
    const answered = answer(vertex, request);
    world.count?.(operation, answered);
    return answered;
  };
  if (fate === "late") time.after(late(), () => void arrive());
  const { promise: cut, reject } = Promise.withResolvers<never>();
  if (signal?.aborted) reject(signal.reason);
  signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  cut.catch(() => {});
  const way = (async () => {
    await time.sleep(world.latency());
    const reply = fate === "lost" || fate === "late" ? undefined : fate === "throttled" ? THROTTLED : arrive();
    if (fate === "stopped after") life.die();
    await time.sleep(world.latency());
    if (life.dead) return never<Response>();
    if (reply === undefined || fate === "answer lost")
      throw new TypeError("fetch failed", { cause: Object.assign(new Error("gone"), { code: "UND_ERR_SOCKET" }) });
    const text = JSON.stringify(reply.body);
    return new Response(fate === "answer cut" ? beginningOf(text) : text, { status: reply.status });
  })();
  way.catch(() => {});
  const response = await Promise.race([way, cut]);
  if (life.dead) return never();
  return response;
}
