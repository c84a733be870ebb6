/** A real daemon behind a real SSH server: in whatever happens, the record tells the truth, no container runs twice, and none is left. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dockerd, startDockerd } from "./dockerd.ts";
import { eventually } from "./processes.ts";
import { type Sshd, startSshd } from "./sshd.ts";
import { type EngineWorld, engineWorld } from "./world.ts";

let dockerd: Dockerd;
let sshd: Sshd;
let world: EngineWorld;

beforeAll(async () => {
  dockerd = await startDockerd();
  sshd = await startSshd({ dockerHost: `unix://${dockerd.socket}` });
  world = await engineWorld(dockerd, sshd);
}, 120_000);
afterAll(async () => {
  await world?.entry.close();
  await sshd?.close();
  await dockerd?.close();
}, 120_000);

const LONG = ["sh", "-c", "trap 'exit 143' TERM; while true; do sleep 0.1; done"];

/** Stays in its way until it is let go. */
function held(site: "create" | "start" | "look") {
  const [reached, until, applied] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  world.entry.next(site, { kind: "held", reached: reached.resolve, until: until.promise, applied: applied.resolve });
  return { reached: reached.promise, applied: applied.promise, release: until.resolve };
}

describe("ends", () => {
  test("exit 0: SUCCEEDED, and its container is taken away", async () => {
    const dispatcher = world.dispatcher();
    expect(await dispatcher.submit("zero", ["sh", "-c", "echo done"])).toMatchObject({ outcome: "launched" });
    expect(await dispatcher.until("zero", "SUCCEEDED")).toMatchObject({ exitCode: 0, attempt: 1 });
    await world.cleared(dispatcher, "zero");
    expect(await world.starts("zero")).toBe(1);
  });

  test("exit 7: FAILED, with the code and the last lines that it wrote, after its container is gone", async () => {
    const dispatcher = world.dispatcher();
    await dispatcher.submit("seven", [
      "sh",
      "-c",
      "i=0; while [ $i -lt 50 ]; do echo line $i; i=$((i+1)); done; sleep 0.3; echo why >&2; exit 7",
    ]);
    await dispatcher.until("seven", "FAILED");
    await world.cleared(dispatcher, "seven");
    const { failure, exitCode } = dispatcher.item("seven") ?? {};
    expect({ failure, exitCode }).toMatchObject({ exitCode: 7, failure: { class: "app_error", exitCode: 7 } });
    expect(failure?.lastLines?.length).toBeLessThanOrEqual(20);
    expect(failure?.lastLines).toEqual(expect.arrayContaining(["line 49", "why"]));
  });

  test("killed for want of memory: FAILED as that", async () => {
    const dispatcher = world.dispatcher();
    const run_config = { type: "DockerRun", host_config: { mem_limit: "16m", memswap_limit: "16m" } };
    await dispatcher.submit("oom", ["sh", "-c", "head -c 200000000 /dev/zero | tail -c 190000000 > /dev/null; exit 1"], { run_config });
    expect(await dispatcher.until("oom", "FAILED")).toMatchObject({ failure: { class: "out_of_memory" } });
    await world.cleared(dispatcher, "oom");
  });

  test("command not found: REJECTED, saying so, and nothing is left", async () => {
    const dispatcher = world.dispatcher();
    expect(await dispatcher.submit("nope", ["no-such-program"])).toMatchObject({ outcome: "rejected", code: "COMMAND_NOT_FOUND" });
    expect(dispatcher.item("nope")).toMatchObject({ state: "REJECTED", error: { code: "COMMAND_NOT_FOUND" } });
    expect(await world.left("nope")).toEqual([]);
    expect(await world.starts("nope")).toBe(0);
  });

  test("missing image: never pulled, REJECTED; from a registry that is not there, WAITING", async () => {
    const run_config = { type: "DockerRun", image: "localhost:1/nobody/has:this" };
    const never = world.dispatcher({ settings: { pull: "never" } });
    expect(await never.submit("no-image", ["true"], { run_config })).toMatchObject({ outcome: "rejected", code: "IMAGE_NOT_PRESENT" });
    const missing = world.dispatcher();
    expect(await missing.submit("no-registry", ["true"], { run_config })).toMatchObject({
      outcome: "waiting",
      code: "REGISTRY_UNREACHABLE",
    });
    expect([...(await world.left("no-image")), ...(await world.left("no-registry"))]).toEqual([]);
  });

  test("killed from outside: FAILED with 137, and not as want of memory", async () => {
    const dispatcher = world.dispatcher();
    await dispatcher.submit("killed", LONG);
    await dockerd.call("POST", `/containers/${dispatcher.item("killed")?.handle}/kill`);
    expect(await dispatcher.until("killed", "FAILED")).toMatchObject({ exitCode: 137, failure: { class: "app_error", exitCode: 137 } });
    await world.cleared(dispatcher, "killed");
    expect(await world.starts("killed")).toBe(1);
  });

  test("taken away from outside while it ran: LOST, never a success", async () => {
    const dispatcher = world.dispatcher();
    await dispatcher.submit("taken", LONG);
    await dockerd.call("DELETE", `/containers/${dispatcher.item("taken")?.handle}?force=1`);
    await dispatcher.later(400);
    await dispatcher.until("taken", "LOST");
    expect(await world.starts("taken")).toBe(1);
  });

  test("ended while the dispatcher was down: the next one tells how", async () => {
    const dispatcher = world.dispatcher();
    await dispatcher.submit("alone", ["sh", "-c", "sleep 0.3; exit 4"]);
    dispatcher.restart();
    await eventually(
      () => world.left("alone"),
      (states) => states.join() === "exited",
    );
    expect(await dispatcher.until("alone", "FAILED")).toMatchObject({ exitCode: 4 });
    await world.cleared(dispatcher, "alone");
  });

  test("a dispatcher that lives between launches is told of an end as it happens, without a sweep", async () => {
    const dispatcher = world.dispatcher({ past: true, lives: true });
    await dispatcher.submit("told", ["sh", "-c", "sleep 0.5; echo last; exit 3"]);
    await eventually(
      () => dispatcher.item("told")?.state,
      (state) => state === "FAILED",
    );
    expect(dispatcher.item("told")).toMatchObject({ exitCode: 3, failure: { lastLines: ["last"] } });
    await world.cleared(dispatcher, "told");
  });

  test("stopped by a cancel, seen by another dispatcher: CANCELLED with the code, and nothing is left, the stop's mark neither", async () => {
    const dispatcher = world.dispatcher();
    await dispatcher.submit("stopped", LONG);
    await dispatcher.cancel("stopped");
    await dispatcher.later();
    dispatcher.restart();
    expect(await dispatcher.until("stopped", "CANCELLED")).toMatchObject({ exitCode: 143 });
    await world.cleared(dispatcher, "stopped");
    await eventually(
      async () => {
        await dispatcher.later(700);
        return (await dockerd.call("GET", "/volumes")).json;
      },
      (volumes) => !JSON.stringify(volumes).includes("slipway-stop-"),
    );
  });
});

