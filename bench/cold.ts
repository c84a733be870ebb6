/**
 * How long the built dispatch function takes to be imported, beside a handler that has only the SDK's ECS and DynamoDB clients: with
 * the SDK as it is installed, which is what a handler finds on Lambda that brings nothing, and built by the same build. Each in a
 * process of its own, in turn. And the sizes of what is deployed. Ends with 1 where a limit is passed.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Metafile } from "esbuild";
import { buildFunctions, bundle, FUNCTIONS } from "../functions/deploy/build.ts";

const ROUNDS = Number(process.argv[2] ?? 25);
/** By CPU time: the machine may do other things meanwhile. */
const MOST_RATIO = { installed: 1.3, built: 2.5 };
/** In kB: what a function loads before its first event, and all modules together. Grown beyond, somebody should look why. */
const MOST_COLD = 1600;
const MOST_TOGETHER = 16_000;

const IMPORTER = `
const begin = process.cpuUsage();
const from = performance.now();
await import(process.argv[2]);
const { user, system } = process.cpuUsage(begin);
console.log(JSON.stringify({ wall: performance.now() - from, cpu: (user + system) / 1000 }));
`;

/** Milliseconds. */
interface Took {
  readonly wall: number;
  readonly cpu: number;
}

const folder = await mkdtemp(join(tmpdir(), "slipway-cold-"));
try {
  const built = await buildFunctions(join(folder, "functions"));
  await bundle({ handler: "bench/cold/sdk-only.mjs" }, join(folder, "least"));
  await writeFile(join(folder, "import.mjs"), IMPORTER);
  const took = { dispatch: [] as Took[], installed: [] as Took[], built: [] as Took[] };
  const files = {
    dispatch: join(folder, "functions/dispatch.mjs"),
    installed: resolve(import.meta.dirname, "cold/sdk-only.mjs"),
    built: join(folder, "least/handler.mjs"),
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ["dispatch", "installed", "built"] as const) took[name].push(await imported(files[name]));
  }
  const over: string[] = [];
  for (const least of ["installed", "built"] as const) {
    for (const part of ["wall", "cpu"] as const) {
      const [dispatch, other] = [median(took.dispatch, part), median(took[least], part)];
      const ratio = dispatch / other;
      const what = `cold import, ${part === "wall" ? "time" : "CPU "}: dispatch ${dispatch.toFixed(0)} ms`;
      console.log(`${what}, the SDK's two clients ${least} ${other.toFixed(0)} ms: ${ratio.toFixed(2)}`);
      if (part === "cpu" && ratio > MOST_RATIO[least]) over.push(`more than ${MOST_RATIO[least]} times the two clients ${least}`);
    }
  }
  const sizes = FUNCTIONS.map((name) => ({ name, cold: coldKilobytes(built, `${name}.mjs`) }));
  for (const { name, cold } of sizes) console.log(`${name.padEnd(8)} loads ${cold.toFixed(0)} kB before its first event`);
  const together = modulesOf(built).reduce((sum, [, { bytes }]) => sum + bytes / 1024, 0);
  console.log(`all modules together: ${together.toFixed(0)} kB`);
  const passed = [
    ...over,
    ...sizes.filter(({ cold }) => cold > MOST_COLD).map(({ name }) => `${name} loads more than ${MOST_COLD} kB before its first event`),
    ...(together > MOST_TOGETHER ? [`all modules together are more than ${MOST_TOGETHER} kB`] : []),
  ];
  for (const limit of passed) console.error(limit);
  process.exitCode = passed.length === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function imported(file: string): Promise<Took> {
  const env = { PATH: process.env["PATH"] ?? "", AWS_REGION: "us-east-1" };
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "import.mjs"), file], { env });
  return JSON.parse(stdout);
}

function median(all: readonly Took[], part: keyof Took): number {
  const sorted = all.map((took) => took[part]).toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function modulesOf({ outputs }: Metafile) {
  return Object.entries(outputs).filter(([path]) => path.endsWith(".mjs"));
}

/** The entry point, and what it imports without being asked to. */
function coldKilobytes({ outputs }: Metafile, entry: string): number {
  const seen = new Set<string>();
  const walk = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { kind, external, path: next } of outputs[path]?.imports ?? []) if (kind === "import-statement" && !external) walk(next);
  };
  walk(Object.keys(outputs).find((path) => path.endsWith(`/${entry}`)) ?? entry);
  return [...seen].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0) / 1024, 0);
}
