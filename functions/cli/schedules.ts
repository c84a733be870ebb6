import { nextFire, type ScheduleState } from "../../shared/core/due.ts";
import { StateUnavailable } from "../../shared/core/errors.ts";
import type { Schedule } from "../../shared/core/target.ts";
import { dueTimesOf } from "../composition/schedules.ts";
import { connect } from "./connection.ts";
import { CommandFailure } from "./failure.ts";
import { localTime, oneLine, table } from "./format.ts";
import { usedConfiguration } from "./planning.ts";

type States = ReadonlyMap<string, ScheduleState>;

/** `slipway schedules`: what is asked for again and again, when next, and what was asked for last. */
export async function schedules(options: { config?: string; json?: boolean }): Promise<void> {
  const { name, configuration } = await usedConfiguration(options.config);
  const all = configuration.schedules ?? [];
  const states = all.length === 0 ? undefined : await knownStates(all);
  if (options.json) {
    console.log(
      JSON.stringify(
        all.map((schedule) => view(schedule, states)),
        undefined,
        2,
      ),
    );
    return;
  }
  if (all.length === 0) {
    console.log(`${oneLine(name)} has no schedules`);
    return;
  }
  const rows = all.map((schedule) => {
    const state = states?.get(schedule.name);
    const next = nextFire(schedule, state, dueTimesOf(schedule), Date.now());
    const last = state?.firedId === undefined ? "" : `${state.firedId}${state.missed ? ` (${state.missed} before it missed)` : ""}`;
    return [schedule.name, schedule.cron, schedule.timezone, next === undefined ? "paused" : localTime(next), last];
  });
  console.log(`from ${oneLine(name)}\n${table(["SCHEDULE", "CRON", "TIME ZONE", "NEXT", "LAST RUN"], rows)}`);
  if (states === undefined) console.error("no Slipway is running here, or its table can't be read: the last runs are not known");
}

/** What the table knows of them; undefined where there is none to ask. */
async function knownStates(all: readonly Schedule[]): Promise<States | undefined> {
  try {
    return await (await connect()).scheduleStates(all.map(({ name }) => name));
  } catch (error) {
    // The configuration alone says when they are due.
    if (error instanceof CommandFailure || error instanceof StateUnavailable) return undefined;
    throw error;
  }
}

function view(schedule: Schedule, states: States | undefined) {
  const { name, cron, timezone, enabled, jitterSeconds } = schedule;
  const state = states?.get(name);
  const next = nextFire(schedule, state, dueTimesOf(schedule), Date.now());
  return {
    name,
    cron,
    timezone,
    enabled,
    jitter_seconds: jitterSeconds ?? 0,
    next: next === undefined ? null : iso(next),
    last:
      state?.firedId === undefined
        ? null
        : { id: state.firedId, due: iso(state.lastDue), at: iso(state.firedAt ?? state.lastDue), missed: state.missed ?? 0 },
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
