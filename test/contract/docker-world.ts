/** What the contract suite does to a Docker daemon, double or real: everything by its own API, but for what `Daemon` says. */
import { createHash } from "node:crypto";
import { runKey } from "../../shared/core/identity.ts";
import type { Backend, Services } from "../../shared/core/launcher.ts";
import type { PlannedRun } from "../../shared/core/run.ts";
import type { Target } from "../../shared/core/target.ts";
import { connectDocker } from "../../shared/launchers/docker/backend.ts";
import { containerName } from "../../shared/launchers/docker/naming.ts";
import type { DockerSettings } from "../../shared/launchers/docker/target.ts";
import type { Answer, DoubleRequest } from "../doubles/docker/engine-double.ts";
import { type Gate, gate, type Outage, type Site } from "../doubles/docker/gate.ts";
import { dockerTarget } from "../launchers/docker/support.ts";
import { servicesFor } from "./services.ts";
import { type Attempt, CANARY, type World } from "./subject.ts";

/** A daemon, and what its API does not offer. */
export interface Daemon {
  handle(request: DoubleRequest): Answer | Promise<Answer>;
  /** What runs until it is told its exit code. */
  readonly command: readonly string[];
  readonly image: string;
  readonly settings?: Partial<DockerSettings>;
  readonly services?: Partial<Services>;
  /** How often containers with these labels were started. */
  starts(labels: Readonly<Record<string, string>>): Promise<number>;
  end(container: string, exitCode: number): Promise<void>;
  close(): Promise<void>;
}

/** A target on a daemon. */
export function targetOn(daemon: Pick<Daemon, "image" | "settings">): Target<DockerSettings> {
  const { settings } = dockerTarget();
  return dockerTarget({
    env: { TARGET: CANARY },
    enforcedEnv: { ENFORCED: CANARY },
    image: daemon.image,
    settings: { ...settings, ...daemon.settings },
  });
}

export function plannedRun(id: string, attempt: number, over: Partial<PlannedRun["request"]> = {}): PlannedRun {
  const runConfig = { type: "DockerRun", env: { SECRET: CANARY, NUMBER: 1 }, labels: [] } as const;
  return { deployment: "test", key: runKey(id), attempt, request: { id, runConfig, command: ["true"], ...over } };
}

export async function dockerWorld(daemon: Daemon): Promise<World> {
  const entry = await gate(daemon.handle);
  const target = targetOn(daemon);
  const { services, observed } = servicesFor({ environment: { OWN: CANARY }, ...daemon.services });

  /** A call of the test's own, past the gate. */
  async function raw(method: string, path: string, body?: unknown): Promise<Answer> {
    const url = new URL(path, "http://docker");
    return daemon.handle({ method, path: url.pathname, query: url.searchParams, body, headers: {} });
  }

  const nameOf = ({ key, attempt }: Attempt) => containerName({ deployment: "test", key, attempt });

  async function made(name: string, Labels: object = {}): Promise<string> {
    const body = { Image: daemon.image, Cmd: daemon.command, Labels, HostConfig: { NetworkMode: "none" } };
    const { json } = await raw("POST", `/containers/create?name=${name}`, body);
    const id = String((json as { Id: string }).Id);
    await raw("POST", `/containers/${id}/start`);
    return id;
  }

  async function stateOf(id: string): Promise<string> {
    const { status, json } = await raw("GET", `/containers/${id}/json`);
    if (status !== 200) return "gone";
    const { Status, ExitCode, StartedAt } = (json as { State: { Status: string; ExitCode: number; StartedAt: string } }).State;
    return `${Status} ${ExitCode} ${StartedAt}`;
  }

  async function running(id: string): Promise<boolean> {
    return (await stateOf(id)).startsWith("running");
  }

  return {
    target,
    observed,
    run: (id, attempt = 1) => plannedRun(id, attempt, { command: daemon.command }),
    connect: async () => (await connectDocker(target, services, entry.dial)) as Backend,
    starts: ({ key, attempt }) => daemon.starts({ "slipway:key": key, "slipway:attempt": String(attempt) }),
    fault(site, fault) {
      if (fault === "never sent") entry.refuseNext();
      else entry.next(site as Site, { kind: "lost", applied: fault === "lost after" });
    },
    hold: (site) => held(entry, site as Site),
    refuse: {
      capacity: refusing(entry, [
        "start",
        500,
        "driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated",
      ]),
      throttled: async () => {
        entry.next("create", { kind: "answered", answer: { status: 404, json: { message: "No such image: image:1" } } });
        const error = "toomanyrequests: You have reached your pull rate limit.";
        entry.next("pull", {
          kind: "answered",
          answer: { status: 200, lines: [{ status: "Pulling from image" }, { error, errorDetail: { message: error } }] },
        });
        return async () => {};
      },
      denied: refusing(entry, ["create", 403, "authorization denied by plugin"]),
      invalid: refusing(entry, ["create", 400, "invalid mount config"]),
    },
    async occupy(launch) {
      const id = await made(nameOf(launch));
      return { intact: () => running(id) };
    },
    nowhere: ({ key, attempt }) => createHash("sha256").update(`${key}/${attempt}`).digest("hex"),
    async strangers() {
      const labels = {
        "slipway:deployment": "test-2",
        "slipway:key": runKey("theirs"),
        "slipway:attempt": "1",
        "slipway:run-id": "theirs",
        "slipway:plan": "x",
      };
      const ids = [
        await made("theirs-runs", labels),
        await made("theirs-over", { ...labels, "slipway:attempt": "2" }),
        await made("nobodys", {}),
      ];
      await daemon.end(ids[1] ?? "", 3);
      const before = await Promise.all(ids.map(stateOf));
      return {
        handles: ids,
        deployment: "test-2",
        intact: async () => JSON.stringify(await Promise.all(ids.map(stateOf))) === JSON.stringify(before),
      };
    },
    async outage(kind) {
      entry.outage = kind as Outage;
      return async () => {
        entry.outage = undefined;
      };
    },
    end: (attempt, exitCode) => daemon.end(nameOf(attempt), exitCode),
    async vanish(attempt) {
      await raw("DELETE", `/containers/${nameOf(attempt)}?force=true`);
    },
    async close() {
      await entry.close();
      await daemon.close();
    },
  };
}

function refusing(entry: Gate, [site, status, message]: readonly [Site, number, string]): () => Promise<() => Promise<void>> {
  return async () => {
    entry.next(site, { kind: "answered", answer: { status, json: { message } } });
    return async () => {};
  };
}

function held(entry: Gate, site: Site) {
  const [reached, until, applied] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  entry.next(site, { kind: "held", reached: reached.resolve, until: until.promise, applied: applied.resolve });
  return {
    reached: reached.promise,
    release() {
      until.resolve();
      return applied.promise;
    },
  };
}
