/** A world whose runs are containers: the exported handlers, the table's and the queue's doubles, and the real client before the double of the Engine. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Duplex, duplexPair } from "node:stream";
import type { JsonObject } from "../../shared/core/json.ts";
import type { Launcher, Services } from "../../shared/core/launcher.ts";
import type { Target } from "../../shared/core/target.ts";
import type { Dial } from "../../shared/launchers/docker/agent.ts";
import { connectDocker } from "../../shared/launchers/docker/backend.ts";
import { docker as launcher } from "../../shared/launchers/docker/index.ts";
import type { DockerSettings } from "../../shared/launchers/docker/target.ts";
import { type Answer, type DoubleRequest, type EngineDouble, engineDouble } from "../doubles/docker/engine-double.ts";
import { read, send, siteOf } from "../doubles/docker/gate.ts";
import type { DoubleContainer } from "../doubles/docker/state.ts";
import type { Life } from "./life.ts";
import { onItsWay } from "./on-its-way.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { goThrough, type LauncherWorld, type LauncherWorldOptions, launcherWorld, worldsOf } from "./worlds.ts";

/** The Docker launcher, but for how it is connected. */
export type DockerLauncher = Omit<typeof launcher, "connect">;

/** What a test says of its world. */
export interface DockerWorldOptions extends LauncherWorldOptions<DockerLauncher> {
  /** How long a container runs, and how it ends. */
  life?(): { readonly runMs: number; readonly exitCode: number };
}

/** A world with its daemon. */
export interface DockerWorld extends LauncherWorld {
  readonly engine: EngineDouble;
  /** The containers that were ever made for a run. */
  containersOf(id: string): readonly DoubleContainer[];
}

/** A target as a configuration has it. */
export function dockerTargetDocument(over: JsonObject = {}): JsonObject {
  return { name: "box", type: "docker", host: "unix:///one.sock", image: "img:1", ...over };
}

/** A configuration of these targets, or of one. */
export function dockerConfiguration(targets: readonly JsonObject[] = [dockerTargetDocument()]): string {
  return JSON.stringify({ deployment: "test", targets });
}

/** Does something in a world of a seed. */
export const inDockerWorld = worldsOf("docker", dockerWorld, warmUpDocker);

function warmUpDocker(time: VirtualTime): Promise<void> {
  const world = dockerWorld(time, { life: () => ({ runMs: 1000, exitCode: 3 }) }, "docker-warm");
  const documents = ["one", "two"].map((id) => ({ id, command: ["work"], run_config: { type: "DockerRun" } }));
  return goThrough(world, documents, ["FAILED"]);
}

function dockerWorld(time: VirtualTime, options: DockerWorldOptions, name: string): DockerWorld {
  const { life: lifeOf = () => ({ runMs: 1000, exitCode: 0 }), launcher: taken = launcher, late, ...others } = options;
  const engine = engineDouble({
    images: ["img:1", "img:2", "img:3"],
    now: time.now,
    started({ id, starts }) {
      const { runMs, exitCode } = lifeOf();
      time.after(runMs, () => {
        const container = engine.container(id);
        if (container?.status === "running" && container.starts === starts) engine.finish(id, exitCode);
      });
    },
  });
  const base = launcherWorld(time, name, { configuration: dockerConfiguration(), ...others }, (life) => {
    const dial = dialTo((request, response) => carried(world, life, request, response, late));
    const connect = (target: Target<DockerSettings>, services: Services) => connectDocker(target, services, dial);
    return { docker: { ...taken, connect } as unknown as Launcher };
  });
  const world: DockerWorld = Object.assign(base, {
    engine,
    containersOf: (id: string) => engine.state.made.filter(({ body }) => body.Labels?.["slipway:run-id"] === id),
  });
  return world;
}

/** Streams to a server in memory: HTTP as it is, without the machine's own time. */
function dialTo(serve: (request: DoubleRequest, response: ServerResponse) => Promise<void>): Dial {
  const server = createServer((incoming: IncomingMessage, response) => void read(incoming).then((request) => serve(request, response)));
  return async () => {
    const [near, far] = duplexPair();
    server.emit("connection", far);
    near.on("error", () => {});
    far.on("error", () => {});
    const nothing = (): Duplex => near;
    return Object.assign(near, { ref: nothing, unref: nothing });
  };
}

const BUSY: Answer = { status: 503, json: { message: "the daemon is busy" } };

/** A request to the daemon on its way, as long as its process lives. */
async function carried(
  world: DockerWorld,
  life: Life,
  request: DoubleRequest,
  response: ServerResponse,
  late: DockerWorldOptions["late"],
): Promise<void> {
  const answer = await onItsWay<Answer & { readonly cut?: true }>(world, life, {
    call: `docker:${siteOf(request)}`,
    arrive: () => world.engine.handle(request),
    throttled: BUSY,
    cut: (whole) => ({ ...whole, cut: true }),
    late,
  });
  if (answer === undefined) response.destroy();
  else if (answer.cut) cutOff(response, answer);
  else send(response, answer);
}

/** The head, which promises the whole, and a half of it. */
function cutOff(response: ServerResponse, { status, json, raw, lines }: Answer): void {
  const body = raw ?? Buffer.from(JSON.stringify(lines?.[0] ?? json ?? {}));
  response.writeHead(status, { "content-type": "application/json", "content-length": String(body.length) });
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}
