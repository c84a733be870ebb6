/** `npm run build`: the functions as one folder of modules (`dist/functions`), and `slipway` as a package to install (`dist/package`). */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build, type OutputChunk } from "rolldown";
import { readYaml } from "../../shared/schema/json-document.ts";
import { loadConfiguration } from "../composition/planning.ts";
import { inlinedPage } from "./inlined-page.ts";
import { buildInstallable } from "./installable.ts";
import { jobServiceAlone } from "./job-service-alone.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** Where the built modules go, seen from the project's root. */
export const BUILT = "dist";

/** The functions of serverless.yml: `dist/functions/<name>.handler`. */
export const FUNCTIONS = ["dispatch", "webhook", "schedule", "observe", "sweep"] as const;

/**
 * Functions that are built together share their chunks, and with them what any of them uses of a file: a cold start of the one that
 * launches is not to load what only the others need.
 */
const TOGETHER: readonly (readonly (typeof FUNCTIONS)[number][])[] = [["dispatch"], ["webhook", "observe"], ["schedule", "sweep"]];

/** Libraries that are required when they are needed, without a wait that would make all around them wait: each stays a module of its own. */
const REQUIRED_LATER = ["yaml", "croner"];

/** Shorter names break the int64 fields of the Google client. */
const MINIFY = { compress: true, mangle: false, codegen: { removeWhitespace: true } };

/** What CommonJS modules find around them. */
const COMMONJS_NAMES = join(import.meta.dirname, "commonjs-names.ts");

/** Builds into `folder`. Launchers, and with them their SDKs, are chunks that are loaded with their first run. */
export async function buildFunctions(folder: string): Promise<readonly OutputChunk[]> {
  await rm(folder, { recursive: true, force: true });
  await Promise.all(REQUIRED_LATER.map((name) => buildLibrary(name, join(folder, "node_modules", name))));
  const built = await Promise.all(
    TOGETHER.map((group) => bundle(Object.fromEntries(group.map((name) => [name, `functions/${name}.ts`])), folder)),
  );
  // A chunk that comes out the same for two groups is one file.
  return [...new Map(built.flat().map((chunk) => [chunk.fileName, chunk])).values()];
}

/**
 * Builds these modules, each with a name of its own and counted from the project's root, as all of ours are built: what they load at
 * once is one file, since each file more takes half a millisecond of a cold start.
 */
export async function bundle(entries: Readonly<Record<string, string>>, folder: string): Promise<readonly OutputChunk[]> {
  const { output } = await build({
    cwd: ROOT,
    input: { ...entries },
    platform: "node",
    tsconfig: false,
    // The modules of the SDK, of which only what is used is taken; its CommonJS form comes whole.
    resolve: { mainFields: ["module", "main"] },
    // The native part of ssh2 is optional, and there is none on Lambda.
    external: ["cpu-features", /[.]node$/],
    transform: {
      target: "node24",
      inject: { __filename: [COMMONJS_NAMES, "__filename"], __dirname: [COMMONJS_NAMES, "__dirname"] },
    },
    plugins: [jobServiceAlone(), inlinedPage()],
    logLevel: "warn",
    // The list of all launchers, which commands load, imports those that a run loads when it comes.
    checks: { ineffectiveDynamicImport: false },
    output: {
      dir: folder,
      format: "esm",
      entryFileNames: "[name].mjs",
      chunkFileNames: "chunks/[name]-[hash].mjs",
      codeSplitting: { groups: [{ name: "base", tags: ["$initial"] }] },
      minify: MINIFY,
      // With a single character beyond Latin-1, the engine keeps and reads the whole file at two bytes each.
      charset: "ascii",
      keepNames: true,
      sourcemap: true,
      sourcemapExcludeSources: true,
      comments: { legal: false },
    },
  });
  return output.filter((part) => part.type === "chunk");
}

/** One file where `require` looks for the library. */
async function buildLibrary(name: string, folder: string): Promise<void> {
  await build({
    cwd: ROOT,
    input: { index: name },
    platform: "node",
    transform: { target: "node24" },
    logLevel: "warn",
    output: { dir: folder, format: "cjs", entryFileNames: "[name].cjs", minify: MINIFY, comments: { legal: false } },
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
  for (const { fileName, code } of await buildFunctions(resolve(BUILT, "functions"))) {
    console.log(`${(code.length / 1024).toFixed(0).padStart(6)} kB  ${fileName}`);
  }
}
