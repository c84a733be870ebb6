/** The package that others install: plain JavaScript with types, file by file as in the checkout, and its dependencies by name. */
import { execFile } from "node:child_process";
import { cp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import packageJson from "../../package.json" with { type: "json" };

const ROOT = resolve(import.meta.dirname, "../..");

/** What goes along as it is. */
const COPIED = ["functions/cli/slipway.mjs", "functions/console/page", "examples", "LICENSE", "README.md"];

/** Makes the package's folder: `npm pack` there gives what can be installed. Throws where a source does not compile. */
export async function buildInstallable(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [tsc, "-p", join(ROOT, "tsconfig.build.json"), "--outDir", folder]);
  for (const path of COPIED) await cp(join(ROOT, path), join(folder, path), { recursive: true });
  const { scripts: _scripts, devDependencies: _devDependencies, ...installed } = packageJson;
  const exports = { ".": { types: "./shared/index.d.ts", default: "./shared/index.js" } };
  // Google Cloud looks there for the functions of what it is given to deploy; who imports the package gets what `exports` says.
  const main = "functions/gcp.js";
  await writeFile(join(folder, "package.json"), `${JSON.stringify({ ...installed, main, exports }, undefined, 2)}\n`);
}
