/** A stop asks for the end, as often as it likes and whenever it comes. */
import { expect } from "vitest";
import { handleNowhere, isEnded, isRunning, observe, type Rule, worldRule } from "../rule.ts";

export const stopRules: readonly Rule[] = [
  worldRule("stop before the launch: no error and no effect", async ({ world, prepare, accepted, until }) => {
    const backend = await world.connect();
    const model = await accepted(backend, prepare("model"));
    const prepared = prepare("early");
    const { id, key, attempt } = prepared.launch;
    await backend.stop({ id, key, attempt, handle: handleNowhere(world, model, prepared.launch) }, "test");
    await until(backend, await accepted(backend, prepared), isRunning);
    expect(await observe(backend, model), "another run is left alone").toMatchObject({ status: "running" });
  }),

  worldRule("stop while it runs, by another dispatcher, twice: CANCELLED, or gone where a stop removes", async (bench) => {
    const { subject, world, prepare, accepted, until } = bench;
    const launched = await accepted(await world.connect(), prepare("stopped"));
    const other = await world.connect();
    await until(other, launched, isRunning);
    await Promise.all([other.stop(launched, "test"), other.stop(launched, "test")]);
    if (subject.definition.stopRemoves === true) await until(other, launched, ({ status }) => status === "absent");
    else expect(await until(other, launched, isEnded)).toMatchObject({ outcome: { state: "CANCELLED" } });
    // It may have been stopped before its command did anything.
    expect(await world.starts(launched)).toBeLessThanOrEqual(1);
  }),

  worldRule("stop after the end: no error, and the end stays what it was", async ({ world, prepare, accepted, until }) => {
    const backend = await world.connect();
    const prepared = prepare("done");
    const launched = await accepted(backend, prepared);
    await until(backend, launched, isRunning);
    await world.end(prepared.launch, 0);
    const ended = await until(backend, launched, isEnded);
    for (const each of [backend, await world.connect()]) await each.stop(launched, "test");
    expect(await observe(backend, launched)).toEqual(ended);
  }),
];
