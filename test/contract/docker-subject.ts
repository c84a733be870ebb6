import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Launcher } from "../../shared/core/launcher.ts";
import { docker } from "../../shared/launchers/docker/index.ts";
import { hasLabel } from "../doubles/docker/containers.ts";
import { type EngineDoubleOptions, engineDouble } from "../doubles/docker/engine-double.ts";
import { type Daemon, dockerWorld, plannedRun, targetOn } from "./docker-world.ts";
import type { Subject } from "./subject.ts";

const HERE = targetOn({ image: "image:1" });

/** The Docker launcher under test, before whatever daemons the worlds are opened on. */
export function dockerSubject(open: () => Promise<Daemon>, over: Partial<Pick<Subject, "crowd" | "patienceMilliseconds">> = {}): Subject {
  return {
    definition: docker as unknown as Launcher,
    module: { path: fileURLToPath(new URL("../../shared/launchers/docker/index.ts", import.meta.url)), name: "docker" },
    samples: [
      { run: plannedRun("plain", 1), target: HERE },
      {
        run: plannedRun("full", 2, {
          name: "jolly-otter",
          flow: { id: "f", name: "Nightly", version: 3, storage: { type: "S3", key: "k", bucket: "b" } },
          parameters: { day: "2026-11-21", nested: { b: 1, a: [1, { d: 2, c: 3 }] } },
          traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          runConfig: {
            type: "DockerRun",
            image: "img:2",
            ports: [443, 80],
            hostConfig: {
              mem_limit: "1g",
              binds: { "/b": { bind: "/y" }, "/a": { bind: "/x", mode: "ro" } },
              extra_hosts: { b: "10.0.0.2", a: "10.0.0.1" },
              port_bindings: { "443": [8443, { HostPort: 9443, HostIp: "127.0.0.1" }], "80": 8080 },
            },
            env: { B: "2", A: "1", C: true, Z: null },
            labels: ["b", "a"],
          },
        }),
        target: {
          ...HERE,
          allow: "*",
          tags: { team: "${flow.name}", zone: "a" },
          entrypoint: ["env"],
          settings: { ...HERE.settings, networks: ["n1", "n2"], volumes: ["cache:/cache"], pull: "always" },
        },
      },
    ],
    capabilities: {
      once: "offered",
      find: "offered",
      names: "offered",
      exitCodes: "offered",
      owned: "offered",
      remove: "offered",
      capacity: "offered",
      throttled: "offered",
      denied: "offered",
      invalid: "offered",
    },
    submitSites: ["start", "create"],
    lookSites: ["look"],
    listSites: ["look", "volumes"],
    outages: ["5xx", "hang", "reset"],
    crowd: 60,
    patienceMilliseconds: 5000,
    ...over,
    open: async () => dockerWorld(await open()),
  };
}

/** A daemon in memory, whose containers end when they are told to. */
export function doubleDaemon(options: EngineDoubleOptions = {}): Daemon {
  const double = engineDouble(options);
  return {
    handle: double.handle,
    command: ["work"],
    image: "image:1",
    // Waiting for another to start what it made costs no time here.
    services: { sleep: async () => void (await setImmediate()) },
    starts: async (labels) => {
      const wanted = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
      return double.state.started.filter((given) => wanted.every((each) => hasLabel(given, each))).length;
    },
    end: async (container, exitCode) => double.finish(container, exitCode),
    close: async () => {},
  };
}
