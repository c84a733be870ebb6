/** Sweeps before services that answer 5xx, hang or reset, over real connections: no stop is sent, and nothing is removed. */
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { ECSClient } from "@aws-sdk/client-ecs";
import { expect, onTestFinished, test } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import type { Backend, Launcher, Services } from "../../shared/core/launcher.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { sweep } from "../../shared/core/sweep.ts";
import type { Target } from "../../shared/core/target.ts";
import { template } from "../../shared/launchers/_template/index.ts";
import { connectEcs } from "../../shared/launchers/ecs/backend.ts";
import { ecs } from "../../shared/launchers/ecs/index.ts";
import { servicesFor } from "../contract/services.ts";
import { templateService } from "../contract/template-service.ts";
import { startEcsDouble } from "../doubles/ecs/ecs-double.ts";
import { ecsTarget } from "../launchers/ecs/support.ts";
import { testDispatcher } from "../support/dispatcher.ts";
import { virtualClock } from "../support/virtual-clock.ts";

type Silence = "5xx" | "hang" | "reset";
const SILENCES: readonly Silence[] = ["5xx", "hang", "reset"];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Real time that a sweep has, in milliseconds: what hangs is waited for so long. */
const SWEEP_MILLISECONDS = 150;

/** What stands between the launcher and its service, and counts what is asked for. */
interface Gate {
  readonly endpoint: string;
  silence: Silence | undefined;
  readonly asked: string[];
}

