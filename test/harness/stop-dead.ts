/** Plays a scenario with one call of its event going wrong. */
import { changeJudge, isOver, wrongAtEnd } from "./judge.ts";
import type { CallFate } from "./life.ts";
import type { Scenario } from "./scenarios.ts";
import { inVirtualTime, START } from "./virtual-time.ts";
import { createWorld, type World, warmUp, worldFolder } from "./world.ts";

/** Which call of the event goes wrong, and how. */
export interface Mishap {
  readonly index: number;
  readonly fate: CallFate;
  /** For so long every call goes wrong in that way, in milliseconds. */
  readonly lasts?: number;
}

/** What a scenario came to. */
export interface Played {
  /** The calls of the event, in order. */
  readonly calls: readonly string[];
  readonly violations: readonly string[];
}

const RUN_MILLISECONDS = 2000;
/** The event's calls count until then: a run that it started has come to its end, and that was noted. */
const EVENT_MILLISECONDS = 4000;
const LONGEST = 12 * 3_600_000;

export async function play(scenario: Scenario, mishap?: Mishap): Promise<Played> {
  await warmUp();
  return inVirtualTime(1, async (time) => {
    const violations: string[] = [];
    const calls: string[] = [];
    let during = false;
    let wrongUntil = 0;
    let planned: { readonly call: string; readonly fate: CallFate } | undefined;
    const world = createWorld(time, {
      folder: worldFolder("scenario"),
      configuration: configurationOf(scenario.maxParallel ?? 8),
      processes: 1,
      latency: () => 5,
      fateOf({ call }) {
        if (planned?.call === call) {
          const { fate } = planned;
          planned = undefined;
          return fate;
        }
        if (mishap !== undefined && time.now() < wrongUntil) return mishap.fate;
        if (!during) return "answered";
        calls.push(call);
        if (mishap?.index !== calls.length - 1) return "answered";
        wrongUntil = time.now() + (mishap.lasts ?? 0);
        return mishap.fate;
      },
      wrapperFate: ({ identity }) => ({
        startMilliseconds: 50,
        runMilliseconds: scenario.runs?.[identity.id] ?? RUN_MILLISECONDS,
        exitCode: 0,
      }),
      changed: changeJudge(violations),
    });
    try {
      const deliver = (body: object) => takeUp(world, body);
      await scenario.prepare({
        world,
        deliver,
        async cutShort(body, call, fate) {
          planned = { call, fate };
          await deliver(body);
        },
        wait: (milliseconds) => time.sleep(milliseconds),
      });
      during = true;
      void (scenario.event === undefined ? world.sweep() : takeUp(world, scenario.event));
      await time.sleep(EVENT_MILLISECONDS);
      during = false;
      for (const body of scenario.afterwards ?? []) world.queue.send(JSON.stringify(body), time.now());
      const ids = scenario.documents.map(({ id }) => id);
      world.feed(() => 10);
      await world.tick(
        () => isOver(world, ids) || time.now() > START + LONGEST,
        () => false,
      );
      violations.push(...world.faults, ...wrongAtEnd(world, scenario.documents));
      return { calls, violations };
    } finally {
      world.close();
    }
  });
}

/** A message that is there and taken at once; what is not dealt with stays in the queue. */
async function takeUp(world: World, body: object): Promise<void> {
  world.queue.send(JSON.stringify(body), world.time.now());
  await world.dispatch(world.queue.receive(world.time.now(), 10, 360_000));
}

function configurationOf(maxParallel: number): string {
  const targets = [
    { name: "one", type: "local", labels: ["a"], max_parallel: maxParallel, fallback: ["two"] },
    { name: "two", type: "local", labels: ["b"], max_parallel: maxParallel },
  ];
  return JSON.stringify({ deployment: "test", targets });
}
