/** A world whose containers are real: the exported handlers, the table's and the queue's doubles, and for each process a gate of its own before the daemon. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../shared/core/json.ts";
import type { Launcher, Services } from "../../shared/core/launcher.ts";
import type { Target } from "../../shared/core/target.ts";
import { connectDocker } from "../../shared/launchers/docker/backend.ts";
import { docker } from "../../shared/launchers/docker/index.ts";
import type { DockerSettings } from "../../shared/launchers/docker/target.ts";
import type { Answer, DoubleRequest } from "../doubles/docker/engine-double.ts";
import { forwardTo, type Gate, gate, siteOf } from "../doubles/docker/gate.ts";
import { beginProcess, type DispatcherProcess, surroundingsOf } from "../harness/dispatcher-process.ts";
import type { DockerLauncher } from "../harness/docker-world.ts";
import { type Life, never } from "../harness/life.ts";
import { createWorld, type World, type WorldOptions, worldFolder } from "../harness/world.ts";
import { type Dockerd, IMAGE } from "./dockerd.ts";
import type { EngineTime } from "./engine-time.ts";
import type { Sshd } from "./sshd.ts";

/** What a history is played with. */
export interface CrashWorldOptions extends Pick<WorldOptions, "fateOf" | "changed" | "latency" | "processes"> {
  /** Also its deployment: worlds share their daemon. */
  readonly name: string;
  readonly over: "ssh" | "unix";
  /** In place of the launcher: with something taken out. */
  readonly launcher?: DockerLauncher;
  /** How much later a late call arrives. */
  late(): number;
}

export interface CrashWorld extends World {
  /** Resolves when no invocation is under way. */
  quiet(): Promise<void>;
  /** What the commands of all its containers have written down, in order. */
  lines(): Promise<readonly string[]>;
  /** Its containers and marks that are there. */
  left(): Promise<readonly string[]>;
  end(): Promise<void>;
}

/** The servers that worlds share. */
export interface Servers {
  readonly dockerd: Dockerd;
  readonly sshd: Sshd;
}

/** Where the runs of a world write down that they ran. */
const TOLD = "/told";

/** How a run ends that was stopped. */
export const STOPPED = "143";

/** What a run does: it tells that it began, goes on for a while, and tells how it ended, also where it is stopped. */
export function commandOf(id: string, content: string, tenths: number, exitCode: number): readonly string[] {
  const script = [
    `tell() { echo "$1 $2 $SLIPWAY_ATTEMPT $3" >> ${TOLD}/lines; }`,
    `trap 'tell end ${id} ${STOPPED}; exit ${STOPPED}' TERM`,
    `tell began ${id} ${content}`,
    `i=0; while [ $i -lt ${tenths} ]; do sleep 0.1; i=$((i+1)); done`,
    `trap '' TERM; tell end ${id} ${exitCode}; exit ${exitCode}`,
  ];
  return ["sh", "-c", script.join("\n")];
}

export function crashWorld(time: EngineTime, { dockerd, sshd }: Servers, options: CrashWorldOptions): CrashWorld {
  const { name, launcher = docker, late } = options;
  const daemon = forwardTo(dockerd.socket);
  const gates: Promise<Gate>[] = [];
  const underWay = new Set<Promise<unknown>>();
  const volume = `${name}-told`;

  function noted<Given extends readonly unknown[], Result>(life: Life, handler: (...given: Given) => Promise<Result>) {
    return (...given: Given): Promise<Result> => {
      const answer = handler(...given);
      const over = Promise.race([answer.catch(() => {}), life.died]).finally(() => underWay.delete(over));
      underWay.add(over);
      return answer;
    };
  }

  function begin(world: World, life: Life): DispatcherProcess {
    const entry = gate((request) => carried({ world, life, daemon, late }, request));
    gates.push(entry);
    // The place is the configuration's: only the way to it leads through the gate.
    const throughGate = async ({ settings, ...target }: Target<DockerSettings>): Promise<Target<DockerSettings>> => {
      const { path } = await entry;
      return settings.host.kind === "ssh"
        ? { ...target, settings: { ...settings, ssh: { ...settings.ssh, socket: path } } }
        : { ...target, settings: { ...settings, host: { kind: "unix", path } } };
    };
    const connect = async (target: Target<DockerSettings>, services: Services) => connectDocker(await throughGate(target), services);
    const { settings } = surroundingsOf(world, life);
    const process = beginProcess(world, life, {
      environment: { SSH_KEY: sshd.privateKey },
      // It listens to no events, which a gate would not hand on.
      ...(settings === undefined ? {} : { settings: { ...settings, isFunction: true } }),
      launchers: { docker: { ...launcher, connect } as unknown as Launcher },
    });
    return {
      ...process,
      dispatch: noted(life, process.dispatch) as DispatcherProcess["dispatch"],
      sweep: noted(life, process.sweep) as DispatcherProcess["sweep"],
    };
  }

  const way: JsonObject =
    options.over === "unix"
      ? { host: `unix://${dockerd.socket}` }
      : { host: `ssh://${sshd.user}@127.0.0.1:${sshd.port}`, ssh: { private_key: "env:SSH_KEY", host_keys: [sshd.fingerprint] } };
  const target = { name: "box", type: "docker", image: IMAGE, networks: ["none"], volumes: [`${volume}:${TOLD}`], ...way };
  const world = createWorld(time, {
    ...options,
    folder: worldFolder(name),
    configuration: JSON.stringify({ deployment: name, targets: [target] }),
    wrapperFate: () => ({ startMilliseconds: 1, runMilliseconds: 1, exitCode: 0 }),
    begin,
  });

  return Object.assign(world, {
    async quiet() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    async lines() {
      const file = join(dockerd.folder, "data/volumes", volume, "_data/lines");
      const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return "";
        throw error;
      });
      return text.split("\n").filter((line) => line !== "");
    },
    async left() {
      const label = `slipway:deployment=${name}`;
      const containers = await dockerd.containers(label);
      const { json } = await dockerd.call("GET", `/volumes?filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`);
      const { Volumes } = json as { Volumes: readonly { Name: string }[] | null };
      // A target's volume outlives its runs.
      const marks = (Volumes ?? []).map(({ Name }) => Name).filter((one) => one !== volume);
      return [...containers.map(({ Id, State }) => `${Id.slice(0, 12)} ${State}`), ...marks];
    },
    async end() {
      world.close();
      time.close();
      for (const entry of gates) await (await entry).close();
    },
  });
}

const BUSY: Answer = { status: 503, json: { message: "the daemon is busy" } };

/** A request to the daemon on its way, as long as its process lives. Throws where no answer comes back. */
async function carried(
  way: {
    readonly world: World;
    readonly life: Life;
    readonly daemon: (request: DoubleRequest) => Promise<Answer>;
    readonly late: () => number;
  },
  request: DoubleRequest,
): Promise<Answer> {
  const { world, life, daemon, late } = way;
  if (life.dead) return never();
  const fate = life.depart(`docker:${siteOf(request)}`);
  switch (fate) {
    case "answered":
      return daemon(request);
    case "throttled":
      return BUSY;
    case "lost":
      throw new Error(fate);
    case "late":
      // A process that is gone asks for nothing more, but what it asked for is done.
      world.time.after(late(), () => void daemon(request).catch(() => undefined));
      throw new Error(fate);
    case "answer cut":
    case "answer lost":
      await daemon(request);
      throw new Error(fate);
    case "stopped before":
      life.die();
      return never();
    case "stopped after":
      life.die();
      await daemon(request);
      return never();
    default: {
      const unhandled: never = fate;
      return unhandled;
    }
  }
}
