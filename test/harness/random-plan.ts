/** A random history of a dispatcher and its platform, all of it drawn from one seed. */
import type { RunEvent } from "../../shared/core/run-event.ts";
import { busDouble } from "../support/bus-double.ts";
import { seededRandom } from "../support/random.ts";
import { CHAOS, MINUTE } from "./chaos.ts";
import { changeJudge, wrongAtEnd } from "./judge.ts";
import type { CallFate, Departure } from "./life.ts";
import { play as playHistory } from "./play.ts";
import type { Breakage, WrapperFate } from "./processes-double.ts";
import { inVirtualTime, START, type VirtualTime } from "./virtual-time.ts";
import { createWorld, warmUp, worldFolder } from "./world.ts";

const CLOUD = { deadline_seconds: 60, lease_slack_seconds: 15 };
const LAPTOP = { deadline_seconds: 10, lease_slack_seconds: 3 };

/** What a plan came to. */
export interface PlanResult {
  readonly violations: readonly string[];
  readonly states: readonly string[];
  readonly crashes: number;
  readonly starts: number;
  /** Every call that left a process, and what became of it, in order. */
  readonly trace: readonly (readonly [call: string, fate: CallFate])[];
}

/** Plays the history of a seed, with wrappers that lack something or with whole ones. */
export async function runPlan(seed: number, breakage?: Breakage): Promise<PlanResult> {
  await warmUp();
  return inVirtualTime(seed, (time) => play(seed, time, breakage));
}

async function play(seed: number, time: VirtualTime, breakage: Breakage | undefined): Promise<PlanResult> {
  const random = seededRandom(seed ^ 0x5eed);
  const chance = (probability: number) => random() < probability;
  const upTo = (most: number) => Math.floor(random() * most);
  const pick = <Value>(values: readonly [Value, ...Value[]]): Value => values[upTo(values.length)] ?? values[0];
  const chaos = () => time.now() < START + CHAOS;

  const violations: string[] = [];
  const trace: [string, CallFate][] = [];
  const trouble = pick([0, 0.03, 0.08, 0.15]);
  // The laptop's deadline leaves wrappers on their way when the time of their call is over; the cloud's never does.
  const timing = pick([CLOUD, LAPTOP]);
  const told = busDouble();
  const tells = chance(0.5);
  const configurations = configurationsOf(pick([1, 1, 2, 8]), chance(0.6), timing, tells ? { notify: "runs" } : {});
  const judged = changeJudge(violations);
  const world = createWorld(time, {
    folder: worldFolder(`plan-${seed}`),
    configuration: configurations[0],
    deadlineSeconds: timing.deadline_seconds,
    processes: pick([1, 2]),
    latency: () => (chaos() && chance(trouble / 20) ? upTo(90_000) : upTo(chance(0.1) ? 400 : 30)),
    fateOf: (departure) => {
      const fate = fateOf(departure);
      trace.push([`${departure.process} ${departure.call}`, fate]);
      return fate;
    },
    wrapperFate,
    changed(before, after) {
      judged(before, after);
      told.changed(before, after);
    },
    ...(breakage === undefined ? {} : { breakage }),
  });

  /** A service that is out of reach for a while: longer than the SDK tries. */
  const outages = chance(0.3)
    ? [1, 2].map(() => ({
        service: pick(["dynamodb", "dynamodb", "sqs", "events"]),
        from: START + upTo(CHAOS),
        milliseconds: upTo(3 * MINUTE),
      }))
    : [];
  const isOut = (call: string) =>
    outages.some(({ service, from, milliseconds }) => call.startsWith(service) && time.now() >= from && time.now() < from + milliseconds);

  function fateOf({ call }: Departure): CallFate {
    if (chaos() && isOut(call)) return "lost";
    // A sweep asks sixteen times: it would never come through.
    if (!chaos() || !chance(call.endsWith(":Query") ? trouble / 8 : trouble)) return "answered";
    if (call === "machine:startWrapper") return pick(["stopped before", "stopped after", "stopped after", "throttled"]);
    if (call.startsWith("machine:")) return pick(["stopped before", "stopped after"]);
    return pick(["stopped before", "stopped after", "stopped after", "lost", "answer lost", "answer cut", "late", "throttled"]);
  }

  function wrapperFate(): WrapperFate {
    const slow = chaos() && chance(0.15);
    const killed = chaos() && chance(trouble / 2);
    return {
      // A machine that swaps, or sleeps with its lid closed.
      startMilliseconds: slow ? pick([upTo(5000), 7000 + upTo(2000), upTo(12_000), upTo(4 * MINUTE)]) : 20 + upTo(300),
      runMilliseconds: chance(0.3) ? upTo(2000) : upTo(3 * MINUTE),
      exitCode: chance(0.2) ? 3 : 0,
      ...(killed ? { killed: pick(["before the marker", "before the answer", "before the command", "while the command runs"]) } : {}),
    };
  }

  const documents = await playHistory(
    world,
    time,
    { chance, upTo, pick, reigns: chaos },
    {
      type: "UniversalRun",
      more: () => (chance(0.1) ? { timeout_seconds: 1 + upTo(60) } : {}),
      configurations,
      started: () => world.processes.started.length,
      afterwards: async () => {
        if (world.queue.messages.size > 0) violations.push("a message after the end was not dealt with");
      },
      violations,
    },
  );
  const ids = new Set(documents.map(({ id }) => id));

  violations.push(...world.faults, ...wrongAtEnd(world, documents));
  if (tells) {
    await told.publish(world.bus.taken.map(({ detail }): RunEvent => JSON.parse(detail)));
    violations.push(...told.violations());
  } else if (world.bus.taken.length > 0) violations.push("somebody was told who is not named");
  world.close();
  return {
    violations,
    states: [...ids].map((id) => world.item(id)?.state ?? "none"),
    crashes: world.crashes,
    starts: world.processes.started.length,
    trace,
  };
}

/** The usual targets, and what an operator may make of them meanwhile. */
function configurationsOf(maxParallel: number, falls: boolean, timing: object, told: object): readonly [string, ...string[]] {
  const one = { name: "one", type: "local", labels: ["a"], max_parallel: maxParallel, fallback: falls ? ["two"] : [] };
  const two = { name: "two", type: "local", labels: ["b"], max_parallel: maxParallel };
  const documents = [
    [one, two],
    [
      { ...one, labels: ["b"] },
      { ...two, labels: ["a"] },
    ],
    [{ ...two, labels: ["a", "b"] }],
    [
      { ...two, labels: ["a"] },
      { ...one, labels: ["b"] },
    ],
  ].map((targets) => JSON.stringify({ deployment: "test", timing, targets, ...told }));
  return documents as [string, ...string[]];
}
