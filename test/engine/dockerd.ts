/** A Docker daemon of the tests' own, with folders and a socket of its own; no other daemon of the machine is touched. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer } from "../doubles/docker/engine-double.ts";
import { forwardTo } from "../doubles/docker/gate.ts";
import { eventually, guardOf, hasEnded, type Server, startServer } from "./processes.ts";
import { tarOf } from "./tar.ts";

/** The image that is there: a static busybox. */
export const IMAGE = "busybox:test";
const BUSYBOX = "/usr/bin/busybox";
const PROGRAMS = ["sh", "sleep", "echo", "cat", "true", "false", "env", "head", "tail", "rm"];

export interface Dockerd {
  readonly socket: string;
  readonly folder: string;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** How often containers with these labels were started, by the daemon's own events. */
  starts(labels: Readonly<Record<string, string>>, since?: number): Promise<number>;
  /** Containers of ours that are there, by a label. */
  containers(label: string): Promise<readonly { readonly Id: string; readonly State: string }[]>;
  stop(): Promise<void>;
  /** Kills the daemon, and its containerd with it. What runs in containers runs on; `start` brings a daemon back to it. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** The daemon's own process. */
  pid(): number;
  close(): Promise<void>;
}

/** Starts a daemon. Fails, with the end of its log, where it does not come up. `liveRestore`: containers outlive it. */
export async function startDockerd({ liveRestore = false }: { readonly liveRestore?: boolean } = {}): Promise<Dockerd> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-dockerd-"));
  const end = guardOf(folder);
  const socket = join(folder, "docker.sock");
  const log = join(folder, "dockerd.log");
  const forward = forwardTo(socket);
  let server: Server | undefined;

  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    const url = new URL(path, "http://docker");
    return forward({ method, path: url.pathname, query: url.searchParams, body, headers: {} });
  }

  async function start(): Promise<void> {
    const places = [
      ["data-root", "data"],
      ["exec-root", "exec"],
      ["pidfile", "dockerd.pid"],
    ].map(([name, file]) => `--${name}=${join(folder, file ?? "")}`);
    // Neither needs the host's network set up, nor an overlay file system.
    const small = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--host-gateway-ip=127.0.0.1", "--storage-driver=vfs"];
    const more = liveRestore ? ["--live-restore"] : [];
    server = await startServer("dockerd", [...places, ...small, ...more, `--host=unix://${socket}`], log);
    const ready = async () => (await call("GET", "/_ping").catch(() => undefined))?.status === 200;
    await eventually(ready, Boolean, 60).catch(async () => {
      throw new Error(`dockerd did not come up: ${(await readFile(log, "utf8").catch(() => "")).slice(-1500)}`);
    });
  }

  async function stop(): Promise<void> {
    server?.process.kill("SIGTERM");
    await server?.exited;
    server = undefined;
  }

  async function kill(): Promise<void> {
    const containerd = join(folder, "exec/containerd/containerd.pid");
    const pid = await readFile(containerd, "utf8");
    server?.process.kill("SIGKILL");
    await server?.exited;
    server = undefined;
    await eventually(() => hasEnded(Number(pid)), Boolean);
    // Until the machine's first process has taken note of its end, dockerd takes it for one that still runs, and waits for its socket in vain.
    await rm(containerd);
  }

  await start();
  await importImage(socket);
  return {
    socket,
    folder,
    call,
    start,
    stop,
    kill,
    pid: () => server?.pid ?? 0,
    async starts(labels, since = 1000) {
      const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
      const filters = encodeURIComponent(JSON.stringify({ type: ["container"], event: ["start"], label }));
      const { raw, json } = await call(
        "GET",
        `/events?since=${(since / 1000).toFixed(3)}&until=${Math.ceil(Date.now() / 1000) + 1}&filters=${filters}`,
      );
      const text = json === undefined ? (raw ?? Buffer.alloc(0)).toString("utf8") : JSON.stringify(json);
      return text.split("\n").filter((line) => line.trim() !== "").length;
    },
    async containers(label) {
      const { json } = await call("GET", `/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`);
      return json as readonly { Id: string; State: string }[];
    },
    async close() {
      const { json } = await call("GET", "/containers/json?all=1").catch(() => ({ json: [] }));
      for (const { Id } of json as readonly { Id: string }[]) await call("DELETE", `/containers/${Id}?force=1`);
      await end();
    },
  };
}

async function importImage(socketPath: string): Promise<void> {
  const archive = tarOf([
    { name: "bin/", mode: 0o755, folder: true },
    { name: "tmp/", mode: 0o1777, folder: true },
    { name: "bin/busybox", mode: 0o755, content: await readFile(BUSYBOX) },
    ...PROGRAMS.map((program) => ({ name: `bin/${program}`, mode: 0o777, link: "busybox" })),
  ]);
  const [repo, tag] = IMAGE.split(":");
  await new Promise<void>((resolve, reject) => {
    const path = `/images/create?fromSrc=-&repo=${repo}&tag=${tag}`;
    const sent = request({ socketPath, method: "POST", path, headers: { "content-type": "application/x-tar" } }, (response) => {
      response.resume();
      response.once("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(`the import: ${response.statusCode}`))));
    });
    sent.once("error", reject);
    sent.end(archive);
  });
}
