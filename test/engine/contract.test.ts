/** The contract of launchers, before a real daemon: calls get lost at a gate before it. */
import { afterAll, beforeAll } from "vitest";
import { dockerSubject } from "../contract/docker-subject.ts";
import type { Daemon } from "../contract/docker-world.ts";
import { describeLauncher } from "../contract/launcher-contract.ts";
import { forwardTo } from "../doubles/docker/gate.ts";
import { type Dockerd, IMAGE, startDockerd } from "./dockerd.ts";

let dockerd: Dockerd;

beforeAll(async () => {
  dockerd = await startDockerd();
}, 120_000);
afterAll(() => dockerd.close(), 120_000);

/** The daemon serves every world in turn: each begins with nothing of another's there. */
async function realDaemon(): Promise<Daemon> {
  const from = Date.now();
  return {
    handle: forwardTo(dockerd.socket),
    command: ["sh", "-c", "trap 'exit 143' TERM; while [ ! -f /tmp/end ]; do sleep 0.05; done; exit $(cat /tmp/end)"],
    image: IMAGE,
    settings: { networks: ["none"] },
    // The gate hands on whole answers: the daemon's stream of events has no end.
    services: { isFunction: true },
    starts: (labels) => dockerd.starts(labels, from),
    async end(container, exitCode) {
      const { json } = await dockerd.call("POST", `/containers/${container}/exec`, { Cmd: ["sh", "-c", `echo ${exitCode} > /tmp/end`] });
      await dockerd.call("POST", `/exec/${(json as { Id: string }).Id}/start`, { Detach: true });
      await dockerd.call("POST", `/containers/${container}/wait`);
    },
    async close() {
      const { json } = await dockerd.call("GET", "/containers/json?all=1");
      for (const { Id } of json as readonly { Id: string }[]) await dockerd.call("DELETE", `/containers/${Id}?force=1`);
      const { json: volumes } = await dockerd.call("GET", "/volumes");
      for (const { Name } of (volumes as { Volumes: readonly { Name: string }[] | null }).Volumes ?? []) {
        await dockerd.call("DELETE", `/volumes/${Name}`);
      }
    },
  };
}

describeLauncher("docker, before a real daemon", dockerSubject(realDaemon, { crowd: 6, patienceMilliseconds: 20_000 }));
