import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { planLocal } from "../../../shared/launchers/local/plan.ts";
import { identityOf, isAlive, lookWithPs } from "../../../shared/launchers/local/process-identity.ts";
import { appears, bench, executable, gate, launchOf, localTarget, plannedRun, script, startWrappersWith } from "./support.ts";

test("the log has what the command writes, to both", async () => {
  const one = await bench();
  const launch = launchOf("writes");
  await one.backend.submit(script("echo out; echo err >&2"), launch);
  await one.observed("writes");
  expect(readFileSync(join(one.folder(launch), "output.log"), "utf8")).toBe("out\nerr\n");
});

test("the command has the dispatcher's environment, the plan's on top, without what null takes away", async () => {
  const one = await bench({
    environment: { PATH: process.env["PATH"], KEPT: "kept", GONE: "inherited", OVER: "inherited", EMPTY: "full", ABSENT: undefined },
  });
  const run = plannedRun({ id: "env", command: ["env"], name: "a\nb" }, { env: { GONE: null, OVER: "run", EMPTY: "", N: 2 } });
  await one.backend.submit(planLocal(run, localTarget({ env: { GONE: "target" } })), launchOf("env"));
  await one.observed("env");
  const lines = readFileSync(join(one.folder(launchOf("env")), "output.log"), "utf8").split("\n");
  expect(lines.filter((line) => !line.startsWith("PATH=")).sort()).toEqual([
    "",
    "EMPTY=",
    "KEPT=kept",
    "N=2",
    "OVER=run",
    "SLIPWAY_ATTEMPT=1",
    "SLIPWAY_RUN_ID=env",
    "SLIPWAY_RUN_NAME=a",
    "SLIPWAY_TARGET=here",
    "b",
  ]);
});

test("nothing goes through a shell", async () => {
  const one = await bench();
  const args = ["%s\n", "$HOME", "`id`", "$(id)", "a b", "*", ";id", "", "ü"];
  await one.backend.submit(script("", { command: "printf", args }), launchOf("plain"));
  await one.observed("plain");
  expect(readFileSync(join(one.folder(launchOf("plain")), "output.log"), "utf8")).toBe(`${args.slice(1).join("\n")}\n`);
});

test("the command starts in its folder, and in a session of its own", async () => {
  const one = await bench();
  mkdirSync(join(one.stateFolder, "work"));
  await one.backend.submit(
    script('pwd; [ "$(cut -d" " -f6 /proc/self/stat)" = $$ ] && echo alone', { cwd: join(one.stateFolder, "work") }),
    launchOf("where"),
  );
  await one.observed("where");
  expect(readFileSync(join(one.folder(launchOf("where")), "output.log"), "utf8")).toBe(`${join(one.stateFolder, "work")}\nalone\n`);
});

test("no environment value is on the disk, in an argument list, or in the wrapper's environment", async () => {
  const canary = "canary-5c1f7e";
  const one = await bench({ environment: { PATH: process.env["PATH"], INHERITED: canary } });
  const blocked = gate(one.stateFolder);
  await one.backend.submit(script(blocked.wait, { env: { SECRET: canary } }), launchOf("canary"));
  await appears(join(one.folder(launchOf("canary")), "command.json"));
  const wrapper = /"pid":(\d+)/.exec(readFileSync(join(one.folder(launchOf("canary")), "marker.json"), "utf8"))?.[1];
  expect(execFileSync("ps", ["-eww", "-o", "args="], { encoding: "utf8" })).not.toContain(canary);
  expect(readFileSync(`/proc/${wrapper}/environ`, "utf8")).toBe(`NODE_COMPILE_CACHE=${join(one.stateFolder, "compile-cache")}\0`);
  await blocked.open();
  await one.observed("canary");
  const files = readdirSync(one.stateFolder, { recursive: true, encoding: "utf8" }).map((name) => join(one.stateFolder, name));
  const texts = files.filter((path) => statSync(path).isFile()).map((path) => readFileSync(path, "latin1"));
  // Marker, command, status, log, and the compiled wrapper.
  expect(texts.length).toBeGreaterThan(4);
  expect(texts.filter((text) => text.includes(canary))).toEqual([]);
});

test("a very large environment and argument list arrive whole", async () => {
  const one = await bench();
  const large = "x".repeat(100_000);
  await one.backend.submit(
    script('echo "${#A} ${#B} ${#1}"', { args: ["-c", 'echo "${#A} ${#B} ${#1}"', "sh", large], env: { A: large, B: large } }),
    launchOf("large"),
  );
  await one.observed("large");
  expect(readFileSync(join(one.folder(launchOf("large")), "output.log"), "utf8")).toBe("100000 100000 100000\n");
});

test.each([
  ["missing", (folder: string) => join(folder, "none"), "WORKING_DIR_MISSING"],
  ["a file", (folder: string) => write(join(folder, "file")), "NOT_A_DIRECTORY"],
  ["below a file", (folder: string) => join(write(join(folder, "file")), "x"), "WORKING_DIR_MISSING"],
])("a working_dir that is %s is refused", async (_rule, path, code) => {
  const one = await bench();
  const outcome = await one.backend.submit(script("echo ran", { cwd: path(one.stateFolder) }), launchOf("dir"));
  expect(outcome).toMatchObject({ status: "refused", failure: { class: "not_found", code, recognised: true, hint: expect.any(String) } });
  expect(await one.backend.find?.(launchOf("dir"))).toEqual({ status: "absent" });
});

test("a wrapper that cannot be started is a refusal: nothing ran", async () => {
  const one = await bench();
  startWrappersWith(join(one.stateFolder, "no-node"));
  expect(await one.backend.submit(script("echo ran"), launchOf("x"))).toMatchObject({
    status: "refused",
    failure: { class: "unavailable", code: "ENOENT", recognised: true },
  });
});

test("a wrapper that dies without a word is unknown: nobody knows how far it came", async () => {
  const one = await bench();
  startWrappersWith(executable(join(one.stateFolder, "bad-node"), "exit 9"));
  expect(await one.backend.submit(script("echo ran"), launchOf("x"))).toMatchObject({
    status: "unknown",
    failure: { code: "WRAPPER_GONE", message: expect.stringContaining("code 9") },
  });
});

test("a state folder that cannot hold the run is a refusal with its reason", async () => {
  const one = await bench();
  write(join(one.stateFolder, "local"));
  const outcome = await one.backend.submit(script("echo ran"), launchOf("x"));
  expect(outcome).toMatchObject({ status: "refused", failure: { class: "invalid", recognised: true } });
});

test("a process id that was given out again is another process", () => {
  const self = identityOf(process.pid);
  expect(self && isAlive(self)).toBe(true);
  expect(isAlive({ pid: process.pid, started: "before" })).toBe(false);
  expect(identityOf(2 ** 30)).toBeUndefined();
});

test("where there is no /proc, ps tells the same", () => {
  const self = lookWithPs(process.pid);
  expect(self).toMatchObject({ pid: process.pid, started: expect.stringMatching(/^\w{3} \w{3} \d+ [\d:]{8} \d{4}$/), zombie: false });
  expect(lookWithPs(process.pid)).toEqual(self);
  expect(lookWithPs(2 ** 30)).toBeUndefined();
});

function write(path: string): string {
  writeFileSync(path, "");
  return path;
}