describe("calls that get lost", () => {
  test.each(["create", "start"] as const)("the answer to %s is lost: the attempt is adopted or made anew, and runs once", async (site) => {
    const dispatcher = world.dispatcher();
    world.entry.next(site, { kind: "lost", applied: true });
    await dispatcher.submit(`lost-${site}`, ["sh", "-c", "sleep 1; exit 5"]);
    expect(await dispatcher.until(`lost-${site}`, "FAILED")).toMatchObject({ exitCode: 5, attempt: 1 });
    await world.cleared(dispatcher, `lost-${site}`);
    expect(await world.starts(`lost-${site}`)).toBe(1);
  });

  test.each(["create", "start"] as const)("%s is lost on its way: it runs once all the same", async (site) => {
    const dispatcher = world.dispatcher();
    world.entry.next(site, { kind: "lost", applied: false });
    await dispatcher.submit(`before-${site}`, ["sh", "-c", "exit 5"]);
    expect(await dispatcher.until(`before-${site}`, "FAILED")).toMatchObject({ exitCode: 5 });
    await world.cleared(dispatcher, `before-${site}`);
    expect(await world.starts(`before-${site}`)).toBe(1);
  });

  test("made and never started, its dispatcher gone: another dispatcher has it run, once", async () => {
    const dispatcher = world.dispatcher();
    const start = held("start");
    const submitted = dispatcher.submit("orphan", ["sh", "-c", "exit 6"]);
    await start.reached;
    // The call is on its way for as long as the first dispatcher lives.
    expect(await submitted).toMatchObject({ outcome: "unknown" });
    expect(await world.left("orphan")).toEqual(["created"]);
    dispatcher.restart();
    expect(await dispatcher.until("orphan", "FAILED")).toMatchObject({ exitCode: 6, attempt: 1 });
    // What arrives at last finds nothing that it could start a second time.
    start.release();
    await start.applied;
    await world.cleared(dispatcher, "orphan");
    expect(await world.starts("orphan")).toBe(1);
  });

  test("twenty dispatches of one run at once: it runs once", async () => {
    const dispatchers = Array.from({ length: 4 }, () => world.dispatcher());
    const backends = await Promise.all(dispatchers.map((dispatcher) => dispatcher.backend()));
    expect(backends).toHaveLength(4);
    const [dispatcher] = dispatchers;
    await Promise.all(Array.from({ length: 20 }, () => dispatcher?.submit("many", ["sh", "-c", "exit 9"])));
    expect(await dispatcher?.until("many", "FAILED")).toMatchObject({ exitCode: 9 });
    expect(await world.starts("many")).toBe(1);
  });
});

