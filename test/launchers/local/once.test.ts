import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runKey } from "../../../shared/core/identity.ts";
import { connectLocal } from "../../../shared/launchers/local/backend.ts";
import { local } from "../../../shared/launchers/local/index.ts";
import { type Machine, thisMachine } from "../../../shared/launchers/local/machine.ts";
import { isAlive } from "../../../shared/launchers/local/process-identity.ts";
import { WRAPPER_PATH } from "../../../shared/launchers/local/wrapper-process.ts";
import type { WrapperSpec } from "../../../shared/launchers/local/wrapper-spec.ts";
import {
  appears,
  bench,
  executable,
  fifo,
  gate,
  launchedOf,
  launchOf,
  localTarget,
  pidIn,
  script,
  startWrappersWith,
  tempFolder,
} from "./support.ts";

test("twenty submits of the same launch at once, over four dispatchers, start one process", async () => {
  const stateFolder = tempFolder();
  const dispatchers = await Promise.all([1, 2, 3, 4].map(() => bench({ stateFolder, target: { settings: { maxParallel: 2 } } })));
  const launch = launchOf("many");
  const lines = join(stateFolder, "lines");
  const blocked = gate(stateFolder);
  const plan = script(`echo ran >> ${lines}; ${blocked.wait}`);
  const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => dispatchers[index % 4]?.backend.submit(plan, launch)));
  expect(outcomes.map((outcome) => outcome?.status)).toEqual(Array(20).fill("accepted"));
  await blocked.open();
  const observed = await Promise.race(dispatchers.map((one) => one.observed("many")));
  expect(observed).toMatchObject({ status: "ended", outcome: { state: "SUCCEEDED" } });
  expect(readFileSync(lines, "utf8")).toBe("ran\n");
  expect(dispatchers.flatMap((one) => one.seen)).toHaveLength(1);
});

test("a second submit adopts the run, while it goes on and after its end", async () => {
  const one = await bench();
  const launch = launchOf("twice");
  const lines = join(one.stateFolder, "lines");
  const blocked = gate(one.stateFolder);
  const plan = script(`echo ran >> ${lines}; ${blocked.wait}`);
  const first = await one.backend.submit(plan, launch);
  expect(first).toEqual({
    status: "accepted",
    handle: { id: `${runKey("twice")}-1`, links: { log: join(one.folder(launch), "output.log") } },
  });
  expect(await one.backend.submit(plan, launch)).toEqual(first);
  expect(await one.backend.find?.(launch)).toMatchObject({ status: "found" });
  expect(await one.backend.inspect([launchedOf(launch)])).toMatchObject([{ status: "running" }]);
  await blocked.open();
  await one.observed("twice");
  expect(await one.backend.submit(plan, launch)).toEqual(first);
  expect(readFileSync(lines, "utf8")).toBe("ran\n");
});

test.each([
  ["another run", { id: "other" }],
  ["another deployment", { deployment: "prod" }],
])("a marker of %s under the same name: refused for good, nothing started", async (_rule, difference) => {
  const one = await bench();
  const launch = launchOf("mine");
  mkdirSync(one.folder(launch), { recursive: true });
  const foreign = {
    deployment: "test",
    id: "mine",
    key: launch.key,
    attempt: 1,
    target: "here",
    plan_digest: "x",
    wrapper: { pid: 1, started: "never" },
    started_at: 1,
    ...difference,
  };
  writeFileSync(join(one.folder(launch), "marker.json"), JSON.stringify(foreign));
  const outcome = await one.backend.submit(script("echo ran"), launch);
  expect(outcome).toMatchObject({
    status: "refused",
    boundToKey: true,
    failure: { class: "conflict", code: "NAME_TAKEN", recognised: true },
  });
  expect(await one.backend.find?.(launch)).toEqual({ status: "absent" });
  expect(existsSync(join(one.folder(launch), "output.log"))).toBe(false);
});

