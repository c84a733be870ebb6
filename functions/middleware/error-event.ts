import type { MiddlewareObj } from "@middy/core";
import { type Composition, fallbackLog } from "../compose.ts";

/** Logs what ends a whole invocation as one event, and lets it end: the platform counts it and tries again. */
export function errorEvent<Event, Result>(event: string, compose: () => Promise<Composition>): MiddlewareObj<Event, Result> {
  return {
    async onError({ error }) {
      const log = await compose().then((composed) => composed.log, fallbackLog);
      log.error({ error: error?.name, message: error?.message }, event);
    },
  };
}
