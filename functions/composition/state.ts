/** What the command line needs of a running Slipway. */
import { systemClock } from "../../shared/adapters/clock.ts";
import { type QueueConsumer, sqsConsumer } from "../../shared/adapters/queue-consumer.ts";
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
  /** Takes messages off another queue than the dispatcher's. */
  consumer(queueUrl: string): QueueConsumer;
  /** What is known of schedules, by their names. */
  scheduleStates(names: readonly string[]): Promise<ReadonlyMap<string, ScheduleState>>;
  recent(query: { days: number; limit: number; where?: (run: RunSummary) => boolean }): Promise<readonly RunSummary[]>;
}

/** A poll that finds nothing for so long has asked all that a queue consists of. */
const SECONDS_UNTIL_EMPTY = 3;

/** Opens the table and the queue. */
export function openState(settings: Settings, table: string, queue: string, embedded: Embedded = {}): State {
  const { dynamodb, documents, sqs } = clients(settings, embedded);
  return {
    store: dynamoRunStore(dynamodb, table),
    send: queueOf(sqs, queue).send,
    quarantine: quarantineOf(settings, documents, table, embedded),
    consumer: (queueUrl) => sqsConsumer(sqs, queueUrl, SECONDS_UNTIL_EMPTY),
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
