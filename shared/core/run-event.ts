/** What others are told of a run's changes: CloudEvents 1.0. No env value and nothing that a run wrote is in them. */
import type { RunError, RunFailure, RunRecord } from "./record.ts";
import type { RunState } from "./run-state.ts";
import { clipped } from "./text.ts";

/** A state whose coming is told. `RUNNING` and the waits are the record's own. */
export type ToldState = Extract<RunState, "LAUNCHED" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "LOST" | "REJECTED" | "EXPIRED">;

const TOLD_STATES: readonly RunState[] = ["LAUNCHED", "SUCCEEDED", "FAILED", "CANCELLED", "LOST", "REJECTED", "EXPIRED"];

export function isTold(state: RunState | undefined): state is ToldState {
  return state !== undefined && TOLD_STATES.includes(state);
}

/** A CloudEvent about one change of one run. The same change has the same `source` and `id`, however often it is told. */
export interface RunEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** The run's id. */
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly data: Readonly<Record<string, unknown>>;
}

/** A record keeps more of a service's text than a notice needs. */
const LONGEST_TEXT = 1000;

/** The events that a record's unpublished changes make, oldest first. */
export function eventsOf(run: RunRecord, deployment: string): readonly RunEvent[] {
  const changes = run.unpublished ?? [];
  const before = (run.changes ?? changes.length) - changes.length;
  return changes.map((change, index) => ({
    specversion: "1.0",
    id: `${run.key}-${before + index + 1}`,
    source: `/slipway/${deployment}`,
    type: `slipway.run.${change.state.toLowerCase()}`,
    subject: run.id,
    time: isoTime(change.at),
    datacontenttype: "application/json",
    data: withoutAbsent({
      id: run.id,
      name: run.name,
      flow_name: run.flowName,
      type: run.type,
      labels: run.labels,
      created_at: at(run.createdAt),
      state: change.state,
      attempt: change.attempt ?? run.attempt,
      // What the record says beyond that is said of its last change only.
      ...(index === changes.length - 1 && run.state === change.state ? outcomeOf(run) : {}),
    }),
  }));
}

function outcomeOf(run: RunRecord): Record<string, unknown> {
  return {
    target: run.target,
    launcher: run.launcher,
    handle: run.handle,
    links: run.links,
    launched_at: at(run.launchedAt),
    started_at: at(run.startedAt),
    ended_at: at(run.endedAt),
    exit_code: run.exitCode,
    failure: run.failure && failureOf(run.failure),
    error: run.error && errorOf(run.error),
  };
}

function failureOf({ class: failureClass, exitCode, reason, hint }: RunFailure) {
  return withoutAbsent({ class: failureClass, exit_code: exitCode, reason: clipped(reason, LONGEST_TEXT), hint });
}

function errorOf({ code, message, path, class: errorClass, hint }: RunError) {
  return withoutAbsent({ code, message: clipped(message, LONGEST_TEXT), path, class: errorClass, hint });
}

function at(time: number | undefined): string | undefined {
  return time === undefined ? undefined : isoTime(time);
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}

function withoutAbsent(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