test("a marker that cannot be read proves nothing either way", async () => {
  const one = await bench();
  const launch = launchOf("torn");
  mkdirSync(one.folder(launch), { recursive: true });
  writeFileSync(join(one.folder(launch), "marker.json"), "{");
  const unknown = { status: "unknown", failure: { class: "unknown", code: "MARKER_UNREADABLE" } };
  expect(await one.backend.submit(script("echo ran"), launch)).toMatchObject(unknown);
  expect(await one.backend.find?.(launch)).toMatchObject(unknown);
  expect(await one.backend.inspect([launchedOf(launch)])).toMatchObject([unknown]);
});

test("a wrapper killed between marker and command: LOST, and never run by a second submit", async () => {
  const one = await bench();
  const launch = launchOf("killed");
  const lines = join(one.stateFolder, "lines");
  const plan = script(`echo ran >> ${lines}`);
  // Opening a pipe for writing waits for a reader: the wrapper stands between marker and command.
  fifo(join(one.folder(launch), "output.log"));
  expect(await one.backend.submit(plan, launch)).toMatchObject({ status: "accepted" });
  process.kill(pidIn(join(one.folder(launch), "marker.json")), "SIGKILL");
  const lost = { status: "ended", outcome: { state: "LOST", reason: expect.stringContaining("no sign that the command had started") } };
  expect(await one.observed("killed")).toMatchObject(lost);
  expect(await one.backend.submit(plan, launch)).toMatchObject({ status: "accepted" });
  const later = await bench({ stateFolder: one.stateFolder });
  expect(await later.backend.submit(plan, launch)).toMatchObject({ status: "accepted" });
  expect(await later.backend.inspect([launchedOf(launch)])).toMatchObject([lost]);
  expect(existsSync(lines)).toBe(false);
});

test("a wrapper killed while its command runs: LOST, the command is named, and stop still ends it", async () => {
  const one = await bench();
  const launch = launchOf("orphan");
  const plan = script("exec sleep 600");
  await one.backend.submit(plan, launch);
  const commandFile = join(one.folder(launch), "command.json");
  await appears(commandFile);
  process.kill(pidIn(join(one.folder(launch), "marker.json")), "SIGKILL");
  const pid = pidIn(commandFile);
  expect(await one.observed("orphan")).toMatchObject({
    status: "ended",
    outcome: { state: "LOST", reason: expect.stringContaining(`goes on as process ${pid}`) },
  });
  const [, started] = /"started":"([^"]+)"/.exec(readFileSync(commandFile, "utf8")) ?? [];
  await one.backend.stop(launchedOf(launch), "test");
  await expect.poll(() => isAlive({ pid, started: started ?? "" })).toBe(false);
  expect(await one.backend.inspect([launchedOf(launch)])).toMatchObject([
    { outcome: { reason: expect.stringContaining("how the command ended is not known") } },
  ]);
});

test("a dispatcher killed while its run goes on: a new one sees the run and its end", async () => {
  const stateFolder = tempFolder();
  const blocked = gate(stateFolder);
  const dispatcher = spawn(
    process.execPath,
    [fileURLToPath(new URL("./dispatcher.ts", import.meta.url)), stateFolder, "survivor", `echo out; ${blocked.wait}; exit 3`],
    { stdio: ["ignore", "pipe", "inherit"], detached: true },
  );
  const [line] = await once(createInterface(dispatcher.stdout), "line");
  expect(JSON.parse(line)).toMatchObject({ status: "accepted" });
  // With its whole group, as a terminal or a service manager does it.
  process.kill(-pidOf(dispatcher), "SIGKILL");
  await once(dispatcher, "exit");

  const later = await bench({ stateFolder });
  const launch = launchOf("survivor");
  expect(await later.backend.inspect([launchedOf(launch)])).toMatchObject([{ status: "running" }]);
  const status = appears(join(later.folder(launch), "status.json"));
  await blocked.open();
  await status;
  expect(await later.backend.inspect([launchedOf(launch)])).toMatchObject([
    { status: "ended", outcome: { state: "FAILED", failure: { class: "app_error", exitCode: 3 } } },
  ]);
});

