import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunOutcome } from "../../../shared/core/record.ts";
import { WRAPPER_PATH } from "../../../shared/launchers/local/wrapper-process.ts";
import { appears, bench, fifo, gate, launchedOf, launchOf, pidIn, readJson, script, tempFolder } from "./support.ts";

const ends: readonly (readonly [rule: string, text: string, outcome: RunOutcome | object])[] = [
  ["exit 0", "exit 0", { state: "SUCCEEDED", exitCode: 0 }],
  [
    "another exit code",
    "exit 7",
    {
      state: "FAILED",
      failure: { class: "app_error", exitCode: 7, reason: "exited with code 7", hint: expect.stringContaining("output.log") },
    },
  ],
  [
    "137 alone is not out of memory",
    "exit 137",
    {
      state: "FAILED",
      failure: { class: "app_error", exitCode: 137, reason: "exited with code 137", hint: expect.stringContaining("memory") },
    },
  ],
  [
    "killed from outside",
    "kill -KILL $$",
    { state: "FAILED", failure: { class: "interrupted", reason: "killed by SIGKILL", hint: expect.stringContaining("memory") } },
  ],
  ["killed by its own fault", "kill -SEGV $$", { state: "FAILED", failure: { class: "app_error", reason: "killed by SIGSEGV" } }],
  ["a grandchild that keeps the log open is not waited for", "sleep 600 & exit 0", { state: "SUCCEEDED", exitCode: 0 }],
];

test.each(ends)("%s", async (rule, text, outcome) => {
  const one = await bench();
  const launch = launchOf(`ends ${rule}`);
  await one.backend.submit(script(text), launch);
  const observation = await one.observed(launch.id);
  expect(observation).toEqual({
    status: "ended",
    handle: expect.objectContaining({ id: launchedOf(launch).handle }),
    startedAt: expect.any(Number),
    endedAt: expect.any(Number),
    outcome,
  });
  expect(await one.backend.inspect([launchedOf(launch)])).toEqual([observation]);
});

test.each([
  ["not there", "no-such-program", 'command "no-such-program" was not found (ENOENT)', "PATH"],
  ["not executable", "/dev/null", 'command "/dev/null" may not be executed (EACCES)', "executable"],
])("a program that is %s: FAILED, with the reason", async (_rule, command, reason, hint) => {
  const one = await bench();
  const launch = launchOf(command);
  expect(await one.backend.submit(script("", { command, args: [] }), launch)).toMatchObject({ status: "accepted" });
  expect(await one.observed(launch.id)).toMatchObject({
    outcome: { state: "FAILED", failure: { class: "start_failure", reason, hint: expect.stringContaining(hint) } },
  });
});

test("the program is looked for on the run's own PATH", async () => {
  const one = await bench({ environment: { PATH: "/nowhere" } });
  await one.backend.submit(script("", { command: "true", args: [], env: { PATH: process.env["PATH"] ?? "" } }), launchOf("path"));
  expect(await one.observed("path")).toMatchObject({ outcome: { state: "SUCCEEDED" } });
});

test("the time limit: ended with its whole group, FAILED, naming the limit", async () => {
  const one = await bench();
  const launch = launchOf("slow", { timeoutSeconds: 0.2 });
  await one.backend.submit(script("sleep 600 & sleep 600"), launch);
  expect(await one.observed("slow")).toMatchObject({
    outcome: { state: "FAILED", failure: { class: "timeout", reason: "it ran longer than its limit of 0.2 s" } },
  });
  await expect.poll(() => livingOf(pidIn(join(one.folder(launch), "command.json")))).toEqual([]);
});

test("a limit longer than a timer can wait does not fire at once", async () => {
  const one = await bench();
  await one.backend.submit(script("sleep 0.2"), launchOf("patient", { timeoutSeconds: 10 ** 8 }));
  expect(await one.observed("patient")).toMatchObject({ outcome: { state: "SUCCEEDED" } });
});

test("what ignores SIGTERM is killed after the grace", async () => {
  const folder = join(tempFolder(), "local", "k-1");
  const wrapper = spawn(process.execPath, [WRAPPER_PATH], { stdio: ["pipe", "ignore", "inherit"] });
  const identity = { deployment: "test", id: "i", key: "k", attempt: 1, planDigest: "d", target: "here" };
  const text = "trap '' TERM; while :; do sleep 600; done";
  wrapper.stdin.end(
    JSON.stringify({
      folder,
      identity,
      command: "/bin/sh",
      args: ["-c", text],
      cwd: "/",
      env: { PATH: process.env["PATH"] },
      timeoutSeconds: 0.2,
      graceSeconds: 0.2,
      landBy: Date.now() + 8000,
    }),
  );
  await once(wrapper, "exit");
  expect(readJson(join(folder, "status.json"))).toMatchObject({ exit_code: null, signal: "SIGKILL", timed_out: 0.2 });
});

