/** A cancel that comes while a run is being launched: beside each of the launch's calls in turn, whatever befalls that call. */
import { wrongWithTasks } from "./ecs-judge.ts";
import { ecsRequest, inEcsWorld } from "./ecs-world.ts";
import { changeJudge, isOver, type SentDocument, wrongAtEnd } from "./judge.ts";
import type { CallFate, Departure } from "./life.ts";
import { inVirtualTime, START, type VirtualTime } from "./virtual-time.ts";
import { createWorld, type World, type WorldOptions, warmUp, worldFolder } from "./world.ts";

/** Where the cancel comes, and what befalls the call that it comes beside. */
export interface Injection {
  readonly index: number;
  readonly fate: CallFate;
  /** Milliseconds after the call departed: with it, on its way, or about with its answer. */
  readonly after: number;
}

/** What came of it. */
export interface Injected {
  /** The launch's own calls. */
  readonly calls: readonly string[];
  readonly state: string | undefined;
  readonly violations: readonly string[];
}

const HOUR = 3_600_000;
/** It would run so long, and must be over before. */
const RUN_MILLISECONDS = 10 * HOUR;
const LONGEST = 4 * HOUR;
/** The launch's calls count until then. */
const LAUNCH_MILLISECONDS = 4000;

/** Plays a launch on the machine itself. */
export async function cancelledOnMachine(injection?: Injection): Promise<Injected> {
  await warmUp();
  const document: SentDocument = { id: "run", command: ["work", "first"], run_config: { type: "UniversalRun", labels: [] } };
  return inVirtualTime(1, async (time) => {
    const play = playing(time, document, injection);
    const world = createWorld(time, {
      ...play.options,
      folder: worldFolder("cancel"),
      configuration: JSON.stringify({ deployment: "test", targets: [{ name: "one", type: "local" }] }),
      wrapperFate: () => ({ startMilliseconds: 50, runMilliseconds: RUN_MILLISECONDS, exitCode: 0 }),
    });
    try {
      await play.until(world);
      return play.result(world, wrongAtEnd(world, [document]));
    } finally {
      world.close();
    }
  });
}

/** Plays a launch on ECS. */
export function cancelledOnEcs(injection?: Injection): Promise<Injected> {
  const document = ecsRequest("run", {}, { command: ["work", "first"] }) as SentDocument;
  let play: Playing | undefined;
  const { options } = {
    options: {
      processes: 2,
      latency: () => 5,
      fateOf: (departure: Departure) => play?.options.fateOf(departure) ?? "answered",
      changed: (...change: Parameters<WorldOptions["changed"]>) => play?.options.changed(...change),
      double: { life: () => ({ provisioningMs: 3000, pendingMs: 3000, runMs: RUN_MILLISECONDS, exitCode: 0, stopMs: 2000 }) },
    },
  };
  return inEcsWorld(options, async (world, time) => {
    play = playing(time, document, injection);
    await play.until(world);
    return play.result(world, wrongWithTasks(world, [document]));
  });
}

/** One play: what befalls its calls, and its course. */
interface Playing {
  readonly options: Pick<WorldOptions, "processes" | "latency" | "fateOf" | "changed">;
  until(world: World): Promise<void>;
  result(world: World, wrong: readonly string[]): Injected;
}

function playing(time: VirtualTime, document: SentDocument, injection: Injection | undefined): Playing {
  const calls: string[] = [];
  const violations: string[] = [];
  let launching: string | undefined;
  let during = false;
  let world: World | undefined;

  function fateOf({ process, call }: Departure): CallFate {
    launching ??= during ? process : undefined;
    if (!during || process !== launching) return "answered";
    calls.push(call);
    if (injection?.index !== calls.length - 1) return "answered";
    time.after(injection.after, () => void takeUp(world, { cancel: { id: document.id } }));
    return injection.fate;
  }

  return {
    options: { processes: 2, latency: () => 5, fateOf, changed: changeJudge(violations) },
    async until(here) {
      world = here;
      during = true;
      void takeUp(here, document);
      await time.sleep(LAUNCH_MILLISECONDS);
      during = false;
      here.feed(() => 10);
      await here.tick(
        () => isOver(here, [document.id]) || time.now() > START + LONGEST,
        () => false,
      );
    },
    result: (here, wrong) => ({ calls, state: here.item(document.id)?.state, violations: [...violations, ...here.faults, ...wrong] }),
  };
}

/** A message that is there and taken at once; what is not dealt with stays in the queue. */
async function takeUp(world: World | undefined, body: object): Promise<void> {
  if (world === undefined) return;
  world.queue.send(JSON.stringify(body), world.time.now());
  await world.dispatch(world.queue.receive(world.time.now(), 1, 360_000));
}
