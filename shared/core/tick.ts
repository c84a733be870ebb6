/** The tick over the schedules: each run that is owed is enqueued, and then its due time is noted as done. */
import { type DueTimes, type ScheduleState, type ScheduleStep, scheduleStep } from "./due.ts";
import type { Clock } from "./ports.ts";
import type { Schedule } from "./target.ts";

/** What is kept of schedules. Methods throw `StateUnavailable`. */
export interface ScheduleStore {
  /** Strongly consistent: the states by name, and the names that the last tick's configuration had. */
  read(names: readonly string[]): Promise<{ readonly states: ReadonlyMap<string, ScheduleState>; readonly known: readonly string[] }>;
  /** False where what is known is no longer `from`: another tick was faster. */
  change(name: string, from: ScheduleState | undefined, to: ScheduleState): Promise<boolean>;
  remember(names: readonly string[]): Promise<void>;
}

/** What a tick uses of the outside. */
export interface TickContext {
  readonly schedules: readonly Schedule[];
  readonly store: ScheduleStore;
  readonly clock: Pick<Clock, "now">;
  dueTimes(schedule: Schedule): DueTimes;
  /** Puts a message on the queue. */
  send(body: string): Promise<unknown>;
}

/** What a tick did about a schedule; the facts of a log event. */
export type Ticked =
  | {
      readonly schedule: string;
      readonly outcome: "fired" | "fired by another";
      readonly id: string;
      readonly due: string;
      readonly lateMilliseconds: number;
      /** Due times before it that were slept through. */
      readonly missed: number;
    }
  | { readonly schedule: string; readonly outcome: Extract<ScheduleStep, { kind: "note" }>["why"] | "gone" };

/** The schedules that could not be ticked, each with its reason; the others were. */
export class TickFailed extends AggregateError {
  override readonly name = "TickFailed";
}

/**
 * One tick. A crash after the enqueuing makes the next tick enqueue the same id again, which is the same run; two ticks at once do the
 * same. `tell` hears of each schedule that something was done about. Throws `TickFailed` at its end, where some could not be ticked.
 */
export async function tick(context: TickContext, tell: (ticked: Ticked) => void): Promise<void> {
  const { schedules, store } = context;
  const names = schedules.map(({ name }) => name);
  const { states, known } = await store.read(names);
  const gone = known.filter((name) => !names.includes(name));
  const failures: Error[] = [];
  const alone = async (name: string, work: () => Promise<Ticked | undefined>) => {
    try {
      const ticked = await work();
      if (ticked !== undefined) tell(ticked);
    } catch (cause) {
      // The others fire all the same.
      failures.push(new Error(`the schedule "${name}" could not be ticked`, { cause }));
    }
  };
  await Promise.all([
    ...schedules.map((schedule) => alone(schedule.name, () => tickOne(context, schedule, states.get(schedule.name)))),
    ...gone.map((name) => alone(name, () => noteGone(context, name))),
  ]);
  const isNews = gone.length > 0 || names.some((name) => !known.includes(name));
  if (isNews && failures.length === 0) await store.remember(names);
  if (failures.length > 0) throw new TickFailed(failures, `${failures.length} of ${schedules.length} schedules could not be ticked`);
}

async function tickOne(context: TickContext, schedule: Schedule, state: ScheduleState | undefined): Promise<Ticked | undefined> {
  const { store, clock, send } = context;
  const { name } = schedule;
  const now = clock.now();
  const step = scheduleStep(schedule, state, context.dueTimes(schedule), now);
  switch (step.kind) {
    case "rest":
      return undefined;
    case "note":
      return (await store.change(name, state, step.to)) ? { schedule: name, outcome: step.why } : undefined;
    case "fire": {
      const { due, id, missed, to } = step;
      await send(JSON.stringify({ ...schedule.request, id }));
      const advanced = await store.change(name, state, to);
      const times = { due: new Date(due).toISOString(), lateMilliseconds: now - due };
      return { schedule: name, outcome: advanced ? "fired" : "fired by another", id, ...times, missed };
    }
    default: {
      const unhandled: never = step;
      return unhandled;
    }
  }
}

/** Its times while it is away are not made up for when it comes back. */
async function noteGone({ store, clock }: TickContext, name: string): Promise<Ticked | undefined> {
  const state = (await store.read([name])).states.get(name);
  if (state === undefined || state.goneAt !== undefined) return undefined;
  return (await store.change(name, state, { ...state, goneAt: clock.now() })) ? { schedule: name, outcome: "gone" } : undefined;
}
