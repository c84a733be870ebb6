/** What an operator does with runs, by the command line and on a real stack: explain, cancel, reopen, watch, follow, doctor. */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localTime } from "../../functions/cli/format.ts";
import { runKey } from "../../shared/core/identity.ts";
import { startEcsDouble } from "../doubles/ecs/ecs-double.ts";
import { type EventBridgeServer, startEventBridge } from "../doubles/eventbridge/server.ts";
import { DevStack } from "../support/dev-stack.ts";

let stack: DevStack;
let events: EventBridgeServer;

beforeAll(async () => {
  events = await startEventBridge(["runs"]);
  stack = await DevStack.create("targets: [{name: local, type: local}]\ntiming: {wait_scale: 0.1}\n", {
    AWS_ACCESS_KEY_ID: "any",
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_EVENTBRIDGE: events.endpoint,
  });
  await stack.start();
});
afterAll(async () => {
  await stack.remove();
  await events.stop();
});

/** Each is a process of its own, and the machine may be busy. */
const MANY_COMMANDS = { timeout: 240_000 };

const SLEEPS = JSON.stringify({ command: ["sleep", "600"], run_config: { type: "LocalRun" } });
const ODD = JSON.stringify({ command: ["true"], run_config: { type: "LocalRun", labels: ["nobody-has-it"] } });

async function json(...args: readonly string[]) {
  const { stdout, status } = await stack.cli([...args, "--json"]);
  return { status, ...JSON.parse(stdout) };
}

test("a run is cancelled in every state that it comes through, and again is a no-op that says so", MANY_COMMANDS, async () => {
  // Not yet seen: remembered, and never launched.
  expect(await json("cancel", "early")).toMatchObject({ status: 0, outcome: "remembered", state: null });
  expect(await json("cancel", "early")).toMatchObject({ status: 0, outcome: "remembered" });
  await stack.cli(["submit", "-", "--id", "early", "--wait"], SLEEPS);
  expect(await json("show", "early")).toMatchObject({ state: "CANCELLED", attempt: 0 });
  // Launched, and being stopped.
  await stack.cli(["submit", "-", "--id", "long"], SLEEPS);
  const following = stack.cli(["show", "--follow", "long", "--json"]);
  let told = await json("explain", "long");
  while (told.state !== "LAUNCHED" && told.state !== "RUNNING") told = await json("explain", "long");
  expect(told).toMatchObject({ status: 0, where: { target: "local" }, next: [expect.stringContaining("slipway cancel long")] });
  expect((await stack.cli(["explain", "long"])).stdout).toMatch(
    /^waits for: its (start|end); the next look at it (comes|was due) at \d{4}-/m,
  );
  expect(await json("cancel", "long")).toMatchObject({
    status: 0,
    outcome: "requested",
    state: expect.stringMatching(/^(LAUNCHED|RUNNING)$/),
  });
  expect(await following).toMatchObject({ status: 1, stdout: expect.stringContaining('"state":"CANCELLED"') });
  // Ended.
  expect(await json("cancel", "long")).toMatchObject({ status: 0, outcome: "ended already", state: "CANCELLED" });
  expect(await stack.cli(["cancel", "long"])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^nothing to cancel: the run is CANCELLED/),
  });
});

