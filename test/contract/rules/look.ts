/** What is seen of attempts: in order, for each, and nothing that was not seen. */
import { expect } from "vitest";
import { handleNowhere, isEnded, isRunning, observe, type Rule, worldRule } from "../rule.ts";

export const lookRules: readonly Rule[] = [
  worldRule("inspect of many in one call: an observation for each, in order, one that is absent among them", async (bench) => {
    const { world, prepare, accepted, until } = bench;
    const backend = await world.connect();
    const prepared = [prepare("first"), prepare("second"), prepare("third")];
    const launched = [];
    for (const one of prepared) launched.push(await accepted(backend, one));
    const [first, second, third] = launched;
    if (first === undefined || second === undefined || third === undefined) throw new Error("three were launched");
    await until(backend, third, isRunning);
    await world.end(prepare("second").launch, 3);
    await until(backend, second, isEnded);
    const { key } = prepare("nobody").launch;
    const nobody = { id: "nobody", key, attempt: 1, handle: handleNowhere(world, first, prepare("nobody").launch) };
    const seen = await (await world.connect()).inspect([third, nobody, second, first]);
    expect(seen.map(({ status }) => status)).toEqual(["running", "absent", "ended", "running"]);
    expect(seen.map((one) => ("handle" in one ? one.handle.id : undefined))).toEqual([
      third.handle,
      undefined,
      second.handle,
      first.handle,
    ]);
    expect(await backend.inspect([])).toEqual([]);
  }),

  worldRule(
    "inspect of more than any one call takes: an observation for each, in order, for a run only once it is there",
    async (bench) => {
      const { world, prepare, accepted, until } = bench;
      const backend = await world.connect();
      const model = await accepted(backend, prepare("there"));
      await until(backend, model, isRunning);
      const nobodies = Array.from({ length: 250 }, (_, index) => {
        const { launch } = prepare(`nobody-${index}`);
        const { id, key, attempt } = launch;
        return { id, key, attempt, handle: handleNowhere(world, model, launch) };
      });
      const seen = await backend.inspect([...nobodies, model]);
      expect(seen.map(({ status }) => status)).toEqual([...nobodies.map(() => "absent"), "running"]);
    },
  ),

  worldRule("running, then SUCCEEDED: with times", async ({ world, prepare, accepted, until }) => {
    const backend = await world.connect();
    const prepared = prepare("succeeds");
    const launched = await accepted(backend, prepared);
    await until(backend, launched, isRunning);
    await world.end(prepared.launch, 0);
    const ended = await until(backend, launched, isEnded);
    expect(ended).toMatchObject({ outcome: { state: "SUCCEEDED", exitCode: 0 }, handle: { id: launched.handle } });
    if (isEnded(ended)) expect(Math.abs(Date.now() - ended.endedAt), "endedAt is epoch milliseconds").toBeLessThan(60_000);
  }),

  worldRule("running, then FAILED: with a class and a reason", async ({ world, prepare, accepted, until }) => {
    const backend = await world.connect();
    const prepared = prepare("fails");
    const launched = await accepted(backend, prepared);
    await until(backend, launched, isRunning);
    await world.end(prepared.launch, 3);
    const failure = { class: "app_error", reason: expect.stringMatching(/./) };
    expect(await until(backend, launched, isEnded)).toMatchObject({ outcome: { state: "FAILED", failure } });
  }),

  worldRule(
    "a failed run tells its exit code; 137 alone is not taken for want of memory",
    async ({ world, prepare, accepted, until }) => {
      const backend = await world.connect();
      for (const exitCode of [3, 137]) {
        const prepared = prepare(`exit-${exitCode}`);
        const launched = await accepted(backend, prepared);
        await until(backend, launched, isRunning);
        await world.end(prepared.launch, exitCode);
        const failure = { class: "app_error", exitCode };
        expect(await until(backend, launched, isEnded)).toMatchObject({ outcome: { state: "FAILED", failure } });
      }
    },
    "exitCodes",
  ),

  worldRule("what vanished without an end is absent or LOST, never a success or a failure of its own", async (bench) => {
    const { world, prepare, accepted, until } = bench;
    const backend = await world.connect();
    const prepared = prepare("vanishes");
    const launched = await accepted(backend, prepared);
    await until(backend, launched, isRunning);
    await world.vanish(prepared.launch);
    const seen = await until(await world.connect(), launched, (one) => !isRunning(one));
    if (seen.status !== "absent") expect(seen).toMatchObject({ status: "ended", outcome: { state: "LOST" } });
  }),

  worldRule(
    "a look that gets no answer says unknown: a dead connection is no dead run",
    async ({ subject, world, prepare, accepted, until }) => {
      const backend = await world.connect();
      const prepared = prepare("unseen");
      const launched = await accepted(backend, prepared);
      await until(backend, launched, isRunning);
      for (const site of subject.lookSites) {
        for (const fault of ["never sent", "lost before", "lost after"] as const) {
          world.fault(site, fault);
          expect((await observe(backend, launched)).status, `inspect, ${site} ${fault}`).toBe("unknown");
          if (backend.find === undefined) continue;
          world.fault(site, fault);
          expect((await backend.find(prepared.launch)).status, `find, ${site} ${fault}`).toBe("unknown");
        }
      }
      expect((await observe(backend, launched)).status).toBe("running");
    },
  ),

  worldRule(
    "find: absent before, found after, by every dispatcher; another attempt stays absent, and nothing is started",
    async ({ subject, world, prepare, accepted }) => {
      expect(subject.definition.landingSeconds, "absence is proof after a landing time").toBeGreaterThan(0);
      const [backend, other] = [await world.connect(), await world.connect()];
      const [one, two] = [prepare("sought", 1), prepare("sought", 2)];
      expect(await backend.find?.(one.launch)).toEqual({ status: "absent" });
      const launched = await accepted(backend, one);
      for (const each of [backend, other]) {
        expect(await each.find?.(one.launch)).toMatchObject({ status: "found", handle: { id: launched.handle } });
        expect(await each.find?.(two.launch)).toEqual({ status: "absent" });
      }
      expect([await world.starts(one.launch), await world.starts(two.launch)]).toEqual([1, 0]);
    },
    "find",
  ),
];
