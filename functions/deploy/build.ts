/** `npm run build`: the functions as one folder of modules (`dist/functions`), and `slipway` as a package to install (`dist/package`). */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build, type Metafile } from "esbuild";
import { readYaml } from "../../shared/schema/json-document.ts";
import { loadConfiguration } from "../composition/planning.ts";
import { buildInstallable } from "./installable.ts";
import { jobServiceAlone } from "./job-service-alone.ts";
import { oneBase } from "./one-base.ts";

/** Where the built modules go, seen from the project's root. */
export const BUILT = "dist";

/** The functions of serverless.yml: `dist/functions/<name>.handler`. */
export const FUNCTIONS = ["dispatch", "webhook", "schedule", "observe", "sweep"] as const;

/**
 * Functions that are built together share their chunks, and with them what any of them uses of a file: a cold start of the one that
 * launches is not to load what only the others need.
 */
const TOGETHER: readonly (readonly (typeof FUNCTIONS)[number][])[] = [["dispatch"], ["webhook", "schedule", "observe", "sweep"]];

/** What every function loads first. */
const BASE = "functions/compose.ts";

/** Libraries that are required when they are needed, without a wait that would make all around them wait: each stays a module of its own. */
const REQUIRED_LATER = ["yaml", "croner"];

/** Vendors' clients that mark their code with `require`: given one, modules are the only form of what is built. */
const REQUIRE = 'import { createRequire as slipwayRequire } from "node:module"; const require = slipwayRequire(import.meta.url);';

/** Builds into `folder`. Launchers, and with them their SDKs, are chunks that are loaded with their first run. */
export async function buildFunctions(folder: string): Promise<Metafile> {
  await rm(folder, { recursive: true, force: true });
  await Promise.all(REQUIRED_LATER.map((name) => buildLibrary(name, join(folder, "node_modules", name))));
  const built: Metafile = { inputs: {}, outputs: {} };
  for (const group of TOGETHER) {
    const { inputs, outputs } = await bundle(Object.fromEntries(group.map((name) => [name, `functions/${name}.ts`])), folder, BASE);
    Object.assign(built.inputs, inputs);
    Object.assign(built.outputs, outputs);
  }
  return built;
}

/**
 * Builds these modules, each with a name of its own and counted from the project's root, as all of ours are built. `base` is a module
 * that is always loaded before anything is loaded later on.
 */
export async function bundle(entries: Readonly<Record<string, string>>, folder: string, base?: string): Promise<Metafile> {
  const root = resolve(import.meta.dirname, "../..");
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.entries(entries).map(([name, path]) => ({ in: join(root, path), out: name })),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    // The modules of the SDK, of which only what is used is taken; its CommonJS form comes whole.
    mainFields: ["module", "main"],
    platform: "node",
    target: "node24",
    // Shorter names break the int64 fields of the Google client.
    minifyWhitespace: true,
    minifySyntax: true,
    keepNames: true,
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "none",
    metafile: true,
    banner: { js: REQUIRE },
    inject: [join(import.meta.dirname, "commonjs-names.ts")],
    // The native part of ssh2 is optional, and there is none on Lambda.
    external: ["cpu-features", "*.node"],
    logLevel: "warning",
    plugins: [jobServiceAlone(), ...(base === undefined ? [] : [oneBase(join(root, base))])],
  });
  return metafile;
}

/** One file where `require` looks for the library. */
async function buildLibrary(name: string, folder: string): Promise<void> {
  const root = resolve(import.meta.dirname, "../..");
  await build({
    absWorkingDir: root,
    stdin: { contents: `module.exports = require(${JSON.stringify(name)});`, resolveDir: root },
    outfile: join(folder, "index.cjs"),
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node24",
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    logLevel: "warning",
  });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name, main: "index.cjs" }));
}

/** What is deployed: the functions, and the configuration beside them as JSON. Throws where the configuration is not valid. */
export async function buildPackage(config: string): Promise<void> {
  await loadConfiguration(config);
  const document = readYaml(await readFile(config, "utf8"));
  const folder = resolve(BUILT, "functions");
  await buildFunctions(folder);
  await writeFile(join(folder, "slipway.json"), JSON.stringify(document));
}

if (import.meta.main) {
  await buildInstallable(resolve(BUILT, "package"));
  const { outputs } = await buildFunctions(resolve(BUILT, "functions"));
  for (const [path, { bytes }] of Object.entries(outputs)) {
    if (path.endsWith(".mjs")) console.log(`${(bytes / 1024).toFixed(0).padStart(6)} kB  ${path}`);
  }
}