test(
  "what was refused is explained, and launched again when its reason is put right, by its id or with all that met it",
  MANY_COMMANDS,
  async () => {
    for (const id of ["odd-1", "odd-2", "odd-3"])
      expect(await stack.cli(["submit", "-", "--id", id, "--wait"], ODD)).toMatchObject({ status: 1 });
    expect(await json("explain", "odd-1")).toMatchObject({
      state: "REJECTED",
      reason: { code: "NO_TARGET", path: "run_config.labels" },
      tried: "never",
      next: [expect.any(String), "Then `slipway reopen odd-1`."],
    });
    await stack.end("SIGINT");
    await stack.configure("targets: [{name: local, type: local, labels: [nobody-has-it]}]\n");
    await stack.start();
    expect(await stack.cli(["reopen", "odd-1"])).toMatchObject({
      status: 0,
      stdout: "odd-1: reopened; it is launched again as a new attempt\n",
    });
    const { stdout } = await stack.cli(["reopen", "--code", "no_target", "--since", "1h", "--json"]);
    const reopened: readonly { id: string; outcome: string }[] = JSON.parse(stdout);
    expect(reopened.map(({ id, outcome }) => `${id} ${outcome}`).toSorted()).toEqual(["odd-2 reopened", "odd-3 reopened"]);
    for (const id of ["odd-1", "odd-2", "odd-3"]) {
      expect(await stack.cli(["show", id, "--follow"])).toMatchObject({ status: 0, stdout: expect.stringContaining("SUCCEEDED on local") });
    }
    const labelled = JSON.parse((await stack.cli(["runs", "--label", "nobody-has-it", "--json"])).stdout);
    expect(labelled.map(({ id }: { id: string }) => id).toSorted()).toEqual(["odd-1", "odd-2", "odd-3"]);
    const shown = await json("show", "odd-1");
    expect(shown.timeline.map(({ event }: { event: string }) => event)).toEqual(
      expect.arrayContaining(["rejected", "reopened", "claimed"]),
    );
    expect(await stack.cli(["reopen", "--code", "no_target", "--since", "1h"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^no run was refused/),
    });
  },
);

