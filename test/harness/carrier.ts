/** What stands in the SDK's request handler's place: hands each request to somebody here instead of a connection. */
import type { Surroundings } from "../../functions/compose.ts";
import type { Reply } from "./dynamo-double.ts";

/** One request as it would go over the wire. */
export interface WireCall {
  readonly service: "dynamodb" | "sqs" | "events";
  readonly operation: string;
  readonly body: string;
}

/** No answer came. The SDK knows such an error as passing, and makes the call again. */
export class ConnectionLost extends Error {
  override readonly name = "TimeoutError";
  readonly code = "ECONNRESET";
}

/** What comes of an answer that breaks off. */
export function beginningOf(text: string): string {
  return text.slice(0, Math.floor(text.length / 2));
}

type Carrier = NonNullable<Surroundings["requestHandler"]>;

/** By what their targets begin with. */
const SERVICES: Readonly<Record<string, WireCall["service"]>> = { DynamoDB_20120810: "dynamodb", AWSEvents: "events" };

/** What is read of the SDK's request. */
interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A request handler that answers with what `carry` gives. */
export function carrier(carry: (call: WireCall) => Promise<Reply>): Carrier {
  return {
    metadata: { handlerProtocol: "http/1.1" },
    async handle(request: Sent) {
      const [service = "", operation = ""] = (request.headers["x-amz-target"] ?? "").split(".");
      const body = typeof request.body === "object" ? new TextDecoder().decode(request.body) : (request.body ?? "");
      const reply = await carry({ service: SERVICES[service] ?? "sqs", operation, body });
      const text = JSON.stringify(reply.body);
      const content = new TextEncoder().encode(reply.cut ? beginningOf(text) : text);
      // The SDK takes whatever looks like its own response; a body of bytes needs no stream.
      return { response: { statusCode: reply.status, headers: { "content-type": "application/x-amz-json-1.0" }, body: content } as never };
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  };
}
