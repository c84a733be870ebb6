/** The package as somebody else has it: packed, unpacked below a project's node_modules, with none of the checkout's files around. */
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildInstallable } from "../../functions/deploy/installable.ts";

const run = promisify(execFile);

let project: string;
let slipway: string;
let files: readonly string[];

beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), "slipway-installed-")));
  const built = join(project, "built");
  await buildInstallable(built);
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", project], { cwd: built });
  const [{ filename }]: [{ filename: string }] = JSON.parse(stdout);
  await rm(built, { recursive: true });
  const modules = join(project, "node_modules");
  await mkdir(join(modules, "slipway"), { recursive: true });
  await run("tar", ["-xzf", join(project, filename), "--strip-components=1", "-C", join(modules, "slipway")]);
  slipway = join(modules, "slipway/functions/cli/slipway.mjs");
  files = await readdir(join(modules, "slipway"), { recursive: true });
  // The dependencies that npm would install, and no others.
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    await readFile(join(modules, "slipway/package.json"), "utf8"),
  );
  for (const name of Object.keys(dependencies)) {
    if (name.includes("/")) await mkdir(join(modules, name, ".."), { recursive: true });
    await symlink(resolve("node_modules", name), join(modules, name));
  }
  await writeFile(join(project, "package.json"), '{"type": "module", "private": true}');
}, 240_000);
afterAll(() => rm(project, { recursive: true, force: true }));

async function cli(...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env["PATH"], HOME: project };
  return (await run(process.execPath, [slipway, ...args], { cwd: project, env })).stdout;
}

test("it holds JavaScript with types, and neither sources nor tests", () => {
  expect(files).toContain("shared/index.d.ts");
  expect(files).toContain("shared/launchers/local/wrapper.js");
  expect(files.filter((path) => /(?<!\.d)\.ts$/.test(path) || /^(test|bench|dist)\//.test(path))).toEqual([]);
});

test("a program reads and writes run configs with it", async () => {
  const program = `import { parseRunConfig, serializeRunConfig } from "slipway";
    console.log(JSON.stringify(serializeRunConfig(parseRunConfig({ type: "LocalRun", env: { A: 1 }, labels: ["b", "a"] }))));`;
  await writeFile(join(project, "program.js"), program);
  const { stdout } = await run(process.execPath, ["program.js"], { cwd: project });
  expect(JSON.parse(stdout)).toMatchObject({ type: "LocalRun", env: { A: 1 }, labels: ["a", "b"] });
});

test("Google Cloud finds its functions in it, by its main module", async () => {
  const program = `import { getFunction } from "@google-cloud/functions-framework/testing";
    import { createRequire } from "node:module";
    import { pathToFileURL } from "node:url";
    const { main } = createRequire(import.meta.url)("./slipway/package.json");
    await import(pathToFileURL(new URL("./slipway/" + main, import.meta.url).pathname).href);
    console.log(["webhook", "dispatch", "dispatchEvent", "sweep", "schedule"].map((name) => typeof getFunction(name)).join());`;
  await writeFile(join(project, "node_modules/google.mjs"), program);
  const { stdout } = await run(process.execPath, [join(project, "node_modules/google.mjs")], { cwd: project });
  expect(stdout.trim()).toBe("function,function,function,function,function");
});

test("its command plans, and its stack runs a process to its end", async () => {
  expect(await cli("--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
  const hello = join(project, "node_modules/slipway/examples/hello.json");
  expect(JSON.parse(await cli("plan", "--json", hello))).toMatchObject({ ok: true, launcher: "local" });
  const stack = spawn(process.execPath, [slipway, "dev"], { cwd: project, env: { PATH: process.env["PATH"], HOME: project } });
  try {
    let text = "";
    await new Promise<void>((ready, failed) => {
      for (const stream of [stack.stdout, stack.stderr]) {
        stream.on("data", (chunk) => {
          text += chunk;
          if (text.includes("Slipway is ready")) ready();
        });
      }
      stack.once("exit", () => failed(new Error(text)));
    });
    expect(JSON.parse(await cli("submit", hello, "--wait", "--json"))).toMatchObject({ state: "SUCCEEDED", exit_code: 0 });
  } finally {
    const ended = new Promise((exited) => stack.once("exit", exited));
    stack.kill("SIGINT");
    await ended;
  }
});