test.each<[string, readonly string[], number, RegExp]>([
  ["an end that stays is not reopened", ["reopen", "long"], 1, /not reopened: it is CANCELLED.*new id/],
  ["nor is a run that nobody knows", ["reopen", "nobody"], 1, /no run has this id/],
  ["a reason needs a time", ["reopen", "--code", "denied"], 2, /--since 1h/],
  ["lost runs are reopened one by one", ["reopen", "--code", "LOST", "--lost", "--since", "1h"], 2, /by its id only/],
  ["nothing to reopen", ["reopen"], 2, /either a run's id, or a reason/],
  ["a time has a unit", ["reopen", "--code", "denied", "--since", "60"], 2, /as in 30m/],
  ["no id can be empty", ["cancel", ""], 2, /1 to 200 printable/],
  ["an id that nobody knows has no explanation but where to look", ["explain", "nobody"], 1, /quarantine/],
  ["nothing to follow", ["show", "nobody", "--follow"], 1, /no run has the id/],
])("%s", async (_rule, args, status, says) => {
  const printed = await stack.cli(args);
  expect(printed.stdout + printed.stderr).toMatch(says);
  expect(printed.status).toBe(status);
});

test("what had ended before anybody looked is told with its own time", async () => {
  const { ended_at: endedAt } = await json("show", "odd-1");
  const { stdout } = await stack.cli(["show", "odd-1", "--follow"]);
  expect(stdout).toContain(`${localTime(Date.parse(endedAt))}  SUCCEEDED on local\n`);
});

test("runs --watch tells each change once, and Ctrl-C ends it well", async () => {
  const child = spawn(process.execPath, [resolve("functions/cli/slipway.mjs"), "runs", "--watch", "--json"], {
    env: { ...process.env, SLIPWAY_STATE: join(stack.folder, ".slipway"), SLIPWAY_CONFIG: join(stack.folder, "slipway.yml") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: { id: string; state: string }[] = [];
  let rest = "";
  const ended = Promise.withResolvers<void>();
  child.stdout.on("data", (chunk) => {
    const parts = (rest + String(chunk)).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.map((line) => JSON.parse(line)));
    if (lines.some(({ id, state }) => id === "watched" && state === "SUCCEEDED")) ended.resolve();
  });
  await stack.cli(["submit", "-", "--id", "watched", "--wait"], ODD);
  await ended.promise;
  child.kill("SIGINT");
  expect(await new Promise((closed) => child.once("close", closed))).toBe(0);
  const told = lines.map(({ id, state }) => `${id} ${state}`);
  expect(told).toEqual([...new Set(told)]);
  expect(told).toContain("odd-1 SUCCEEDED");
});

test("doctor finds what can't be had, says what to do, and launches nothing", MANY_COMMANDS, async () => {
  expect(await stack.cli(["doctor"])).toMatchObject({ status: 0, stdout: expect.stringMatching(/target local.*\n\nAll is well\./) });
  const ecs = await startEcsDouble({});
  const found = async () => {
    const { stdout, status } = await stack.cli(["doctor", "--json"]);
    const list: readonly { check: string; status: string; finding: string; remedy?: string }[] = JSON.parse(stdout);
    return { status, findings: new Map(list.map((one) => [one.check, one])) };
  };
  try {
    await stack.configure("notify: runs\ntargets: [{name: local, type: local}]\n");
    expect((await found()).findings.get("event bus")).toMatchObject({ status: "ok" });
    await stack.configure(`notify: nobody-made-it
targets:
  - {name: local, type: local}
  - {name: good, type: ecs, region: eu-west-1, cluster: default, endpoint: "${ecs.endpoint}"}
  - {name: gone, type: ecs, region: eu-west-1, cluster: nowhere, endpoint: "${ecs.endpoint}"}
  - {name: far, type: ecs, region: eu-west-1, endpoint: "http://127.0.0.1:9"}
  - {name: box, type: docker, host: "unix:///nowhere/docker.sock"}
  - {name: jobs, type: kubernetes, cluster: {kubeconfig: /nowhere/config, context: jobs}}
http: {tokens: [{name: reader, secret: "env:NOBODY_SET_IT", may: [read], targets: ["*"]}]}
`);
    const { findings, status } = await found();
    expect(findings.get("event bus")).toMatchObject({ status: "failed", finding: expect.stringContaining("lost without a word") });
    expect(status).toBe(1);
    for (const check of ["configuration", "table", "queue", "target local", "target good"])
      expect(findings.get(check)).toMatchObject({ status: "ok" });
    expect(findings.get("target gone")).toMatchObject({ status: "failed", finding: expect.stringContaining("ClusterNotFound") });
    expect(findings.get("target far")).toMatchObject({ status: "failed", remedy: expect.stringContaining("reached") });
    expect(findings.get("target box")).toMatchObject({
      status: "failed",
      finding: expect.stringMatching(/^docker: /),
      remedy: expect.stringContaining("whether the Docker daemon runs there"),
    });
    expect(findings.get("target jobs")).toMatchObject({
      status: "failed",
      finding: expect.stringContaining("the kubeconfig /nowhere/config can't be read (there is no such file)"),
    });
    expect(findings.get("token reader")).toMatchObject({ status: "failed", finding: expect.stringContaining("NOBODY_SET_IT") });
    expect(ecs.tasks()).toEqual([]);
  } finally {
    await ecs.close();
  }
  await stack.configure("targets: [{name: 5}]\n");
  expect(await stack.cli(["doctor"])).toMatchObject({ status: 1, stdout: expect.stringMatching(/failed +configuration.*targets\[0\]/) });
});

test("doctor notices another deployment of its name: something runs that no run of this table launched", MANY_COMMANDS, async () => {
  const ecs = await startEcsDouble({});
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  const client = new ECSClient({ endpoint: ecs.endpoint, region: "eu-west-1", credentials });
  try {
    const containerDefinitions = [{ name: "flow", image: "acme/etl:1", essential: true, memory: 128 }];
    await client.send(new RegisterTaskDefinitionCommand({ family: "flow", containerDefinitions }));
    const runFor = (deployment: string) =>
      client.send(new RunTaskCommand({ taskDefinition: "flow", startedBy: `slipway/${deployment}/${runKey("theirs")}/1` }));
    await stack.configure(`deployment: prod
targets: [{name: shared, type: ecs, region: eu-west-1, cluster: default, endpoint: "${ecs.endpoint}"}]
`);
    const target = async () => {
      const { stdout, status } = await stack.cli(["doctor", "--json"]);
      const list: readonly { check: string }[] = JSON.parse(stdout);
      return { exit: status, ...list.find(({ check }) => check === "target shared") };
    };
    await runFor("prod-2");
    expect(await target()).toMatchObject({ exit: 0, status: "ok" });
    await runFor("prod");
    expect(await target()).toMatchObject({
      exit: 0,
      status: "warning",
      finding: expect.stringMatching(/task\/.* has the mark of deployment prod, and no run of the table .* is its own/),
      remedy: expect.stringContaining("`deployment` of its own"),
    });
    expect(ecs.tasks()).toHaveLength(2);
  } finally {
    client.destroy();
    await ecs.close();
  }
});
