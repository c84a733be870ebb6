import { text } from "node:stream/consumers";
import { type HttpDouble, startHttpDouble } from "../../support/http-double.ts";
import { type EventBusDouble, eventBusDouble } from "./event-bus-double.ts";

/** What befalls a call in place of its answer. */
export type BusFault =
  | { readonly status: number; readonly type: string }
  /** The entries are taken, and the connection ends before the answer. */
  | "answer lost"
  /** The connection ends before anything is taken. */
  | "reset"
  /** No answer ever comes. */
  | "silent";

/** EventBridge on a port of this machine. */
export interface EventBridgeServer extends HttpDouble {
  readonly bus: EventBusDouble;
  /** For the next calls, one after the other. */
  readonly faults: BusFault[];
  /** Calls so far. */
  readonly calls: () => number;
}

export async function startEventBridge(buses?: readonly string[]): Promise<EventBridgeServer> {
  const bus = eventBusDouble(buses);
  const faults: BusFault[] = [];
  let calls = 0;
  const server = await startHttpDouble(async (request, response) => {
    const body = await text(request);
    calls++;
    const fault = faults.shift();
    if (fault === "silent") return;
    if (fault === "reset") {
      response.destroy();
      return;
    }
    const [, operation = ""] = String(request.headers["x-amz-target"]).split(".");
    const signed = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/[^/]+\/events\/aws4_request/.test(request.headers.authorization ?? "");
    const unsigned = { status: 400, body: { __type: "MissingAuthenticationToken", message: "the request is not signed for events" } };
    const reply =
      typeof fault === "object"
        ? { status: fault.status, body: { __type: fault.type, message: "planned by the test" } }
        : signed
          ? bus.answer(operation, body)
          : unsigned;
    if (fault === "answer lost") {
      response.destroy();
      return;
    }
    response.writeHead(reply.status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(reply.body));
  });
  return { ...server, bus, faults, calls: () => calls };
}
