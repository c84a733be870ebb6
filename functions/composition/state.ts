/** What the command line needs of a running Slipway. */
import { systemClock } from "../../shared/adapters/clock.ts";
import { recentRuns } from "../../shared/adapters/run-list.ts";
import { dynamoRunStore } from "../../shared/adapters/run-store.ts";
import { dynamoScheduleStore } from "../../shared/adapters/schedule-store.ts";
import type { ScheduleState } from "../../shared/core/due.ts";
import { StateUnavailable } from "../../shared/core/errors.ts";
import type { RunStore } from "../../shared/core/ports.ts";
import type { RunSummary } from "../../shared/core/record.ts";
import type { Settings } from "../../shared/schema/settings.ts";
import { clients } from "./clients.ts";
import type { Embedded } from "./options.ts";
import { type QuarantineState, quarantineOf } from "./quarantine.ts";
import { queueOf } from "./queue.ts";

/** Table and queue, without a configuration or a launcher: all that the command line needs of a running Slipway. */
export interface State {
  readonly store: RunStore;
  /** Sends a message to the queue; answers the id that the queue gave it. */
  send(body: string): Promise<string>;
  readonly quarantine: QuarantineState;
  /** What is known of schedules, by their names. */
  scheduleStates(names: readonly string[]): Promise<ReadonlyMap<string, ScheduleState>>;
  recent(query: { days: number; limit: number; where?: (run: RunSummary) => boolean }): Promise<readonly RunSummary[]>;
}

/** Opens the table and the queue. */
export function openState(settings: Settings, table: string, queue: string, embedded: Embedded = {}): State {
  const { dynamodb, documents, sqs } = clients(settings, embedded);
  return {
    store: dynamoRunStore(dynamodb, table),
    send: queueOf(sqs, queue).send,
    quarantine: quarantineOf(settings, documents, table, embedded),
    scheduleStates: async (names) => (await dynamoScheduleStore(documents, table).read(names)).states,
    recent: (query) =>
      recentRuns(dynamodb, table, { now: systemClock.now(), ...query }).catch(unavailable("the run table could not be read")),
  };
}

function unavailable(message: string): (cause: unknown) => never {
  return (cause) => {
    throw new StateUnavailable(message, { cause });
  };
}
