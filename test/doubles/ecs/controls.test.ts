import { readFile } from "node:fs/promises";
import { ECSClient, ListTasksCommand, RegisterTaskDefinitionCommand, RunTaskCommand, type RunTaskCommandInput } from "@aws-sdk/client-ecs";
import { expect, test, vi } from "vitest";
import { virtualClock } from "../../support/virtual-clock.ts";
import { type EcsService, ecsService } from "./ecs-double.ts";
import type { EcsDoubleOptions } from "./options.ts";
import { QUIRKS } from "./quirks.ts";
import { DEFINITION, inScenario, NETWORK, onlyArn, refusalOf } from "./scenario.ts";

const clientToken = "slipway-token-1";
const lost = { code: "ECONNRESET" };
const launch: RunTaskCommandInput = { taskDefinition: "etl", launchType: "FARGATE", networkConfiguration: NETWORK, clientToken };

/** The double on virtual time at the SDK's request handler, without a socket. */
function onVirtualTime(options: EcsDoubleOptions = {}) {
  const clock = virtualClock();
  const service = ecsService({ clock, ...options });
  const credentials = { accessKeyId: "AKIATESTER", secretAccessKey: "secret" };
  const ecs = new ECSClient({ region: "eu-west-1", credentials, maxAttempts: 1, requestHandler: service.requestHandler });
  return { clock, service, ecs, register: () => clock.drive(ecs.send(new RegisterTaskDefinitionCommand(DEFINITION))) };
}

test("an answer lost before the service applies it: nothing has started", () =>
  inScenario({}, async ({ double, run }) => {
    double.loseAnswer({ operation: "RunTask", when: "before" });
    await expect(run({ clientToken })).rejects.toMatchObject(lost);
    expect(double.tasks()).toEqual([]);
    expect(double.counter("RunTask")).toEqual({ calls: 1, ok: 0, throttled: 0, refused: 0, lost: 1 });
    onlyArn(await run({ clientToken }));
  }));

test("an answer lost after the service has applied it: the same token finds the task", () =>
  inScenario({}, async ({ double, run }) => {
    double.loseAnswer({ operation: "RunTask", when: "after", times: 2 });
    await expect(run({ clientToken })).rejects.toMatchObject(lost);
    await expect(run({ clientToken })).rejects.toMatchObject(lost);
    expect([onlyArn(await run({ clientToken }))]).toEqual(double.tasks().map(({ arn }) => arn));
  }));

test("a request that the service applies long after the connection broke", async () => {
  const { clock, service, ecs, register } = onVirtualTime();
  await register();
  service.loseAnswer({ operation: "RunTask", when: "late", lateMs: 30_000 });
  await expect(ecs.send(new RunTaskCommand(launch))).rejects.toMatchObject(lost);
  expect(service.tasks()).toEqual([]);
  await clock.advance(30_000);
  expect(service.tasks()).toHaveLength(1);
  expect(service.requests.at(-1)?.answer).toBe("lost");
});

test("faults aim at an operation and an input, so many times, and change nothing else", () =>
  inScenario({}, async ({ double, ecs, run }) => {
    const where = (input: unknown) => JSON.stringify(input).includes("unlucky");
    double.refuse({ operation: "RunTask", error: "server", times: 2, where });
    onlyArn(await run({ startedBy: "lucky" }));
    expect(await refusalOf(ecs.send(new ListTasksCommand({ startedBy: "unlucky" })))).toBeUndefined();
    expect(await refusalOf(run({ startedBy: "unlucky" }))).toMatch(/^ServerException/);
    expect(await refusalOf(run({ startedBy: "unlucky" }))).toMatch(/^ServerException/);
    onlyArn(await run({ startedBy: "unlucky" }));
    double.refuse({ error: { type: "SomethingNew", status: 418, message: "short and stout" } });
    expect(await refusalOf(run())).toBe("SomethingNew: short and stout");
    expect(double.started("unlucky")).toHaveLength(1);
  }));

test("a call that its caller aborts is applied all the same", async () => {
  const { clock, service, ecs, register } = onVirtualTime({ latencyMs: { before: 50, after: 50 } });
  await register();
  const caller = new AbortController();
  const call = ecs.send(new RunTaskCommand(launch), { abortSignal: caller.signal });
  const refused = expect(call).rejects.toMatchObject({ name: "AbortError" });
  await vi.waitFor(() => expect(service.counter("RunTask").calls).toBe(1), { interval: 1 });
  caller.abort();
  await refused;
  expect(service.tasks()).toEqual([]);
  await clock.advance(50);
  expect(service.tasks()).toHaveLength(1);
});