test("stop while it runs: CANCELLED with its exit code, and its group is gone", async () => {
  const one = await bench();
  const launch = launchOf("stopped");
  const ready = join(one.stateFolder, "ready");
  await one.backend.submit(script(`trap 'exit 5' TERM; sleep 600 & : > ${ready}; wait`), launch);
  await appears(ready);
  await Promise.all([one.backend.stop(launchedOf(launch), "enough"), one.backend.stop(launchedOf(launch), "enough")]);
  expect(await one.observed("stopped")).toMatchObject({ status: "ended", outcome: { state: "CANCELLED", exitCode: 5 } });
  expect(readJson(join(one.folder(launch), "status.json"))).toMatchObject({ stopped: "enough" });
  await expect.poll(() => livingOf(pidIn(join(one.folder(launch), "command.json")))).toEqual([]);
});

test("what ends with 0 when stopped has succeeded", async () => {
  const one = await bench();
  const launch = launchOf("graceful");
  const ready = join(one.stateFolder, "ready");
  await one.backend.submit(script(`trap 'exit 0' TERM; sleep 600 & : > ${ready}; wait`), launch);
  await appears(ready);
  await one.backend.stop(launchedOf(launch), "enough");
  expect(await one.observed("graceful")).toMatchObject({ outcome: { state: "SUCCEEDED" } });
});

test("stop between marker and command: the command never starts", async () => {
  const one = await bench();
  const launch = launchOf("early");
  const lines = join(one.stateFolder, "lines");
  const log = fifo(join(one.folder(launch), "output.log"));
  await one.backend.submit(script(`echo ran > ${lines}`), launch);
  await one.backend.stop(launchedOf(launch), "enough");
  spawn("cat", [log], { stdio: "ignore" });
  const observation = await one.observed("early");
  expect(observation).toMatchObject({ status: "ended", outcome: { state: "CANCELLED" } });
  expect(observation).not.toHaveProperty("startedAt");
  expect(() => readFileSync(lines)).toThrow("ENOENT");
});

test("SIGTERM to the wrapper from outside: interrupted, before the command and while it runs", async () => {
  const one = await bench();
  const early = launchOf("shutdown early");
  const log = fifo(join(one.folder(early), "output.log"));
  await one.backend.submit(script("echo ran"), early);
  process.kill(pidIn(join(one.folder(early), "marker.json")), "SIGTERM");
  spawn("cat", [log], { stdio: "ignore" });
  const interrupted = { outcome: { state: "FAILED", failure: { class: "interrupted", reason: "its wrapper got SIGTERM from outside" } } };
  expect(await one.observed(early.id)).toMatchObject(interrupted);

  const running = launchOf("shutdown");
  await one.backend.submit(script("exec sleep 600"), running);
  await appears(join(one.folder(running), "command.json"));
  process.kill(pidIn(join(one.folder(running), "marker.json")), "SIGTERM");
  expect(await one.observed(running.id)).toMatchObject(interrupted);
});

test("stop of what never was, and of what has ended: nothing happens", async () => {
  const one = await bench();
  await one.backend.stop(launchedOf(launchOf("never")), "enough");
  expect(await one.backend.inspect([launchedOf(launchOf("never"))])).toEqual([{ status: "absent" }]);
  const launch = launchOf("over");
  await one.backend.submit(script("exit 4"), launch);
  const observation = await one.observed("over");
  await one.backend.stop(launchedOf(launch), "enough");
  expect(await one.backend.inspect([launchedOf(launch)])).toEqual([observation]);
  expect(observation).toMatchObject({ outcome: { state: "FAILED" } });
});

test("a run that is stopped by another dispatcher than its own", async () => {
  const one = await bench();
  const launch = launchOf("theirs");
  const blocked = gate(one.stateFolder);
  await one.backend.submit(script(blocked.wait), launch);
  const other = await bench({ stateFolder: one.stateFolder });
  await other.backend.stop(launchedOf(launch), "enough");
  expect(await one.observed("theirs")).toMatchObject({ outcome: { state: "CANCELLED" } });
});

/** The processes of a group, without those that are dead and not yet collected. */
function livingOf(group: number): readonly string[] {
  const lines = execFileSync("ps", ["-eo", "pgid=,stat=,args="], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => new RegExp(`^\\s*${group}\\s+[^Z]`).test(line));
}
