/** One call of a process on its way to a service and back, whatever befalls it. */
import { type Life, never } from "./life.ts";
import type { World } from "./world.ts";

/** A call that leaves a process. */
export interface Sent<Answer> {
  /** `<service>:<operation>`. */
  readonly call: string;
  /** The service takes it. */
  arrive(): Answer | Promise<Answer>;
  /** What the service says when it is too busy. */
  readonly throttled: Answer;
  /** The answer, where it breaks off in the middle. */
  cut(answer: Answer): Answer;
  /** How much later it arrives, where it is late: milliseconds. */
  readonly late?: (() => number) | undefined;
}

/** How long a late call takes to arrive, at most, where nothing else is said. */
const LATE_MILLISECONDS = 3000;

/** Carries a call as long as its process lives. Undefined: no answer came. */
export async function onItsWay<Answer>(
  { time, latency }: Pick<World, "time" | "latency">,
  life: Life,
  { call, arrive, throttled, cut, late = () => time.random() * LATE_MILLISECONDS }: Sent<Answer>,
): Promise<Answer | undefined> {
  if (life.dead) return never();
  const fate = life.depart(call);
  if (fate === "stopped before") {
    life.die();
    return never();
  }
  // A process that is gone asks for nothing more, but what it asked for is done.
  if (fate === "late") time.after(late(), () => void arrive());
  await time.sleep(latency());
  // A request that was sent arrives, whether or not somebody waits for its answer.
  const answer = fate === "lost" || fate === "late" ? undefined : fate === "throttled" ? throttled : arrive();
  if (fate === "stopped after") life.die();
  const reply = await answer;
  await time.sleep(latency());
  if (life.dead) return never();
  if (reply === undefined || fate === "answer lost") return undefined;
  return fate === "answer cut" ? cut(reply) : reply;
}

/** A call whose caller may give it up: it goes on, and its answer reaches nobody. One that is given up before it is sent is not sent. */
export async function untilAborted<Answer>(
  life: Life,
  signal: AbortSignal | null | undefined,
  way: () => Promise<Answer>,
): Promise<Answer> {
  if (!signal) return way();
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const leave = () => {
    if (!life.dead) aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([way(), aborted.promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