test("latency passes on the clock of the double", async () => {
  const { clock, ecs, register } = onVirtualTime({ latencyMs: 50, registerMs: 200 });
  const before = clock.now();
  await register();
  expect(clock.now() - before).toBe(250);
  await clock.drive(ecs.send(new RunTaskCommand(launch)));
  expect(clock.now() - before).toBe(300);
});

test("three hundred launches at the buckets' pace take 10 s of virtual time and moments of real time", async () => {
  const { clock, service, ecs, register } = onVirtualTime();
  await register();
  const before = clock.now();
  async function launched(index: number): Promise<void> {
    while ((await refusalOf(ecs.send(new RunTaskCommand({ ...launch, clientToken: `run-${index}` })))) !== undefined)
      await clock.sleep(1000);
  }
  await clock.drive(Promise.all(Array.from({ length: 300 }, (_, index) => launched(index))));
  expect(service.tasks()).toHaveLength(300);
  expect((clock.now() - before) / 1000).toBe(10);
});

test("a subscriber hears of every change at its time", async () => {
  const { clock, service, ecs, register } = onVirtualTime({ life: { runMs: 60_000 } });
  await register();
  const before = clock.now();
  const heard: unknown[] = [];
  const end = service.subscribe(({ detail }) => heard.push([detail.lastStatus, clock.now() - before]));
  await clock.drive(ecs.send(new RunTaskCommand(launch)));
  await clock.advance(120_000);
  expect(heard).toEqual([
    ["PROVISIONING", 0],
    ["PENDING", 1000],
    ["RUNNING", 6000],
    ["STOPPED", 66_000],
  ]);
  end();
  await ecs.send(new RunTaskCommand({ ...launch, clientToken: "another" }));
  expect(heard).toHaveLength(4);
});

test("what it shows: tasks, definitions, requests, counters; and `reset` forgets them", () =>
  inScenario({}, async ({ double, run }) => {
    const arn = onlyArn(await run({ startedBy: "run-1", overrides: { cpu: "512", memory: "1024" } }));
    expect(double.started("run-1")).toEqual(double.tasks());
    expect(double.tasks()[0]).toMatchObject({
      arn,
      startedBy: "run-1",
      cpu: 512,
      memory: 1024,
      cluster: "default",
      status: "PROVISIONING",
    });
    expect(double.definitions().map(({ family, status }) => [family, status])).toEqual([["etl", "ACTIVE"]]);
    expect(double.requests.map(({ operation, answer }) => [operation, answer])).toEqual([
      ["RegisterTaskDefinition", "ok"],
      ["RunTask", "ok"],
    ]);
    double.deny({ action: "ecs:RunTask" });
    double.reset();
    const forgotten = (service: EcsService) => [
      service.tasks(),
      service.started("run-1"),
      service.definitions(),
      service.requests,
      service.events,
    ];
    expect(forgotten(double)).toEqual([[], [], [], [], []]);
    expect(double.counter("RunTask").calls).toBe(0);
    expect(await refusalOf(run())).toBe("ClientException: TaskDefinition not found.");
  }));

test("for benches nothing is kept but the tasks; unknown members can be refused", async () => {
  const { service, ecs, register } = onVirtualTime({ keep: false, unknownMembers: "rejected", buckets: false });
  await register();
  onlyArn(await ecs.send(new RunTaskCommand(launch)));
  expect([service.tasks().length, service.events, service.requests, service.counter("RunTask").ok]).toEqual([1, [], [], 1]);
  const headers = {
    "x-amz-target": "AmazonEC2ContainerServiceV20141113.ListTasks",
    authorization: "AWS4-HMAC-SHA256 Credential=AKIATESTER/20261102/eu-west-1/ecs/aws4_request, SignedHeaders=host, Signature=0",
  };
  const { status, body } = await service.handle({ method: "POST", path: "/", headers, body: '{"startedBye":"me"}' });
  expect([status, body]).toEqual([400, expect.stringContaining("Unknown member: startedBye")]);
});

test("the README has every quirk, with its mark", async () => {
  // The formatter aligns the tables' columns.
  const readme = (await readFile(new URL("README.md", import.meta.url), "utf8")).replaceAll(/ +/g, " ");
  const rows = Object.values(QUIRKS).flatMap((quirks) => Object.entries(quirks));
  expect(rows.filter(([quirk, { mark, source }]) => !readme.includes(`| ${quirk} | ${mark} | ${source} |`))).toEqual([]);
  expect(readme.split("\n").filter((line) => /\| (documented|recorded|assumed) \|/.test(line))).toHaveLength(rows.length);
});