test("a dispatcher may end by itself while its run goes on", async () => {
  const stateFolder = tempFolder();
  const blocked = gate(stateFolder);
  const dispatcher = spawn(
    process.execPath,
    [fileURLToPath(new URL("./dispatcher.ts", import.meta.url)), stateFolder, "left", blocked.wait],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  dispatcher.stdout.resume();
  const [code] = await once(dispatcher, "exit");
  expect(code).toBe(0);
  const later = await bench({ stateFolder });
  expect(await later.backend.inspect([launchedOf(launchOf("left"))])).toMatchObject([{ status: "running" }]);
  const status = appears(join(later.folder(launchOf("left")), "status.json"));
  await blocked.open();
  await status;
});

test.each([
  ["half a specification", '{"folder":"/x","identity":{'],
  ["nothing", ""],
  ["another document", '{"a":1}'],
])("a wrapper that reads %s leaves no trace", async (_rule, text) => {
  const folder = tempFolder();
  const wrapper = spawn(process.execPath, [WRAPPER_PATH], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  wrapper.stdout.on("data", (chunk) => (said += chunk));
  wrapper.stdin.end(text);
  expect(await once(wrapper, "close")).toEqual([0, null]);
  expect(said).toBe("");
});

test("a wrapper that comes too late takes no marker: its absence was proof by then", async () => {
  const folder = join(tempFolder(), "local", "k-1");
  const wrapper = spawn(process.execPath, [WRAPPER_PATH], { stdio: ["pipe", "pipe", "inherit"] });
  const identity = { deployment: "test", id: "i", key: "k", attempt: 1, planDigest: "d", target: "here" };
  const lines = createInterface(wrapper.stdout);
  wrapper.stdin.end(
    JSON.stringify({
      folder,
      identity,
      command: "touch",
      args: [join(folder, "ran")],
      cwd: "/",
      env: process.env,
      graceSeconds: 1,
      landBy: Date.now() - 1,
    }),
  );
  const [line] = await once(lines, "line");
  expect(JSON.parse(line)).toMatchObject({ marker: "failed", code: "LATE" });
  await once(wrapper, "exit");
  expect(existsSync(join(folder, "marker.json"))).toBe(false);
  expect(existsSync(join(folder, "ran"))).toBe(false);
});

test("a wrapper is told to come before its absence is proof", async () => {
  const { services } = await bench();
  const told: WrapperSpec[] = [];
  const answer = { marker: "failed", code: "EAGAIN", message: "" } as const;
  const startWrapper: Machine["startWrapper"] = (spec) => {
    told.push(spec);
    return { pid: undefined, answer: Promise.resolve(answer), exited: Promise.resolve(), detach: () => {} };
  };
  const backend = await connectLocal(localTarget(), services, { ...thisMachine, startWrapper });
  await backend.submit(script("true"), launchOf("a"));
  const [spec] = told;
  expect(spec?.landBy).toBeLessThan(Date.now() + (local.landingSeconds ?? 0) * 1000);
});

test("cut off by the deadline: unknown, and the same attempt settles it, however late the first wrapper comes", async () => {
  const one = await bench();
  const lines = join(one.stateFolder, "lines");
  const plan = script(`echo ran >> ${lines}`);
  const slow = gate(one.stateFolder);
  const spawned = join(one.stateFolder, "spawned");
  const gone = join(one.stateFolder, "gone");
  const node = startWrappersWith(
    executable(join(one.stateFolder, "slow-node"), `: > ${spawned}\n${slow.wait}\n${process.execPath} "$@"\n: > ${gone}`),
  );
  const cutOff = new AbortController();
  const submitted = one.backend.submit(plan, launchOf("cut", { signal: cutOff.signal }));
  await appears(spawned);
  cutOff.abort();
  expect(await submitted).toMatchObject({ status: "unknown", failure: { class: "unknown", code: "WRAPPER_SILENT" } });
  expect(await one.backend.find?.(launchOf("cut"))).toEqual({ status: "absent" });

  node.restore();
  expect(await one.backend.submit(plan, launchOf("cut"))).toMatchObject({ status: "accepted" });
  await one.observed("cut");
  await slow.open();
  await appears(gone);
  const settled = await bench({ stateFolder: one.stateFolder });
  expect(await settled.backend.submit(plan, launchOf("cut"))).toMatchObject({ status: "accepted" });
  expect(readFileSync(lines, "utf8")).toBe("ran\n");
});

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error("it was not started");
  return child.pid;
}
