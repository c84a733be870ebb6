/** The clients of table and queue. */
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { lean } from "../../shared/aws/lean-client.ts";
import { Sha256 } from "../../shared/aws/sha256.ts";
import type { Settings } from "../../shared/schema/settings.ts";
import { onceMade } from "./once-made.ts";
import { type Embedded, embeddedOptions, serviceOptions } from "./options.ts";

/** What carries the requests of a client. */
export type RequestHandler = NonNullable<DynamoDBClientConfig["requestHandler"]>;

/** How long a call may be silent, in milliseconds; a long poll is so for 20 s. */
const TABLE_SILENCE = 4000;
const QUEUE_SILENCE = 28_000;

/** Makes the clients; a request handler takes the place of the SDK's own. */
export function clients(
  settings: Settings,
  embedded: Embedded,
  requestHandler?: RequestHandler,
): { dynamodb: DynamoDBClient; documents: DynamoDBDocumentClient; sqs: () => Promise<SQSClient> } {
  // A service that takes a call and never answers must not hold a connection, and then all of them, for ever.
  const within = (requestTimeout: number) => ({
    requestHandler: requestHandler ?? { connectionTimeout: 2000, requestTimeout, throwOnRequestTimeout: true },
    sha256: Sha256,
  });
  const options = (emulator: string | undefined, endpoint: string | undefined) =>
    emulator === undefined ? serviceOptions(settings, endpoint) : embeddedOptions(emulator);
  const dynamodb = lean(new DynamoDBClient({ ...options(embedded.dynamodb, settings.endpoints.dynamodb), ...within(TABLE_SILENCE) }));
  // A launch seldom sends anything: the SDK's client of the queue is loaded when something is sent.
  const sqs = onceMade(async () => {
    const { SQSClient } = await import("@aws-sdk/client-sqs");
    return lean(new SQSClient({ ...options(embedded.sqs, settings.endpoints.sqs), ...within(QUEUE_SILENCE) }));
  });
  return { dynamodb, documents: DynamoDBDocumentClient.from(dynamodb), sqs };
}

/** Makes the client of the event bus on first use: most deployments tell nobody, and a cold start must not pay for its SDK. */
export function eventBridge(settings: Settings, embedded: Embedded, requestHandler?: RequestHandler): () => Promise<EventBridgeClient> {
  return onceMade(async () => {
    const { EventBridgeClient } = await import("@aws-sdk/client-eventbridge");
    return new EventBridgeClient({
      ...(embedded.eventbridge === undefined
        ? serviceOptions(settings, settings.endpoints.eventbridge)
        : embeddedOptions(embedded.eventbridge)),
      // Whoever writes a change tells it on the way: a bus that is slow is the sweep's business.
      maxAttempts: 2,
      requestHandler: requestHandler ?? { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
    });
  });
}
