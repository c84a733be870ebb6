/** The package as `npx serverless package` makes it of a checkout, without credentials. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What a checkout consists of, as far as packaging goes. */
const PARTS = ["functions", "shared", "examples", "serverless.yml", "package.json"];

/**
 * Packages a copy of the checkout with this configuration as its slipway.yml, and with these files beside it. Answers the folder;
 * `.serverless` in it is the result.
 */
export async function packaged(
  configuration: string,
  parameters: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-package-"));
  for (const part of PARTS) await cp(resolve(part), join(folder, part), { recursive: true });
  await symlink(resolve("node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "slipway.yml"), configuration);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await mkdir(join(folder, "home"));
  const { PATH } = process.env;
  // No credentials, no profile, no home with either.
  const env = { PATH, HOME: join(folder, "home"), AWS_EC2_METADATA_DISABLED: "true", SLS_TELEMETRY_DISABLED: "1" };
  const serverless = join(folder, "node_modules/serverless/bin/serverless.js");
  const given = parameters.flatMap((text) => ["--param", text]);
  await run(process.execPath, [serverless, "package", "--stage", "prod", ...given], { cwd: folder, env }).catch(
    async ({ message, stdout }: Error & { readonly stdout?: string }) => {
      await rm(folder, { recursive: true, force: true });
      // The framework says what is wrong where others say what they did.
      throw new Error(`${message}\n${stdout}`);
    },
  );
  return folder;
}

/** Unpacks the functions' archive into a folder of its own, in which there is nothing else. */
export async function unpacked(folder: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "slipway-task-"));
  await run("unzip", ["-q", join(folder, ".serverless", "slipway.zip"), "-d", root]);
  return root;
}
