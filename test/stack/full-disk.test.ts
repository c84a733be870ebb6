/** A disk that takes no more: a limit on the size of files stands in for it, which the emulators meet in the same way. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { DevStack } from "../support/dev-stack.ts";

const BLOCKS_OF_A_KILOBYTE = 400;
/** Three starts and two commands, each a process of its own, and the machine may be busy. */
const SLOW = { timeout: 240_000 };

test("a full disk ends the stack with two lines that say what to do; what was taken in is there at the next start", SLOW, async () => {
  const stack = await DevStack.create();
  try {
    await stack.start();
    expect(await stack.cli(["submit", "examples/hello.json", "--id", "before", "--wait"])).toMatchObject({ status: 0 });
    await stack.end("SIGINT");
    const limited = `ulimit -f ${BLOCKS_OF_A_KILOBYTE}; exec "$@"`;
    const child = spawn("bash", ["-c", limited, "bash", process.execPath, resolve("functions/cli/slipway.mjs"), "dev"], {
      env: { ...process.env, SLIPWAY_STATE: join(stack.folder, ".slipway"), SLIPWAY_CONFIG: join(stack.folder, "slipway.yml") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ready = Promise.withResolvers<void>();
    child.stdout.on("data", (chunk) => String(chunk).includes("Slipway is ready") && ready.resolve());
    let said = "";
    child.stderr.on("data", (chunk) => (said += String(chunk)));
    const ended = new Promise((closed) => child.once("close", closed));
    void ended.then(() => ready.reject(new Error(`it ended before it was ready: ${said}`)));
    await ready.promise;
    const { endpoints } = await stack.stackFile();
    const token = (await readFile(join(stack.folder, ".slipway", "http-token"), "utf8")).trim();
    const fill = async () => {
      const parameters = { filling: randomBytes(9000).toString("base64") };
      const body = JSON.stringify({ command: ["true"], parameters, run_config: { type: "LocalRun" } });
      await fetch(`${endpoints.http}/runs`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body });
    };
    while (child.exitCode === null && child.signalCode === null) await fill().catch(() => undefined);
    expect(await ended).toBe(1);
    expect(said).toMatch(/^slipway: the records could not be written any more \(.+\)\.\nMake room on the disk of .+\n$/);
    await stack.start();
    expect(await stack.cli(["show", "before"])).toMatchObject({ status: 0, stdout: expect.stringContaining("SUCCEEDED") });
  } finally {
    await stack.remove();
  }
});
