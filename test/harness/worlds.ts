/** Worlds of one launcher, each of a seed and thrown away after its use. */
import type { JsonObject } from "../../shared/core/json.ts";
import type { Launcher } from "../../shared/core/launcher.ts";
import type { RunState } from "../../shared/core/run-state.ts";
import { beginProcess, type DispatcherProcess } from "./dispatcher-process.ts";
import type { Life } from "./life.ts";
import { isDue } from "./table-view.ts";
import { inVirtualTime, type VirtualTime } from "./virtual-time.ts";
import { createWorld, type World, type WorldOptions, warmUp, worldFolder } from "./world.ts";

/** What a test says of a world of any launcher. */
export interface LauncherWorldOptions<Taken> extends Partial<Omit<WorldOptions, "folder" | "begin" | "breakage">> {
  /** In place of the launcher: with something taken out. */
  readonly launcher?: Taken;
  /** How much later a late call arrives: milliseconds. */
  late?(): number;
}

/** A world whose runs are another service's. */
export interface LauncherWorld extends World {
  /** A process of its own, with whatever it has in memory. */
  begin(life: Life): DispatcherProcess;
  /** Puts a request into the queue now. */
  submit(document: JsonObject): void;
  /** Ticks until it is so. Throws where it is not within so many minutes. */
  until(what: () => boolean, minutes?: number): Promise<void>;
}

/** A quiet world, but for what the options say. `launchers` gives a process its own, as it reaches their services. */
export function launcherWorld(
  time: VirtualTime,
  name: string,
  options: Partial<WorldOptions> & Pick<WorldOptions, "configuration">,
  launchers: (life: Life) => Readonly<Record<string, Launcher>>,
): LauncherWorld {
  const begin = (life: Life) => beginProcess(world, life, { launchers: launchers(life) });
  const world: World = createWorld(time, {
    processes: 1,
    latency: () => 5 + time.random() * 20,
    fateOf: () => "answered",
    wrapperFate: () => ({ startMilliseconds: 1, runMilliseconds: 1, exitCode: 0 }),
    changed: () => {},
    ...options,
    folder: worldFolder(name),
    begin: (_world, life) => begin(life),
  });
  return Object.assign(world, {
    begin,
    submit: (document: JsonObject) => void world.queue.send(JSON.stringify(document), time.now()),
    async until(what: () => boolean, minutes = 120) {
      const end = time.now() + minutes * 60_000;
      await world.tick(
        () => what() || time.now() > end,
        () => false,
      );
      if (!what()) throw new Error(`it is not so after ${minutes} minutes`);
    },
  });
}

/** Does something in a world of a seed, when all that comes from the disk is there: `first` has it loaded, once. */
export function worldsOf<Options, Made extends World>(
  name: string,
  make: (time: VirtualTime, options: Options, name: string) => Made,
  first: (time: VirtualTime) => Promise<void>,
) {
  let warm: Promise<void> | undefined;
  return async <Result>(options: Options, act: (world: Made, time: VirtualTime) => Promise<Result>, seed = 1): Promise<Result> => {
    warm ??= warmUp().then(() => inVirtualTime(0, first));
    await warm;
    return inVirtualTime(seed, async (time) => {
      const world = make(time, options, `${name}-${seed}`);
      try {
        return await act(world, time);
      } finally {
        world.close();
      }
    });
  };
}

/** A first world is gone through: its runs go one after another as far as one of these states, and are looked at once more. */
export async function goThrough(world: LauncherWorld, documents: readonly JsonObject[], far: readonly RunState[]): Promise<void> {
  const { time } = world;
  world.feed(() => 10);
  // The disk takes real time, which the world's does not wait for.
  const end = performance.now() + 60_000;
  for (const document of documents) {
    world.submit(document);
    while (!isSoFar(world, document, far) && performance.now() < end) {
      await time.sleep(1000);
      if (isDue(world.table, time.now())) await world.sweep();
    }
  }
  await time.sleep(61_000);
  await world.sweep();
  world.close();
}

function isSoFar(world: World, { id }: JsonObject, far: readonly RunState[]): boolean {
  const state = world.item(String(id))?.state;
  return state !== undefined && far.includes(state);
}