describe("the way to the host", () => {
  test.each([
    ["a host key that is another", { hostKeys: [`SHA256:${"A".repeat(43)}`] }, "HOST_KEY_UNKNOWN", /^host key: /],
    ["no host key at all", { hostKeys: [] }, "HOST_KEY_UNKNOWN", /^host key: /],
    ["another host's line in known_hosts", { hostKeys: [], knownHosts: "elsewhere ssh-ed25519 AAAA" }, "HOST_KEY_UNKNOWN", /^host key: /],
  ])("%s: REJECTED before anything is sent", async (what, ssh, code, says) => {
    const id = `host-${what.replaceAll(/[^a-z]/g, "-")}`;
    const dispatcher = world.dispatcher({ ssh });
    const before = world.entry.calls.length;
    expect(await dispatcher.submit(id, ["true"])).toMatchObject({ outcome: "rejected", code });
    expect(dispatcher.item(id)?.error?.message).toMatch(says);
    expect(world.entry.calls.length).toBe(before);
  });

  test("a host that is known by known_hosts: launched", async () => {
    const dispatcher = world.dispatcher({ ssh: { hostKeys: [], knownHosts: `# ours\n${sshd.knownHost}\n` } });
    expect(await dispatcher.submit("known", ["true"])).toMatchObject({ outcome: "launched" });
    await dispatcher.until("known", "SUCCEEDED");
  });

  test("a host that is known only by a key that it does not show first: launched", async () => {
    const dispatcher = world.dispatcher({ ssh: { hostKeys: [sshd.secondFingerprint] } });
    expect(await dispatcher.submit("second-key", ["true"])).toMatchObject({ outcome: "launched" });
    await dispatcher.until("second-key", "SUCCEEDED");
  });

  test("one of the host's keys is revoked: REJECTED, although another one is known", async () => {
    const knownHosts = `@revoked ${sshd.knownHost}`;
    const dispatcher = world.dispatcher({ ssh: { hostKeys: [sshd.secondFingerprint], knownHosts } });
    expect(await dispatcher.submit("revoked-key", ["true"])).toMatchObject({ outcome: "rejected", code: "HOST_KEY_UNKNOWN" });
  });

  test("a key that the host does not let in: REJECTED as denied", async () => {
    const dispatcher = world.dispatcher({ key: sshd.strangersKey });
    expect(await dispatcher.submit("stranger", ["true"])).toMatchObject({ outcome: "rejected", code: "SSH_DENIED" });
    expect(dispatcher.item("stranger")?.error?.message).toMatch(/^authentication: /);
  });

  test("a key that is none: REJECTED, and no word of it is told", async () => {
    const dispatcher = world.dispatcher({ key: "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n" });
    expect(await dispatcher.submit("no-key", ["true"])).toMatchObject({ outcome: "rejected", code: "SSH_KEY_UNREADABLE" });
    expect(JSON.stringify(dispatcher.item("no-key")?.error)).not.toContain("c2VjcmV0");
  });

  test("no daemon at the socket: WAITING, told as the daemon's absence and not as the host's", async () => {
    const dispatcher = world.dispatcher({ ssh: { socket: "/nonexistent/docker.sock" } });
    expect(await dispatcher.submit("no-daemon", ["true"])).toMatchObject({ outcome: "waiting", code: "DOCKER_UNREACHABLE" });
    expect(dispatcher.item("no-daemon")?.error?.message).toMatch(/^docker: /);
  });

  test("a whole life over one connection", async () => {
    const before = await sshd.logins();
    const dispatcher = world.dispatcher();
    for (const id of ["one-a", "one-b", "one-c"]) {
      await dispatcher.submit(id, ["true"]);
      await dispatcher.until(id, "SUCCEEDED");
    }
    expect((await sshd.logins()) - before).toBe(1);
  });

  test("forwarding forbidden: it goes by the host's docker client", async () => {
    const strict = await startSshd({ forwarding: false, dockerHost: `unix://${dockerd.socket}` });
    try {
      const other = await engineWorld(dockerd, strict);
      const dispatcher = other.dispatcher({ past: true });
      expect(await dispatcher.submit("stdio", ["sh", "-c", "echo by client; exit 3"])).toMatchObject({ outcome: "launched" });
      expect(await dispatcher.until("stdio", "FAILED")).toMatchObject({ exitCode: 3, failure: { lastLines: ["by client"] } });
      await other.cleared(dispatcher, "stdio");
      expect(await strict.logins()).toBe(1);
      await other.entry.close();
    } finally {
      await strict.close();
    }
  });

  test.each(["create", "start"] as const)("the SSH server is killed while %s is on its way, and comes back: it runs once", async (site) => {
    const dispatcher = world.dispatcher();
    const call = held(site);
    const submitted = dispatcher.submit(`killed-${site}`, ["sh", "-c", "exit 8"]);
    await call.reached;
    await sshd.kill();
    expect(["unknown", "waiting"]).toContain((await submitted).outcome);
    // The daemon has the call already, whatever became of the link.
    call.release();
    await call.applied;
    await sshd.start();
    expect(await dispatcher.until(`killed-${site}`, "FAILED")).toMatchObject({ exitCode: 8 });
    await world.cleared(dispatcher, `killed-${site}`);
    expect(await world.starts(`killed-${site}`)).toBe(1);
  });

  test("a link that is frozen in the middle of a launch: bounded, in doubt, and once in the end; also when it thaws", async () => {
    const dispatcher = world.dispatcher();
    const call = held("start");
    const submitted = dispatcher.submit("frozen", ["sh", "-c", "exit 8"]);
    await call.reached;
    const thaw = sshd.freeze();
    call.release();
    try {
      expect(await submitted).toMatchObject({ outcome: "unknown" });
      await call.applied;
      expect(await dispatcher.until("frozen", "FAILED")).toMatchObject({ exitCode: 8, attempt: 1 });
    } finally {
      thaw();
    }
    await world.cleared(dispatcher, "frozen");
    expect(await world.starts("frozen")).toBe(1);
  });

  test("SSH is lost while runs go on: sweeps stop nothing and end nothing, and see all when it is back", async () => {
    const dispatcher = world.dispatcher();
    for (const id of ["goes-1", "goes-2"]) await dispatcher.submit(id, LONG);
    await dispatcher.until("goes-1", "RUNNING");
    await dispatcher.until("goes-2", "RUNNING");
    const stops = () => world.entry.calls.filter((site) => site === "stop" || site === "remove").length;
    const before = stops();
    await sshd.kill();
    for (let sweeps = 0; sweeps < 5; sweeps++) await dispatcher.later(700);
    expect(["goes-1", "goes-2"].map((id) => dispatcher.item(id)?.state)).toEqual(["RUNNING", "RUNNING"]);
    await sshd.start();
    expect(await world.left("goes-1")).toEqual(["running"]);
    await dispatcher.later();
    expect(["goes-1", "goes-2"].map((id) => dispatcher.item(id)?.state)).toEqual(["RUNNING", "RUNNING"]);
    expect(stops()).toBe(before);
    for (const id of ["goes-1", "goes-2"]) {
      await dispatcher.cancel(id);
      await dispatcher.until(id, "CANCELLED");
    }
  });

  test("a warm connection that died unseen is made anew, and the launch does not notice", async () => {
    const dispatcher = world.dispatcher();
    await dispatcher.submit("warm", ["true"]);
    await sshd.kill();
    await sshd.start();
    expect(await dispatcher.submit("anew", ["true"])).toMatchObject({ outcome: "launched" });
    await dispatcher.until("anew", "SUCCEEDED");
  });
});

