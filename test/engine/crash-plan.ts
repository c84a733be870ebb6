/** A random history of dispatchers before a real daemon, drawn from one seed. What meets what is the machine's to say: the same seed is not the same history. */
import { EXPLAINED } from "../harness/docker-plan.ts";
import type { DockerLauncher } from "../harness/docker-world.ts";
import { changeJudge, isOver } from "../harness/judge.ts";
import type { CallFate, Departure } from "../harness/life.ts";
import { seededRandom } from "../support/random.ts";
import { type Sent, wrongWithWorld } from "./crash-judge.ts";
import { type CrashWorld, commandOf, crashWorld, type Servers } from "./crash-world.ts";
import { type EngineTime, engineTime } from "./engine-time.ts";

/** Longer than from one sweep to the next, and than an invocation has. */
const MINUTE = 61_000;
/** Longer than from one clearing up to the next. */
const CLEARING = 11 * 60_000;
/** What has not come to its end after so many sweeps is endless. */
const MOST_SWEEPS = 150;

/** What a history came to. */
export interface CrashPlanResult {
  readonly violations: readonly string[];
  readonly crashes: number;
  /** Of each run. */
  readonly states: readonly string[];
  /** How often commands began. */
  readonly began: number;
  /** How often calls met each fate, by `<call> <fate>`. */
  readonly fates: ReadonlyMap<string, number>;
}

/** Plays the history of a seed, with the launcher or with one that lacks something. `most` is the share of the daemon's calls that may go wrong. */
export async function runCrashPlan(servers: Servers, seed: number, launcher?: DockerLauncher, most = 0.4): Promise<CrashPlanResult> {
  const random = seededRandom(seed ^ 0xe41);
  const chance = (probability: number) => random() < probability;
  const upTo = (limit: number) => Math.floor(random() * limit);
  const pick = <Value>(values: readonly [Value, ...Value[]]): Value => values[upTo(values.length)] ?? values[0];
  const violations: string[] = [];
  const fates = new Map<string, number>();
  const trouble = pick([most / 4, most / 2, most]);
  const chaos = { on: true };

  function fateOf({ call }: Departure): CallFate {
    const share = call.startsWith("docker:") ? trouble : trouble / (call.endsWith(":Query") ? 16 : 2);
    const fate: CallFate =
      chaos.on && chance(share)
        ? pick(["stopped before", "stopped after", "stopped after", "lost", "answer lost", "answer lost", "late", "throttled"])
        : "answered";
    if (call.startsWith("docker:")) fates.set(`${call} ${fate}`, (fates.get(`${call} ${fate}`) ?? 0) + 1);
    return fate;
  }

  const time = engineTime(random);
  const world = crashWorld(time, servers, {
    name: `crash-${launcher === undefined ? "" : "broken-"}${seed}`,
    over: seed % 2 === 0 ? "unix" : "ssh",
    ...(launcher === undefined ? {} : { launcher }),
    processes: pick([1, 2]),
    latency: () => upTo(chance(0.1) ? 50 : 3),
    late: () => upTo(pick([500, 3000, MINUTE])),
    fateOf,
    changed: changeJudge(violations),
  });
  try {
    const sent = await play(world, time, { chance, upTo, pick }, { chaos, violations });
    violations.push(...world.faults.filter((fault) => !EXPLAINED.test(fault)), ...(await wrongWithWorld(world, sent)));
    const began = (await world.lines()).filter((line) => line.startsWith("began ")).length;
    const states = [...new Set(sent.map(({ id }) => id))].map((id) => world.item(id)?.state ?? "none");
    return { violations, crashes: world.crashes, states, began, fates };
  } finally {
    await world.end();
  }
}

interface Draws {
  chance(probability: number): boolean;
  upTo(most: number): number;
  pick<Value>(values: readonly [Value, ...Value[]]): Value;
}

/** What is sent, until all is over and has been asked for once more. Answers what was sent. */
async function play(
  world: CrashWorld,
  time: EngineTime,
  { chance, upTo, pick }: Draws,
  given: { readonly chaos: { on: boolean }; readonly violations: string[] },
): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  const ids = Array.from({ length: 1 + upTo(3) }, (_, index) => `run-${index}`);
  const send = (body: object, after: number) => void time.after(after, () => void world.queue.send(JSON.stringify(body), time.now()));
  const documentOf = (id: string, content: string): Sent => {
    const command = commandOf(id, content, upTo(pick([1, 8, 25])), chance(0.25) ? 3 : 0);
    const one: Sent = { id, content, document: { id, command, run_config: { type: "DockerRun" } } };
    sent.push(one);
    return one;
  };
  for (const id of ids) {
    const { document } = documentOf(id, "first");
    const cameAt = upTo(500);
    send(document, cameAt);
    if (chance(0.4)) send(document, cameAt + upTo(chance(0.5) ? 300 : 3000));
    if (chance(0.15)) send(documentOf(id, "second").document, upTo(3000));
    if (chance(0.15)) send({ run: id }, cameAt + upTo(2000));
    if (chance(0.3)) send({ cancel: { id } }, cameAt + upTo(chance(0.5) ? 700 : 4000));
  }
  world.feed(() => 1 + upTo(3));

  for (let rounds = 4 + upTo(5); rounds > 0; rounds--) {
    await time.sleep(upTo(700));
    // Time that goes on under an invocation ends its process, as its platform would.
    if (chance(0.85)) await world.quiet();
    time.forward(MINUTE);
    void world.sweep();
  }
  given.chaos.on = false;
  await sweepUntil(world, time, MINUTE, async () => isOver(world, ids));

  // Whatever comes once more after the end changes nothing; the judge of changes watches.
  const lines = await world.lines();
  for (const { document } of sent) world.queue.send(JSON.stringify(document), time.now());
  for (const id of ids) for (const late of [{ run: id }, { cancel: { id } }]) world.queue.send(JSON.stringify(late), time.now());
  await sweepUntil(world, time, CLEARING, async () => world.queue.messages.size === 0 && (await world.left()).length === 0);
  const more = (await world.lines()).filter((line) => !lines.includes(line) && line.startsWith("began "));
  if (more.length > 0) given.violations.push(`a message after the end started something: ${more.join(", ")}`);
  return sent;
}

/** Sweeps until it is so, or so often that it never will be: then the judge tells why. */
async function sweepUntil(world: CrashWorld, time: EngineTime, milliseconds: number, over: () => Promise<boolean>): Promise<void> {
  for (let sweeps = 0; sweeps < MOST_SWEEPS; sweeps++) {
    await world.quiet();
    if (await over()) return;
    await time.sleep(100);
    time.forward(milliseconds);
    await world.sweep();
  }
}
