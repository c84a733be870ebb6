import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DevStack } from "../support/dev-stack.ts";

let stack: DevStack;

beforeAll(async () => {
  stack = await DevStack.create();
  await stack.start();
});
afterAll(() => stack.remove());

/** A run that says a line every 0.3 s, and ends with a line that is not ended, in so many steps. */
function talking(steps: number, exitCode = 0): string {
  const program = `let n = 0; const t = setInterval(() => { n++; if (n < ${steps}) return console.log("line " + n);
    clearInterval(t); process.stdout.write("the last é"); process.exitCode = ${exitCode}; }, 300);`;
  return JSON.stringify({ command: ["node", "-e", program], run_config: { type: "LocalRun" } });
}

test("--follow shows states and the log as it grows, until the run ends", async () => {
  // It goes on only when its first line has been shown.
  const shown = join(stack.folder, "shown");
  const program = `console.log("line 1"); const t = setInterval(() => { if (!require("node:fs").existsSync(${JSON.stringify(shown)})) return;
    clearInterval(t); console.log("line 2"); process.stdout.write("the last é"); }, 20);`;
  const request = JSON.stringify({ command: ["node", "-e", program], run_config: { type: "LocalRun" } });
  const { status, stdout } = await stack.cli(["submit", "-", "--follow"], request, (text) => {
    if (text.includes("line 1")) writeFileSync(shown, "");
  });
  const log = /^log: +(\S+)$/m.exec(stdout)?.[1] ?? "";
  const said = await readFile(log, "utf8");
  expect(said).toBe("line 1\nline 2\nthe last é");
  // States come between the lines of the log, and never within one.
  const states = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}[A-Z]+ on local$/gm;
  expect(stdout.replaceAll(states, "").replaceAll(/\n+/g, "\n")).toContain(`\n${said}\n`);
  expect(stdout).toMatch(/SUCCEEDED on local\n/);
  expect(stdout.indexOf("the last é")).toBeLessThan(stdout.indexOf("SUCCEEDED"));
  expect(status).toBe(0);
});

test("--follow --json leaves standard output to the record; a failed run ends with 1", async () => {
  const { status, stdout, stderr } = await stack.cli(["submit", "-", "--follow", "--json"], talking(2, 3));
  expect(JSON.parse(stdout)).toMatchObject({ state: "FAILED", exit_code: 3 });
  expect(stderr).toContain("line 1\nthe last é\n");
  expect(status).toBe(1);
});

test("Ctrl-C ends the following, not the run", async () => {
  await writeFile(join(stack.folder, "long.json"), talking(8));
  const child = spawn(
    process.execPath,
    [resolve("functions/cli/slipway.mjs"), "submit", join(stack.folder, "long.json"), "--id", "long", "--follow"],
    {
      env: { ...process.env, SLIPWAY_STATE: join(stack.folder, ".slipway") },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  await new Promise<void>((ready) => child.stdout.on("data", (chunk) => String(chunk).includes("line 1") && ready()));
  child.kill("SIGINT");
  expect(await new Promise((ended) => child.once("close", ended))).toBe(130);
  expect(stderr).toContain("the run goes on (`slipway show long`)");
  // The same request again is the same run: it is followed to its end from wherever it stands.
  const again = await stack.cli(["submit", join(stack.folder, "long.json"), "--id", "long", "--follow"]);
  expect(again).toMatchObject({ status: 0, stdout: expect.stringMatching(/line 7\nthe last é\n/) });
  expect(JSON.parse((await stack.cli(["show", "long", "--json"])).stdout)).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
});

test("an example whose working directory is missing is refused at its launch, with what to do", async () => {
  const { status, stdout } = await stack.cli(["submit", "examples/04-local-working-dir.json", "--wait"]);
  expect(stdout).toMatch(/REJECTED .*WORKING_DIR_MISSING/);
  expect(stdout).toMatch(/hint: .*Make the folder/);
  expect(status).toBe(1);
});

test("what came with a run from outside can't steer the terminal or break a list", async () => {
  const request = JSON.stringify({ name: "a\u001b[31m\nb\u202e", command: ["true"], run_config: { type: "LocalRun" } });
  await stack.cli(["submit", "-", "--wait", "--id", "--odd id"], request);
  const { stdout } = await stack.cli(["runs"]);
  expect(stdout).toContain("a\\x1b[31m\\x0ab\\u202e");
  expect(stdout.trimEnd().split("\n")).toHaveLength(1 + JSON.parse((await stack.cli(["runs", "--json"])).stdout).length);
  expect(await stack.cli(["show", "--", "--odd id"])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^id: +--odd id\n/) });
});

test("a reader that has seen enough, and a full disk, end a command without a trace", async () => {
  const shell = async (line: string) => {
    const child = spawn("bash", ["-c", line, "bash", process.execPath, resolve("functions/cli/slipway.mjs")], {
      env: { ...process.env, SLIPWAY_STATE: join(stack.folder, ".slipway") },
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += chunk));
    await new Promise((ended) => child.once("close", ended));
    return printed;
  };
  expect(await shell('"$1" "$2" runs --json | head -1')).toBe("[\n");
  expect(await shell('"$1" "$2" runs > /dev/full; echo "status $?"')).toMatch(
    /^slipway: the output can't be written \(ENOSPC\)\nstatus 1\n$/,
  );
});

test("a stack that is killed while a run is followed ends the following with a word", async () => {
  let killed = false;
  const { status, stderr } = await stack.cli(["submit", "-", "--follow"], talking(8), (text) => {
    if (!killed && text.includes("line 1")) stack.kill();
    killed ||= text.includes("line 1");
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^slipway: the run table can't be reached any more.*\n$/);
  expect(stderr).toContain("whatever was launched goes on");
});

test("a stack that was killed is told from one that never was, also when its process id is another's now", async () => {
  await stack.end("SIGKILL");
  const dead = await stack.cli(["runs"]);
  expect(dead).toMatchObject({ status: 1, stderr: expect.stringMatching(/ended without a word.*npm start/) });
  const path = join(stack.folder, ".slipway", "stack.json");
  const file = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...file, pid: process.pid }));
  expect(await stack.cli(["submit", "examples/hello.json", "--follow"])).toEqual(dead);
  // Nor does it keep the next one from being started.
  await stack.start();
  expect(await stack.cli(["runs"])).toMatchObject({ status: 0, stdout: expect.stringContaining("long") });
  await writeFile(path, '{"pid":');
  expect(await stack.cli(["runs"])).toMatchObject({ status: 1, stderr: expect.stringContaining("no Slipway runs in this folder") });
});

test("a stack that can't be started says why, and ends", async () => {
  const broken = await DevStack.create();
  try {
    await mkdir(join(broken.folder, ".slipway/data/sqs"), { recursive: true });
    await writeFile(join(broken.folder, ".slipway/data/sqs/fauxqs.db"), "no database".repeat(100));
    expect(await broken.cli(["dev"])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^slipway: the queue .* can't be opened: .*\n$/),
    });
  } finally {
    await broken.remove();
  }
});