describe("cancel at every step", () => {
  test.each(["create", "start"] as const)("while %s is on its way, which then arrives: CANCELLED, and nothing runs on", async (site) => {
    const dispatcher = world.dispatcher();
    const call = held(site);
    const submitted = dispatcher.submit(`cancel-${site}`, LONG);
    await call.reached;
    await dispatcher.cancel(`cancel-${site}`);
    call.release();
    await submitted;
    await dispatcher.until(`cancel-${site}`, "CANCELLED");
    await world.cleared(dispatcher, `cancel-${site}`);
    expect(await world.starts(`cancel-${site}`)).toBeLessThanOrEqual(1);
  });

  test.each(["create", "start"] as const)("in doubt over %s, which got lost: CANCELLED, never started, nothing left", async (site) => {
    const dispatcher = world.dispatcher();
    const call = held(site);
    const submitted = dispatcher.submit(`doubt-${site}`, LONG);
    await call.reached;
    expect(await submitted).toMatchObject({ outcome: "unknown" });
    await dispatcher.cancel(`doubt-${site}`);
    await dispatcher.until(`doubt-${site}`, "CANCELLED");
    // And now it arrives after all.
    call.release();
    await call.applied;
    await world.cleared(dispatcher, `doubt-${site}`);
    expect(await world.starts(`doubt-${site}`)).toBe(0);
  });

  test("before the launch: never launched", async () => {
    const dispatcher = world.dispatcher();
    await dispatcher.cancel("early");
    expect(await dispatcher.submit("early", LONG)).toMatchObject({ outcome: "cancelled" });
    expect(await world.starts("early")).toBe(0);
  });

  test("while it waits for the daemon: CANCELLED at once", async () => {
    const dispatcher = world.dispatcher({ ssh: { socket: "/nonexistent/docker.sock" } });
    await dispatcher.submit("waiting", LONG);
    await dispatcher.cancel("waiting");
    await dispatcher.until("waiting", "CANCELLED");
  });

  test("after its end: the end stays what it was", async () => {
    const dispatcher = world.dispatcher();
    await dispatcher.submit("late", ["true"]);
    await dispatcher.until("late", "SUCCEEDED");
    await dispatcher.cancel("late");
    await dispatcher.later();
    expect(dispatcher.item("late")?.state).toBe("SUCCEEDED");
  });
});

