import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lockFolder } from "../../functions/local/folder-lock.ts";
import { DevStack } from "../support/dev-stack.ts";

let stack: DevStack;

beforeAll(async () => {
  stack = await DevStack.create();
  await stack.start();
});
afterAll(() => stack.remove());

test("hello is launched, followed to its end, and explained", async () => {
  const { status, stdout } = await stack.cli(["submit", "examples/hello.json", "--wait"]);
  expect(stdout).toMatch(/state: +SUCCEEDED/);
  expect(stdout).toMatch(/exit code: +0/);
  expect(stdout).toMatch(/duration: +[\d.]+ s/);
  const id = /submitted: (\S+)/.exec(stdout)?.[1];
  const log = /log: +(\S+)/.exec(stdout)?.[1] ?? "";
  expect(await readFile(log, "utf8")).toBe(`Hello from run ${id}, launched once\n`);
  expect(status).toBe(0);
});

test("failing ends with 1 and says why", async () => {
  const { status, stdout } = await stack.cli(["submit", "examples/failing.json", "--wait"]);
  expect(stdout).toMatch(/state: +FAILED/);
  expect(stdout).toContain("exited with code 3");
  expect(stdout).toContain("the input file is missing");
  expect(status).toBe(1);
});

test("the records are there after a stop and a start, and a second stack in the folder is refused", async () => {
  const before = (await stack.cli(["runs", "--json"])).stdout;
  expect(JSON.parse(before)).toHaveLength(2);
  await stack.end("SIGINT");
  const down = await stack.cli(["runs"]);
  expect(down).toMatchObject({ status: 1, stderr: expect.stringContaining("npm start") });
  await stack.start();
  expect((await stack.cli(["runs", "--json"])).stdout).toBe(before);
  const second = await stack.cli(["dev"]);
  expect(second).toMatchObject({ status: 1, stderr: expect.stringContaining("already runs in this folder") });
});

test("a start with a bad configuration names it, and one on a port that another has says so", async () => {
  const other = await DevStack.create("targets: [{name: a, typ: local}]\n");
  try {
    const file = join(other.folder, "slipway.yml");
    expect(await other.cli(["dev"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`slipway: ${file}: INVALID_CONFIGURATION: targets[0].type: `),
    });
    await other.configure("targets: [{name: a, type: local}]\n");
    const port = new URL((await stack.stackFile()).endpoints.http).port;
    expect(await other.cli(["dev", "--port", port])).toMatchObject({
      status: 1,
      stderr: `slipway: another program has the port ${port}: name another with --port, or leave it out to get a free one\n`,
    });
    expect(await other.cli(["dev", "--port", "70000"])).toMatchObject({ status: 2 });
    // Nothing is left of either that would keep it from being started.
    await other.start();
    expect(other.printed).toContain("told this once");
    expect(other.printed).toMatch(/^ {2}SLIPWAY_STATE=\S+ npx slipway submit examples\/hello\.json --wait$/m);
  } finally {
    await other.remove();
  }
});

test("what requests and runs hold is for the user alone to read", async () => {
  for (const name of ["data", "local", "http-token"]) {
    const { mode } = await stat(join(stack.folder, ".slipway", name));
    expect(`${name} ${(mode & 0o077).toString(8)}`).toBe(`${name} 0`);
  }
});

test("of two that start in a folder at once one is told so, and the next start after a kill is as any other", async () => {
  const folder = await DevStack.create();
  try {
    await mkdir(join(folder.folder, ".slipway"));
    const first = lockFolder(join(folder.folder, ".slipway"));
    const { status, stderr } = await folder.cli(["dev"]);
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining("is just being started in this folder") });
    expect(stderr).not.toContain("    at ");
    await first?.stop();
    await folder.start();
    await folder.end("SIGKILL");
    await folder.start();
  } finally {
    await folder.remove();
  }
});

test("one run is shown with its history, for people and for programs", async () => {
  const [run] = JSON.parse((await stack.cli(["runs", "--json", "--state", "succeeded"])).stdout);
  const shown = await stack.cli(["show", run.id]);
  expect(shown.stdout).toMatch(/history:\n.*claimed.*\n(.*\n)*.*succeeded/);
  const record = JSON.parse((await stack.cli(["show", run.id, "--json"])).stdout);
  expect(record).toMatchObject({ id: run.id, state: "SUCCEEDED", exit_code: 0, target: "local", attempt: 1, type: "LocalRun" });
  expect(JSON.stringify(record)).not.toContain("launched once");
});

test("a configuration that was changed under a running stack is told of, and a run goes by the one that is in force", async () => {
  const other = await DevStack.create();
  try {
    await other.start();
    expect(await other.cli(["submit", "examples/hello.json", "--wait"])).toMatchObject({ status: 0, stderr: "" });
    await other.configure("targets: [{name: renamed, type: local}]\n");
    expect(await other.cli(["submit", "examples/hello.json", "--wait"])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("SUCCEEDED on local"),
      stderr: expect.stringMatching(/slipway\.yml has changed since Slipway was started here: .*started again\n$/),
    });
    expect(await other.cli(["doctor"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/warning +running Slipway .*has changed/),
    });
  } finally {
    await other.remove();
  }
});

test("a filter that no run passes is no lack of runs", async () => {
  expect(await stack.cli(["runs", "--target", "elsewhere", "--state", "lost", "--label", "gpu"])).toMatchObject({
    status: 0,
    stdout: "no runs in the state LOST on the target elsewhere with the label gpu in the last 7 days (--days looks further back)\n",
  });
});

test("an id is given once: in the request, or on the command line", async () => {
  const request = '{"id": "mine", "command": ["true"], "run_config": {"type": "LocalRun"}}';
  expect(await stack.cli(["submit", "-", "--id", "other"], request)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('names its run "mine": leave --id out'),
  });
  expect(await stack.cli(["show", "mine"])).toMatchObject({ status: 1 });
  expect(await stack.cli(["submit", "-", "--id", "mine", "--wait"], request)).toMatchObject({ status: 0 });
  expect(await stack.cli(["submit", "-", "--id", "mïne"], request)).toMatchObject({ status: 2 });
});

test("a request may hold any character that JSON can hold", async () => {
  // As they are, queues take no non-characters, and the embedded one no emoji either.
  const name = "ski \u26f7 \u{1f3bf} \ufffe";
  const request = { name, command: ["node", "-e", "console.log(process.argv[1])", "\u{1f3c2}"], run_config: { type: "LocalRun" } };
  const { status, stdout } = await stack.cli(["submit", "-", "--id", "snow", "--follow"], JSON.stringify(request));
  expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining("\n\u{1f3c2}\n") });
  expect(JSON.parse((await stack.cli(["show", "snow", "--json"])).stdout)).toMatchObject({ name });
});

test("wrong usage ends with 2, a missing run with 1, bad requests with 1 and their path", async () => {
  expect(await stack.cli(["sumbit", "x"])).toMatchObject({ status: 2, stderr: expect.stringContaining("submit") });
  expect(await stack.cli(["submit", "no-such-file.json"])).toMatchObject({ status: 2 });
  expect(await stack.cli(["runs", "--state", "succeded"])).toMatchObject({ status: 2, stderr: expect.stringContaining("SUCCEEDED") });
  expect(await stack.cli(["show", "no-such-run"])).toMatchObject({ status: 1 });
  const bad = await stack.cli(["submit", "-"], '{"run_config": {"type": "LocalRun", "working_dri": "/"}}');
  expect(bad).toMatchObject({ status: 1, stderr: expect.stringContaining("run_config.working_dri") });
  expect(bad.stderr).toContain("working_dir");
});
