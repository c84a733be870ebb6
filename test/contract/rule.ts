import { expect } from "vitest";
import { planDigestOf } from "../../shared/core/identity.ts";
import type { Backend, Launch, Launched, Observation, Plan, SubmitOutcome } from "../../shared/core/launcher.ts";
import type { PlannedRun } from "../../shared/core/run.ts";
import type { Attempt, Capability, Subject, World } from "./subject.ts";

/** What every launcher must do. `check` throws where it does not. */
export interface Rule {
  readonly name: string;
  /** Without this capability the suite checks that the launcher really lacks it, instead of the rule. */
  readonly needs?: Capability;
  check(subject: Subject): Promise<void>;
}

/** A rule that needs a world of its own. */
export function worldRule(name: string, check: (bench: Bench) => Promise<void>, needs?: Capability): Rule {
  return {
    name,
    ...(needs === undefined ? {} : { needs }),
    async check(subject) {
      const world = await subject.open();
      try {
        await check(benchOf(subject, world));
      } finally {
        await world.close();
      }
    },
  };
}

/** A run with its plan, ready to be submitted. */
export interface Prepared {
  readonly run: PlannedRun;
  readonly plan: Plan;
  readonly launch: Launch;
}

/** What rules do with a world. */
export interface Bench {
  readonly subject: Subject;
  readonly world: World;
  prepare(id: string, attempt?: number, signal?: AbortSignal): Prepared;
  /** Submits to a backend and expects it to be accepted. Answers what the backend is told of the run from then on. */
  accepted(backend: Backend, prepared: Prepared): Promise<Launched>;
  /** What the promise gives; fails where it gives nothing within patience. */
  soon<Result>(promise: Promise<Result>): Promise<Result>;
  /** Resolves with the observation as soon as it is wanted; fails with the last one when patience is over. */
  until(backend: Backend, launched: Launched, wanted: (seen: Observation) => boolean): Promise<Observation>;
}

function benchOf(subject: Subject, world: World): Bench {
  return {
    subject,
    world,
    prepare(id, attempt = 1, signal = new AbortController().signal) {
      const run = world.run(id, attempt);
      const plan = subject.definition.plan(run, world.target);
      const { deployment, key } = run;
      const planDigest = planDigestOf(plan);
      return { run, plan, launch: { deployment, id, key, attempt, planDigest, signal } };
    },
    async accepted(backend, { plan, launch }) {
      return launchedOf(launch, await backend.submit(plan, launch));
    },
    soon(promise) {
      const late = pause(subject.patienceMilliseconds).then(() => {
        throw new Error(`it did not answer within ${subject.patienceMilliseconds} ms`);
      });
      return Promise.race([promise, late]);
    },
    async until(backend, launched, wanted) {
      const end = performance.now() + subject.patienceMilliseconds;
      for (;;) {
        const seen = await observe(backend, launched);
        if (wanted(seen)) return seen;
        if (performance.now() > end) throw new Error(`not seen within ${subject.patienceMilliseconds} ms; last: ${JSON.stringify(seen)}`);
        await pause(10);
      }
    },
  };
}

/** What a backend is told of a run that it accepted. Fails where it did not. */
export function launchedOf(launch: Launch, outcome: SubmitOutcome): Launched {
  if (outcome.status !== "accepted") throw new Error(`expected to be accepted: ${JSON.stringify(outcome)}`);
  const { id, key, attempt } = launch;
  expect(outcome.handle.id, "the handle's id").not.toBe("");
  return { id, key, attempt, handle: outcome.handle.id };
}

/** The handle that another attempt would have, which was not launched. */
export function handleNowhere(world: World, launched: Launched, attempt: Attempt): string {
  return world.nowhere?.(attempt) ?? launched.handle.replace(launched.key, attempt.key);
}

/** One observation. */
export async function observe(backend: Backend, launched: Launched): Promise<Observation> {
  const [seen, ...more] = await backend.inspect([launched]);
  if (seen === undefined || more.length > 0) throw new Error("one attempt was asked about, and there is not one observation");
  return seen;
}

export function isRunning(seen: Observation): boolean {
  return seen.status === "running";
}

export function isEnded(seen: Observation): seen is Extract<Observation, { status: "ended" }> {
  return seen.status === "ended";
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
