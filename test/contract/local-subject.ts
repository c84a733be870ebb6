import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import type { Launcher } from "../../shared/core/launcher.ts";
import type { PlannedRun } from "../../shared/core/run.ts";
import { connectLocal } from "../../shared/launchers/local/backend.ts";
import { local } from "../../shared/launchers/local/index.ts";
import { folderOf } from "../../shared/launchers/local/inspect.ts";
import { identityOf, isAlive } from "../../shared/launchers/local/process-identity.ts";
import { attemptsFolder, readMarker } from "../../shared/launchers/local/state-files.ts";
import { appears, fifo, localTarget, pidIn, tempFolder } from "../launchers/local/support.ts";
import { faultyMachine } from "./local-machine.ts";
import { pause } from "./rule.ts";
import { servicesFor } from "./services.ts";
import { type Attempt, CANARY, type Subject, type World } from "./subject.ts";

const MAX_PARALLEL = 4;

const HERE = localTarget({
  env: { TARGET: CANARY, Y: "${run.id}", Z: "1" },
  enforcedEnv: { ENFORCED: CANARY },
  settings: { maxParallel: MAX_PARALLEL },
});

function plannedRun(id: string, attempt: number, over: Partial<PlannedRun["request"]> = {}): PlannedRun {
  const runConfig = { type: "LocalRun", env: { SECRET: CANARY, NUMBER: 1 }, labels: [] } as const;
  return { deployment: "test", key: runKey(id), attempt, request: { id, runConfig, command: ["true"], ...over } };
}

