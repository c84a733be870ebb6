import type { EventBridgeClient, PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { StateUnavailable } from "../core/errors.ts";
import type { EventBus } from "../core/ports.ts";
import type { RunEvent } from "../core/run-event.ts";

/** Most entries of one PutEvents. */
const BATCH = 10;

/** What rules match runs by, beside `detail.type` and `detail.data`. */
const DETAIL_TYPE = "Slipway Run State Change";

/** Tells an EventBridge bus; the SDK is loaded with the first event. An entry's detail is the CloudEvent in its structured form. */
export function eventBridgeBus(client: () => Promise<EventBridgeClient>, bus: string): EventBus {
  return {
    async publish(events) {
      try {
        const [{ PutEventsCommand }, connected] = await Promise.all([import("@aws-sdk/client-eventbridge"), client()]);
        for (let from = 0; from < events.length; from += BATCH) {
          const Entries = events.slice(from, from + BATCH).map((event) => entryOf(event, bus));
          const { FailedEntryCount = 0, Entries: answers = [] } = await connected.send(new PutEventsCommand({ Entries }));
          // An answer of 200 says nothing yet: each entry may have been refused by itself.
          const refused = answers.find(({ ErrorCode }) => ErrorCode !== undefined);
          if (FailedEntryCount > 0) throw new Error(`${FailedEntryCount} of ${Entries.length} events were refused: ${refused?.ErrorCode}`);
        }
      } catch (cause) {
        throw new StateUnavailable("state changes could not be published", { cause });
      }
    },
  };
}

function entryOf(event: RunEvent, bus: string): PutEventsRequestEntry {
  return {
    EventBusName: bus,
    Source: "slipway",
    DetailType: DETAIL_TYPE,
    Time: new Date(event.time),
    Detail: JSON.stringify(event),
  };
}
