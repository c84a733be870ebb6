/** Calls that get lost: what may have happened is `unknown`, never refused, and a repeat of the same attempt settles it. */
import { expect } from "vitest";
import { type Bench, isRunning, pause, type Rule, worldRule } from "../rule.ts";
import type { Fault } from "../subject.ts";
import { refusalOf } from "./submit.ts";

/** A call that may have arrived gets no answer, at each site in turn; then the attempt is submitted again by another dispatcher. */
async function lost({ subject, world, prepare, accepted, until }: Bench, fault: Fault): Promise<void> {
  for (const [index, site] of subject.submitSites.entries()) {
    const prepared = prepare(`lost-${index}`);
    world.fault(site, fault);
    const outcome = await (await world.connect()).submit(prepared.plan, prepared.launch);
    expect(["unknown", "accepted"], `${site} ${fault}: ${JSON.stringify(outcome)}`).toContain(outcome.status);
    const other = await world.connect();
    await until(other, await accepted(other, prepared), isRunning);
    expect(await world.starts(prepared.launch), `${site} ${fault}`).toBe(1);
  }
}

export const doubtRules: readonly Rule[] = [
  worldRule(
    "answer lost after the call was applied: unknown or accepted, never refused; the repeat adopts",
    (bench) => lost(bench, "lost after"),
    "once",
  ),

  worldRule(
    "call lost on its way: unknown or accepted, never refused; the repeat starts one",
    (bench) => lost(bench, "lost before"),
    "once",
  ),

  worldRule("a call that was never sent: refused as unavailable, and nothing is started", async ({ subject, world, prepare, accepted }) => {
    const [site] = subject.submitSites;
    const prepared = prepare("unsent");
    world.fault(site, "never sent");
    expect(refusalOf(await (await world.connect()).submit(prepared.plan, prepared.launch)).class).toBe("unavailable");
    expect(await world.starts(prepared.launch)).toBe(0);
    await accepted(await world.connect(), prepared);
    expect(await world.starts(prepared.launch)).toBe(1);
  }),

  worldRule("time over before the call: refused as unavailable, and nothing is started", async ({ world, prepare }) => {
    const { plan, launch } = prepare("too-late", 1, AbortSignal.abort());
    expect(refusalOf(await (await world.connect()).submit(plan, launch)).class).toBe("unavailable");
    await pause(50);
    expect(await world.starts(launch)).toBe(0);
  }),

  worldRule(
    "time over while the call is on its way: unknown; what lands later is known under the attempt, and a repeat starts no second one",
    async ({ subject, world, prepare, accepted, until, soon }) => {
      const [site] = subject.submitSites;
      const over = new AbortController();
      const { plan, launch } = prepare("cut-off", 1, over.signal);
      const held = world.hold(site);
      const submitted = (await world.connect()).submit(plan, launch);
      await held.reached;
      over.abort();
      expect(await soon(submitted)).toMatchObject({ status: "unknown", failure: { recognised: true } });
      await held.release();
      const other = await world.connect();
      const again = prepare("cut-off");
      if (other.find !== undefined) expect(await other.find(again.launch)).toMatchObject({ status: "found" });
      await until(other, await accepted(other, again), isRunning);
      expect(await world.starts(launch)).toBe(1);
    },
    "once",
  ),

  worldRule(
    "repeated while the first call is still on its way: one is started, however late the first one lands",
    async ({ subject, world, prepare, accepted, soon }) => {
      const [site] = subject.submitSites;
      const over = new AbortController();
      const { plan, launch } = prepare("overtaken", 1, over.signal);
      const held = world.hold(site);
      const submitted = (await world.connect()).submit(plan, launch);
      await held.reached;
      over.abort();
      await soon(submitted);
      await accepted(await world.connect(), prepare("overtaken"));
      await held.release();
      expect(await world.starts(launch)).toBe(1);
    },
    "once",
  ),
];
