/** A world whose runs are CustomJobs: the exported handlers, the table's and the queue's doubles, and the official client before the double of Vertex AI. */
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
import type { Life } from "./life.ts";
import { onItsWay, untilAborted } from "./on-its-way.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { goThrough, type LauncherWorld, type LauncherWorldOptions, launcherWorld, worldsOf } from "./worlds.ts";

/** The Vertex launcher, but for how it is connected. */
export type VertexLauncher = Omit<typeof launcher, "connect">;

/** What a test says of its world. */
export interface VertexWorldOptions extends LauncherWorldOptions<VertexLauncher> {
  readonly double?: Omit<VertexOptions, "now">;
}

/** A world with its job service. */
export interface VertexWorld extends LauncherWorld {
  readonly vertex: VertexService;
  /** The jobs that were ever made for a run. */
  jobsOf(id: string): readonly Job[];
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

function warmUpVertex(time: VirtualTime): Promise<void> {
  const documents = ["one", "two"].map((id) => ({ id, command: ["work"], run_config: { type: "VertexRun" } }));
  return goThrough(vertexWorld(time, {}, "vertex-warm"), documents, ["LAUNCHED", "RUNNING"]);
}

function vertexWorld(time: VirtualTime, options: VertexWorldOptions, name: string): VertexWorld {
  const { double = {}, launcher: taken = launcher, late, ...others } = options;
  const service = vertexService({ now: time.now, ...double });
  const submissions = { made: 0, throttled: 0 };
  const answered = (request: Parameters<typeof answer>[1]): RestAnswer => {
    const given = answer(service, request);
    if (operationOf(request) !== "CreateCustomJob") return given;
    submissions.made++;
    if (given.status === 429) submissions.throttled++;
    return given;
  };
  const base = launcherWorld(time, name, { configuration: vertexConfiguration(), ...others }, (life) => {
    const carry = (url: string, init: RequestInit) =>
      untilAborted(life, init.signal, () => carried({ world, life, answered, late }, url, init));
    const connect = (target: Target<VertexSettings>, services: Services) =>
      connectVertex(target, services, (settings) => jobService(settings, services, carry, async () => ({ headers: async () => TOKEN })));
    return { vertex: { ...taken, connect } as unknown as Launcher };
  });
  const world: VertexWorld = Object.assign(base, {
    vertex: service,
    submissions,
    jobsOf: (id: string) => service.jobs.filter(({ document }) => objectIn(document, "labels")["slipway_key"] === runKey(id)),
  });
  return world;
}

const TOKEN = new Headers({ authorization: "Bearer token" });
const THROTTLED: RestAnswer = {
  status: 429,
  body: { error: { code: 429, message: "Quota exceeded, requests per minute", status: "RESOURCE_EXHAUSTED" } },
};

/** What a request is carried by. */
interface Way {
  readonly world: VertexWorld;
  readonly life: Life;
  readonly late: VertexWorldOptions["late"];
  answered(request: Parameters<typeof answer>[1]): RestAnswer;
}

/** A request on its way, as long as its process lives. */
async function carried(
  { world, life, late, answered }: Way,
  url: string,
  { method = "GET", headers, body }: RequestInit,
): Promise<Response> {
  const { pathname, search } = new URL(url);
  const authorization = new Headers(headers).get("authorization") ?? "";
  const request = { method, url: `${pathname}${search}`, authorization, body: String(body ?? "") };
  const reply = await onItsWay<RestAnswer & { readonly cut?: true }>(world, life, {
    call: `vertex:${operationOf(request) ?? ""}`,
    arrive: () => answered(request),
    throttled: THROTTLED,
    cut: (whole) => ({ ...whole, cut: true }),
    late,
  });
  if (reply === undefined) throw new TypeError("fetch failed", { cause: Object.assign(new Error("gone"), { code: "UND_ERR_SOCKET" }) });
  const text = JSON.stringify(reply.body);
  return new Response(reply.cut ? beginningOf(text) : text, { status: reply.status });
}