describe("the daemon", () => {
  test("stopped and back: what ran is told with its end, what comes meanwhile waits and is launched", async () => {
    const dispatcher = world.dispatcher({ past: true });
    await dispatcher.submit("before", LONG);
    await dispatcher.until("before", "RUNNING");
    await dockerd.stop();
    // In doubt where its first call went into a stream that had just been closed.
    const meanwhile = await dispatcher.submit("meanwhile", ["true"]);
    expect(["waiting", "unknown"], JSON.stringify(meanwhile)).toContain(meanwhile.outcome);
    expect(meanwhile.code).toBe("DOCKER_UNREACHABLE");
    await dispatcher.later();
    expect(dispatcher.item("before")?.state).toBe("RUNNING");
    await dockerd.start();
    expect(await dispatcher.until("before", "FAILED")).toMatchObject({ failure: { class: "app_error" } });
    await dispatcher.until("meanwhile", "SUCCEEDED");
    for (const id of ["before", "meanwhile"]) {
      await world.cleared(dispatcher, id);
      expect(await world.starts(id)).toBeLessThanOrEqual(1);
    }
  });
});

test("at the end nothing of ours is left on the host", async () => {
  const dispatcher = world.dispatcher({ past: true });
  const deployment = "slipway:deployment=test";
  await eventually(
    async () => {
      const backend = await dispatcher.backend();
      for await (const owned of backend.owned?.("test", AbortSignal.timeout(20_000)) ?? []) {
        if (owned.status === "ended") await backend.remove?.(owned);
      }
      return (await dockerd.containers(deployment)).map(({ State }) => State);
    },
    (states) => states.length === 0,
  );
});
