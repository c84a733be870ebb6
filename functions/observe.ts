import middy from "@middy/core";
import type { EventBridgeEvent } from "aws-lambda";
import type { JsonObject } from "../shared/core/json.ts";
import { type ObservedEvent, observeEvent } from "../shared/core/observe-event.ts";
import { launchers } from "../shared/launchers/registry.ts";
import { type Composition, composition } from "./compose.ts";
import { errorEvent } from "./middleware/error-event.ts";

/** An event as the bus hands it over. */
type BusEvent = EventBridgeEvent<string, object>;

/** Handler for ECS's task state changes. One that can't be folded in now is thrown back: the platform brings it again. */
export function observeHandler(compose: () => Promise<Composition>) {
  return middy<BusEvent, ObservedEvent>()
    .use(errorEvent("observe failed", compose))
    .handler(async (event) => {
      const { context, log } = await compose();
      // A target may be gone from the configuration while its runs still go on: its launcher reads its events all the same.
      const planning = { ...context.planning, launchers: { ...launchers, ...context.planning.launchers } };
      const observed = await observeEvent({ ...context, planning }, event as BusEvent & JsonObject);
      log[observed.outcome === "unknown run" ? "warn" : "info"]({ event_id: event.id, ...observed }, "observed");
      return observed;
    });
}

/** The Lambda function. */
export const handler = observeHandler(composition);
