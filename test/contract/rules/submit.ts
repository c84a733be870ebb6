/** A submit starts the attempt once, adopts what is ours, and leaves alone what is not. */
import { expect } from "vitest";
import { isPassing } from "../../../shared/core/failure.ts";
import type { SubmitOutcome } from "../../../shared/core/launcher.ts";
import { handleNowhere, isEnded, isRunning, launchedOf, observe, type Rule, worldRule } from "../rule.ts";
import type { RefusalKind } from "../subject.ts";

/** The class that a failure must have for each reason. */
const CLASSES = { capacity: "capacity", throttled: "throttled", denied: "denied", invalid: "invalid" } as const;

/** What a refusal says. Fails for any other outcome. */
export function refusalOf(outcome: SubmitOutcome) {
  if (outcome.status !== "refused") throw new Error(`expected to be refused: ${JSON.stringify(outcome)}`);
  const { failure } = outcome;
  expect(failure.recognised, `a row of the failure table knows ${failure.code}`).toBe(true);
  expect(failure.message).not.toBe("");
  return failure;
}

export const submitRules: readonly Rule[] = [
  worldRule("accepted: gives a handle that inspect knows, in every dispatcher", async ({ world, prepare, accepted, until }) => {
    const prepared = prepare("known");
    const launched = await accepted(await world.connect(), prepared);
    const seen = await until(await world.connect(), launched, isRunning);
    expect(seen).toMatchObject({ handle: { id: launched.handle } });
    expect(await world.starts(prepared.launch)).toBe(1);
  }),

  worldRule(
    "submitted twice: starts one, and gives the same handle",
    async ({ world, prepare, accepted }) => {
      const backend = await world.connect();
      const prepared = prepare("twice");
      const first = await accepted(backend, prepared);
      expect(await accepted(backend, prepared)).toEqual(first);
      expect(await world.starts(prepared.launch)).toBe(1);
    },
    "once",
  ),

  worldRule(
    "submitted twenty times at once, by four dispatchers: starts one",
    async ({ world, prepare }) => {
      const backends = await Promise.all([1, 2, 3, 4].map(() => world.connect()));
      const { plan, launch } = prepare("many");
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => backends[index % 4]?.submit(plan, launch)));
      // One that met another on its way may not know; a refusal would let the run go elsewhere.
      expect(outcomes.map((outcome) => outcome?.status)).not.toContain("refused");
      expect(outcomes.map((outcome) => outcome?.status)).toContain("accepted");
      const handles = new Set(outcomes.flatMap((outcome) => (outcome?.status === "accepted" ? [outcome.handle.id] : [])));
      expect(handles.size, "handles").toBe(1);
      expect(await world.starts(launch)).toBe(1);
    },
    "once",
  ),

  worldRule(
    "ours is adopted by another dispatcher while it runs, and its end is seen there",
    async ({ world, prepare, accepted, until }) => {
      const prepared = prepare("ours");
      const first = await accepted(await world.connect(), prepared);
      const other = await world.connect();
      expect(await accepted(other, prepared)).toEqual(first);
      await until(other, first, isRunning);
      await world.end(prepared.launch, 0);
      expect(await until(other, first, isEnded)).toMatchObject({ outcome: { state: "SUCCEEDED" } });
      expect(await world.starts(prepared.launch)).toBe(1);
    },
    "once",
  ),

  worldRule(
    "submitted after the end of the attempt: adopts it, and starts nothing again",
    async ({ world, prepare, accepted, until }) => {
      const backend = await world.connect();
      const prepared = prepare("over");
      const first = await accepted(backend, prepared);
      await until(backend, first, isRunning);
      await world.end(prepared.launch, 0);
      await until(backend, first, isEnded);
      for (const repeated of [backend, await world.connect()]) expect(await accepted(repeated, prepared)).toEqual(first);
      expect(await observe(backend, first)).toMatchObject({ status: "ended", outcome: { state: "SUCCEEDED" } });
      expect(await world.starts(prepared.launch)).toBe(1);
    },
    "once",
  ),

  worldRule("a new attempt of the same run starts a second one, with a handle of its own", async ({ world, prepare, accepted, until }) => {
    const backend = await world.connect();
    const [one, two] = [prepare("again", 1), prepare("again", 2)];
    const first = await accepted(backend, one);
    const second = await accepted(backend, two);
    expect(second.handle).not.toBe(first.handle);
    await until(backend, second, isRunning);
    expect([await world.starts(one.launch), await world.starts(two.launch)]).toEqual([1, 1]);
  }),

  worldRule(
    "a foreign object of the same name: refused with conflict, and never adopted, stopped or removed",
    async ({ world, prepare }) => {
      const { plan, launch } = prepare("taken");
      const foreign = await world.occupy?.(launch);
      const backend = await world.connect();
      const failure = refusalOf(await backend.submit(plan, launch));
      expect(failure.class).toBe("conflict");
      expect(isPassing(failure.class)).toBe(false);
      expect((await backend.find?.(launch))?.status ?? "absent").not.toBe("found");
      const { id, key, attempt } = launch;
      const free = prepare("free");
      const launched = launchedOf(free.launch, await backend.submit(free.plan, free.launch));
      // Whatever handle we would have given it: a handle of ours with its run's names in place of another's.
      const named = { id, key, attempt, handle: handleNowhere(world, launched, launch) };
      expect((await observe(backend, named)).status).toBe("absent");
      await backend.stop(named, "test");
      expect(await foreign?.intact(), "the foreign object is as it was").toBe(true);
      expect(await world.starts(launch)).toBe(0);
    },
    "names",
  ),

  ...(["capacity", "throttled", "denied", "invalid"] as const).map((kind) => refusalRule(kind)),
];

function refusalRule(kind: RefusalKind): Rule {
  return worldRule(
    `refused, ${kind}: has that class, starts nothing, and keeps nothing of the attempt`,
    async ({ world, prepare, accepted }) => {
      const provoke = world.refuse[kind];
      if (provoke === undefined) throw new Error(`"${kind}" is offered, and the world can't provoke it`);
      const prepared = prepare("refused");
      const lift = await provoke();
      expect(refusalOf(await (await world.connect()).submit(prepared.plan, prepared.launch)).class).toBe(CLASSES[kind]);
      expect(await world.starts(prepared.launch)).toBe(0);
      await lift();
      await accepted(await world.connect(), prepared);
      expect(await world.starts(prepared.launch)).toBe(1);
    },
    kind,
  );
}
