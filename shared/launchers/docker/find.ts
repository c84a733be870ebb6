import type { FindOutcome, Launch } from "../../core/launcher.ts";
import type { Engine } from "./engine.ts";
import { dockerFailure } from "./failures.ts";
import { containerName } from "./naming.ts";
import { wasStarted } from "./submit.ts";
import { isOfLaunch } from "./whose.ts";

/**
 * Looks for an attempt by its name. A container that was made and never started is no launch: it is taken away, so that whoever
 * made it can't start it any more, however late its call comes.
 */
export async function findContainer(engine: Engine, launch: Launch): Promise<FindOutcome> {
  const seen = await engine.look(containerName(launch), launch.signal);
  if (seen.kind === "refused" && seen.status === 404) return { status: "absent" };
  if (seen.kind !== "done") return { status: "unknown", failure: seen.failure };
  const { Id, Config } = seen.value;
  if (!isOfLaunch(Config.Labels, launch)) return { status: "absent" };
  if (wasStarted(seen.value)) return { status: "found", handle: { id: Id } };
  const removed = await engine.remove(Id, launch.signal);
  if (removed.kind === "done" || (removed.kind === "refused" && removed.status === 404)) return { status: "absent" };
  // 409: it runs by now.
  if (removed.kind === "refused" && removed.status === 409) return { status: "found", handle: { id: Id } };
  return {
    status: "unknown",
    failure: dockerFailure("BEING_STARTED", "the container was made, and it is not known whether it can still start"),
  };
}