async function gateTo(endpoint: string): Promise<Gate> {
  const gate = { endpoint: "", silence: undefined as Silence | undefined, asked: [] as string[] };
  const server = createServer((incoming, outgoing) => {
    const { method = "", url = "", headers } = incoming;
    gate.asked.push(String(headers["x-amz-target"] ?? `${method} ${url}`));
    if (gate.silence === "hang") return;
    if (gate.silence === "reset") return void outgoing.destroy();
    if (gate.silence === "5xx")
      return void outgoing.writeHead(503, { "content-type": "text/html" }).end("<html>Service Unavailable</html>");
    const { host: _host, ...others } = headers;
    const forwarded = httpRequest(endpoint + url, { method, headers: others }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(gate, { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

/** A service behind a gate: a launcher for it, a target, and how runs are seen to have ended there. */
interface Place {
  readonly gate: Gate;
  readonly launcher: Launcher;
  readonly target: Target;
  connect(): Promise<Backend>;
  end(key: string): void;
  readonly stops: RegExp;
  readonly removals: RegExp;
}

async function ecsPlace(now: () => number): Promise<Place> {
  const double = await startEcsDouble({ clock: { now }, registerMs: 0, life: { provisioningMs: 0, pendingMs: 0 } });
  onTestFinished(() => double.close());
  const gate = await gateTo(double.endpoint);
  const target = ecsTarget({ settings: { region: "eu-west-1", endpoint: gate.endpoint } });
  const client = async () =>
    new ECSClient({
      region: "eu-west-1",
      endpoint: gate.endpoint,
      credentials: { accessKeyId: "AKIATESTER", secretAccessKey: "secret" },
      maxAttempts: 1,
    });
  return {
    gate,
    launcher: ecs as unknown as Launcher,
    target,
    connect: async () => (await connectEcs(target, services(now), client)) as Backend,
    end: (key) => double.finish(double.tasks().find(({ startedBy }) => startedBy?.includes(key))?.arn ?? "", { exitCode: 0 }),
    stops: /StopTask/,
    removals: /Deregister|Delete/,
  };
}

async function templatePlace(now: () => number): Promise<Place> {
  const service = await templateService("token");
  onTestFinished(() => service.close());
  const gate = await gateTo(service.endpoint);
  const target = { ...ecsTarget(), type: "template", settings: { endpoint: gate.endpoint, token: "env:TOKEN" } } as Target;
  return {
    gate,
    launcher: template as Launcher,
    target,
    connect: () => (template as Launcher).connect(target, services(now)),
    end: (key) => Object.assign(service.made.find(({ name }) => name.includes(key)) ?? {}, { endedAt: now(), exitCode: 0 }),
    stops: /\/stop$/,
    removals: /^DELETE/,
  };
}

function services(now: () => number): Services {
  return servicesFor({ now, isFunction: true, secret: async () => "token" }).services;
}

/** Runs of every kind that a sweep would act on: over a limit, cancelled, never begun, ended and left behind, unknown and running. */
const RUNS: Readonly<Record<string, Partial<RunRecord>>> = {
  long: { state: "RUNNING", timeoutSeconds: 60 },
  cancelled: { state: "RUNNING", cancelRequestedAt: 1 },
  stopping: { state: "RUNNING", stopping: { class: "timeout", reason: "too long" } },
  slow: { state: "LAUNCHED" },
  superseded: { state: "RUNNING", attempt: 2, handle: "elsewhere" },
  "long-over": { state: "SUCCEEDED" },
};

test.each([
  ["ECS", ecsPlace],
  ["a service of small jobs", templatePlace],
] as const)("%s: zero stops and zero removals while it is silent; and all of them afterwards", { timeout: 60_000 }, async (_what, open) => {
  const clock = virtualClock();
  const place = await open(clock.now);
  const backend = await place.connect();
  const { target, launcher, gate } = place;
  const dispatcher = testDispatcher({ targets: [target], clock });
  Object.assign(dispatcher.context.planning, { launchers: { [target.type]: launcher } });
  Object.assign(dispatcher.context, { backends: async () => backend });
  const now = clock.now();
  for (const [id, over] of Object.entries(RUNS)) {
    const key = runKey(id);
    const request = { id, runConfig: { type: "UniversalRun", env: {}, labels: [] }, command: ["true"] } as const;
    const launch = { deployment: "test", id, key, attempt: 1, planDigest: "d", signal: new AbortController().signal };
    const outcome = await backend.submit(launcher.plan({ deployment: "test", key, attempt: 1, request }, target), launch);
    if (outcome.status !== "accepted") throw new Error(JSON.stringify(outcome));
    const ended = over.state === "SUCCEEDED";
    if (ended) place.end(key);
    dispatcher.store.put(key, {
      id,
      key,
      attempt: 1,
      digest: "d",
      target: target.name,
      place: launcher.place(target, { stateFolder: undefined }),
      handle: outcome.handle.id,
      launchedAt: now,
      startedAt: now,
      timeline: [{ at: now, event: "launched" }],
      ...(ended ? { endedAt: now, expiresAt: 9 } : { nextCheckAt: now }),
      ...over,
    });
  }
  await clock.advance(HOUR / 2);
  const before = [...dispatcher.store.items.values()].map(({ state }) => state);
  for (const silence of SILENCES) {
    gate.silence = silence;
    gate.asked.length = 0;
    for (let minute = 0; minute < 12; minute++) {
      await clock.advance(MINUTE);
      const swept = await sweep(dispatcher.context, clock.now() + SWEEP_MILLISECONDS);
      // A cancel and a run that has not begun are looked at each minute; the others more rarely where events would tell of them.
      expect(swept.inspected).toBeGreaterThanOrEqual(2);
      expect(swept).toMatchObject({ stopped: 0, removed: 0, unanswered: swept.inspected });
      expect(swept.problems.length, "it is told").toBeGreaterThan(0);
    }
    expect(gate.asked.length, `${silence}: it was asked`).toBeGreaterThanOrEqual(12);
    expect(
      gate.asked.filter((call) => place.stops.test(call) || place.removals.test(call)),
      silence,
    ).toEqual([]);
    expect([...dispatcher.store.items.values()].map(({ state }) => state)).toEqual(before);
  }
  gate.silence = undefined;
  gate.asked.length = 0;
  for (let minute = 0; minute < 25; minute++) {
    await clock.advance(MINUTE);
    await sweep(dispatcher.context, clock.now() + 5000);
  }
  expect(gate.asked.filter((call) => place.stops.test(call)).length, "stops once it answers").toBeGreaterThan(0);
  if (backend.remove !== undefined) expect(gate.asked.filter((call) => place.removals.test(call)).length).toBeGreaterThan(0);
  expect(dispatcher.item("cancelled").state).toBe("CANCELLED");
  expect(dispatcher.item("long")).toMatchObject({ state: "FAILED", failure: { class: "timeout" } });
});