/** The local launcher under test: real processes, a real state folder. */
export const localSubject: Subject = {
  definition: local as Launcher,
  module: { path: fileURLToPath(new URL("../../shared/launchers/local/index.ts", import.meta.url)), name: "local" },
  samples: [
    { run: plannedRun("plain", 1), target: HERE },
    {
      run: plannedRun("full", 2, {
        name: "jolly-otter",
        flow: { id: "f", name: "Nightly", version: 3, storage: { type: "S3", key: "k", bucket: "b" } },
        parameters: { day: "2026-11-21", nested: { b: 1, a: [1, { d: 2, c: 3 }] } },
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        runConfig: { type: "LocalRun", workingDir: "/srv", env: { B: "2", A: "1", Z: null, C: true }, labels: ["b", "a"] },
      }),
      target: { ...HERE, timeoutSeconds: 60, entrypoint: ["env"] },
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
    throttled: { lacks: "the operating system limits how many processes there are, not how fast they come" },
    denied: "offered",
    invalid: "offered",
  },
  submitSites: ["spawn"],
  lookSites: ["read"],
  listSites: ["read"],
  outages: ["unreadable"],
  crowd: MAX_PARALLEL,
  patienceMilliseconds: 10_000,
  open: openWorld,
};

async function openWorld(): Promise<World> {
  const stateFolder = tempFolder();
  const { services, observed } = servicesFor({ environment: { PATH: process.env["PATH"], OWN: CANARY }, stateFolder });
  const faults = faultyMachine();
  const connect = () => connectLocal(HERE, services, faults.machine);
  const place = ({ id, attempt }: Pick<Attempt, "id" | "attempt">, what: string) => join(stateFolder, `${what}-${id}-${attempt}`);
  const gates = new Set<string>();

  /** Writes a line for each start, then waits to be told its exit code. */
  function run(id: string, attempt = 1): PlannedRun {
    const gate = place({ id, attempt }, "gate");
    if (!gates.has(gate)) fifo(gate);
    gates.add(gate);
    return plannedRun(id, attempt, {
      command: ["/bin/sh", "-c", `echo ran >> ${place({ id, attempt }, "starts")}; read code < ${gate}; exit $code`],
    });
  }

  function linesOf(attempt: Attempt): number {
    try {
      return readFileSync(place(attempt, "starts"), "utf8").split("\n").length - 1;
    } catch {
      return 0;
    }
  }

  async function starts(attempt: Attempt): Promise<number> {
    const taken = await faults.taken(folderOf(stateFolder, attempt));
    // Who took the marker has yet to start its command.
    for (let left = 500; linesOf(attempt) < taken && left > 0; left--) await pause(10);
    return linesOf(attempt);
  }

  const end = async (attempt: Attempt, exitCode: number) => {
    await starts(attempt);
    await writeFile(place(attempt, "gate"), `${exitCode}\n`);
  };

  return {
    target: HERE,
    observed,
    run,
    connect,
    starts,
    end,
    fault(site, fault) {
      if (site === "read") faults.unreadableNext();
      else faults.spawnNext(fault);
    },
    hold: () => faults.holdSpawn(),
    refuse: {
      async capacity() {
        const backend = await connect();
        const fillers: PlannedRun[] = [];
        for (let index = 0; index < MAX_PARALLEL; index++) {
          const filler = run(`filler-${index}`);
          const { deployment, key, attempt, request } = filler;
          const launch = { deployment, id: request.id, key, attempt, planDigest: "d", signal: new AbortController().signal };
          if ((await backend.submit(local.plan(filler, HERE), launch)).status === "accepted") fillers.push(filler);
        }
        return async () => {
          for (const { key, attempt, request } of fillers) {
            const status = appears(join(folderOf(stateFolder, { key, attempt }), "status.json"));
            await end({ id: request.id, key, attempt }, 0);
            await status;
          }
        };
      },
      denied: once({ failed: "EACCES" }),
      invalid: once({ failed: "E2BIG" }),
    },
    async occupy(launch) {
      const folder = folderOf(stateFolder, launch);
      mkdirSync(folder, { recursive: true });
      const { deployment, key, attempt } = launch;
      const process = spawn("sleep", ["600"], { stdio: "ignore" });
      onTestFinished(() => void process.kill("SIGKILL"));
      const wrapper = identityOf(process.pid ?? 0);
      if (wrapper === undefined) throw new Error("the foreign process was not started");
      const marker = { deployment, id: "somebody else's", key, attempt, target: "here", plan_digest: "x", wrapper, started_at: 1 };
      writeFileSync(join(folder, "marker.json"), JSON.stringify(marker));
      const same = async () => JSON.stringify(await readMarker(faults.machine, folder)) === JSON.stringify(marker);
      return { intact: async () => (await same()) && isAlive(wrapper) && !existsSync(join(folder, "stop.json")) };
    },
    async strangers() {
      const key = runKey("a stranger");
      const process = spawn("sleep", ["600"], { stdio: "ignore" });
      onTestFinished(() => void process.kill("SIGKILL"));
      const wrapper = identityOf(process.pid ?? 0);
      const dead = { pid: 1, started: "never" };
      const marked = (name: string, over: object) => {
        const folder = join(attemptsFolder(stateFolder), name);
        mkdirSync(folder, { recursive: true });
        const marker = { deployment: "test", id: "a stranger", key, attempt: 1, target: "there", plan_digest: "x", started_at: 1 };
        writeFileSync(join(folder, "marker.json"), JSON.stringify({ ...marker, wrapper: dead, ...over }));
        return name;
      };
      const names = [
        marked(`${key}-1`, { deployment: "test-2", wrapper }),
        marked(`${key}-2`, { deployment: "test-2", attempt: 2 }),
        marked(`${key}-3`, { attempt: 3, id: "somebody else's" }),
        marked(`${key}-copy`, {}),
      ];
      mkdirSync(join(attemptsFolder(stateFolder), "notes"), { recursive: true });
      const text = (name: string) => readFileSync(join(attemptsFolder(stateFolder), name, "marker.json"), "utf8");
      const before = names.map(text);
      return {
        handles: [...names, "notes", ".", ".."],
        deployment: "test-2",
        intact: async () =>
          names.every((name, index) => text(name) === before[index]) &&
          existsSync(join(attemptsFolder(stateFolder), "notes")) &&
          wrapper !== undefined &&
          isAlive(wrapper),
      };
    },
    async outage() {
      faults.unreadable(true);
      return async () => faults.unreadable(false);
    },
    async vanish(attempt) {
      await starts(attempt);
      process.kill(pidIn(join(folderOf(stateFolder, attempt), "marker.json")), "SIGKILL");
    },
    // The folder goes, and what runs in it, with the test.
    close: async () => {},
  };

  function once(fate: { readonly failed: string }): () => Promise<() => Promise<void>> {
    return async () => {
      faults.spawnNext(fate);
      return async () => {};
    };
  }
}
