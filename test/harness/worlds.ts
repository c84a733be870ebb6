/** Worlds of one launcher, each of a seed and thrown away after its use. */
import { inVirtualTime, type VirtualTime } from "./virtual-time.ts";
import { type World, warmUp } from "./world.ts";

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
