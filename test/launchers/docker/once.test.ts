/** A container is started by who made it, and by nobody else, however late a call comes. */
import { expect, test } from "vitest";
import { daemonBench } from "./daemon.ts";
import { dockerRun, targetWith } from "./support.ts";

function held(entry: Awaited<ReturnType<typeof daemonBench>>["entry"], site: "create" | "start") {
  const [reached, until, applied] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  entry.next(site, { kind: "held", reached: reached.resolve, until: until.promise, applied: applied.resolve });
  return { reached: reached.promise, applied: applied.promise, release: until.resolve };
}

test("a start that lands after another dispatcher's has run and ended starts nothing", async () => {
  const { connect, prepare, entry, engine } = await daemonBench();
  const over = new AbortController();
  const first = prepare(undefined, over.signal);
  const start = held(entry, "start");
  const submitted = (await connect()).submit(first.plan, first.launch);
  await start.reached;
  over.abort();
  expect(await submitted).toMatchObject({ status: "unknown" });
  const again = prepare();
  const outcome = await (await connect()).submit(again.plan, again.launch);
  if (outcome.status !== "accepted") throw new Error(JSON.stringify(outcome));
  engine.finish(outcome.handle.id, 0);
  start.release();
  await start.applied;
  expect(engine.state.started).toHaveLength(1);
  expect(engine.container(outcome.handle.id)).toMatchObject({ status: "exited", starts: 1 });
});

test("a look for what was made and not started takes it away, and then its absence is true", async () => {
  const { connect, prepare, entry, engine } = await daemonBench();
  const over = new AbortController();
  const { plan, launch } = prepare(undefined, over.signal);
  const start = held(entry, "start");
  const submitted = (await connect()).submit(plan, launch);
  await start.reached;
  over.abort();
  await submitted;
  expect(await (await connect()).find?.(prepare().launch)).toEqual({ status: "absent" });
  start.release();
  await start.applied;
  expect(engine.state.started).toEqual([]);
});

test("a container of another plan under the attempt's name is not its own, however like it is", async () => {
  const { connect, prepare, engine } = await daemonBench();
  const backend = await connect();
  const { plan, launch } = prepare();
  expect(await backend.submit(plan, launch)).toMatchObject({ status: "accepted" });
  const other = { ...launch, planDigest: "another" };
  expect(await backend.submit(plan, other)).toMatchObject({ status: "refused", boundToKey: true, failure: { code: "NAME_TAKEN" } });
  expect(await backend.find?.(other)).toEqual({ status: "absent" });
  expect([...engine.state.containers.values()].map(({ status }) => status)).toEqual(["running"]);
});

test("what could be neither started nor taken away again leaves the attempt in doubt", async () => {
  const { connect, prepare, entry } = await daemonBench();
  const { plan, launch } = prepare(dockerRun({}, { command: ["no-such-program"] }));
  entry.next("remove", { kind: "lost", applied: false });
  expect(await (await connect()).submit(plan, launch)).toMatchObject({ status: "unknown", failure: { code: "BEING_STARTED" } });
});

test.each([
  ["create", 502],
  ["create", 503],
  ["start", 504],
] as const)("a gateway's answer to a %s, %i, says nothing of the daemon behind it", async (site, status) => {
  const { connect, prepare, entry } = await daemonBench();
  const { plan, launch } = prepare();
  entry.next(site, { kind: "answered", answer: { status, raw: Buffer.from("<html>") } });
  expect(await (await connect()).submit(plan, launch)).toMatchObject({ status: "unknown" });
});

test.each([
  ["a program that is not there", { command: ["no-such-program"] }, {}, "COMMAND_NOT_FOUND"],
  ["a network that is not there", {}, { networks: ["none", "nowhere"] }, "NETWORK_NOT_FOUND"],
] as const)("after a start that failed nothing is left: %s", async (_what, over, settings, code) => {
  const { connect, prepare, engine } = await daemonBench({}, settings);
  const { plan, launch } = prepare(dockerRun({}, { ...over }));
  expect(await (await connect()).submit(plan, launch)).toMatchObject({ status: "refused", failure: { code, recognised: true } });
  expect([...engine.state.containers.values()]).toEqual([]);
});

test.each([
  ["always", 3, []],
  ["always", 0, []],
  ["on_success", 0, []],
  ["on_success", 3, ["exited"]],
  ["never", 0, ["exited"]],
] as const)("remove: %s, after exit %i", async (remove, exitCode, left) => {
  const { connect, prepare, engine } = await daemonBench({}, { remove });
  const { plan, launch } = prepare();
  const backend = await connect();
  const outcome = await backend.submit(plan, launch);
  if (outcome.status !== "accepted") throw new Error(JSON.stringify(outcome));
  engine.finish(outcome.handle.id, exitCode);
  const owned = await Array.fromAsync(backend.owned?.("test", new AbortController().signal) ?? []);
  expect(owned).toHaveLength(1 - left.length);
  await backend.remove?.({ ...launch, handle: outcome.handle.id }, exitCode === 0 ? "SUCCEEDED" : "FAILED");
  expect([...engine.state.containers.values()].map(({ status }) => status)).toEqual(left);
});

test("out of memory, the last lines, and a time limit are told", async () => {
  const { connect, prepare, engine } = await daemonBench();
  const { plan, launch } = prepare();
  const backend = await connect();
  const outcome = await backend.submit(plan, launch);
  if (outcome.status !== "accepted") throw new Error(JSON.stringify(outcome));
  const { handle } = outcome;
  const container = engine.container(handle.id);
  Object.assign(container ?? {}, {
    oomKilled: true,
    output: Array.from({ length: 40 }, (_, line) => `line ${line} \u001b[31mred`).join("\n"),
  });
  engine.finish(handle.id, 137);
  const launched = { ...launch, handle: handle.id };
  const [seen] = await backend.inspect([launched]);
  expect(seen).toMatchObject({ status: "ended", outcome: { state: "FAILED", failure: { class: "out_of_memory", exitCode: 137 } } });
  expect(JSON.stringify(seen)).toContain('"line 39 red"');
  expect(JSON.stringify(seen)).not.toContain('"line 19 red"');
});

test("a run that is stopped for its time limit has failed of it", async () => {
  const { connect, prepare } = await daemonBench();
  const { plan, launch } = prepare();
  const backend = await connect();
  const outcome = await backend.submit(plan, launch);
  if (outcome.status !== "accepted") throw new Error(JSON.stringify(outcome));
  const launched = { ...launch, handle: outcome.handle.id };
  await backend.stop(launched, "timeout: ran longer than 60 s");
  expect((await (await connect()).inspect([launched]))[0]).toMatchObject({ outcome: { state: "FAILED", failure: { class: "timeout" } } });
});

test("a place is the daemon: a socket is this machine's", async () => {
  const { docker } = await import("../../../shared/launchers/docker/index.ts");
  const ssh = targetWith({ host: { kind: "ssh", user: "u", host: "h", port: 22 } });
  expect(docker.place(ssh, { stateFolder: "/a" })).toBe("docker:ssh://u@h:22");
  const [one, other] = ["one", "other"].map((stateId) => docker.place(targetWith({}), { stateFolder: "/a", stateId }));
  expect(one).not.toBe(other);
});
