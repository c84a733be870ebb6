/** What the command line needs of a running Slipway. */
import { systemClock } from "../../shared/adapters/clock.ts";
import { sqsSender } from "../../shared/adapters/queue-sender.ts";
import { recentRuns } from "../../shared/adapters/run-list.ts";
import { dynamoRunStore } from "../../shared/adapters/run-store.ts";
import { StateUnavailable } from "../../shared/core/errors.ts";
import type { RunStore } from "../../shared/core/ports.ts";
import type { RunSummary } from "../../shared/core/record.ts";
import type { Settings } from "../../shared/schema/settings.ts";
import { clients } from "./clients.ts";
import type { Embedded } from "./options.ts";

/** Table and queue, without a configuration or a launcher: all that the command line needs of a running Slipway. */
export interface State {
  readonly store: RunStore;
  /** Sends a message to the queue; answers the id that the queue gave it. */
  send(body: string): Promise<string>;
  recent(query: { days: number; limit: number; where?: (run: RunSummary) => boolean }): Promise<readonly RunSummary[]>;
}

/** Opens the table and the queue. */
export function openState(settings: Settings, table: string, queue: string, embedded: Embedded = {}): State {
  const { dynamodb, sqs } = clients(settings, embedded);
  return {
    store: dynamoRunStore(dynamodb, table),
    send: (body) => sqsSender(sqs, queue)(body).catch(unavailable("the queue could not be written")),
    recent: (query) =>
      recentRuns(dynamodb, table, { now: systemClock.now(), ...query }).catch(unavailable("the run table could not be read")),
  };
}

function unavailable(message: string): (cause: unknown) => never {
  return (cause) => {
    throw new StateUnavailable(message, { cause });
  };
}
