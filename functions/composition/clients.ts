/** The clients of table and queue. */
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Settings } from "../../shared/schema/settings.ts";
import { type Embedded, embeddedOptions, serviceOptions } from "./options.ts";

/** What carries the requests of a client. */
export type RequestHandler = NonNullable<DynamoDBClientConfig["requestHandler"]>;

/** The SDK's middleware that prepares each call for a log that nobody asked for: a twentieth of a launch's CPU. */
const CALL_LOG = "loggerMiddleware";

/** Makes the clients; a request handler takes the place of the SDK's own. */
export function clients(
  settings: Settings,
  embedded: Embedded,
  requestHandler?: RequestHandler,
): { dynamodb: DynamoDBClient; documents: DynamoDBDocumentClient; sqs: SQSClient } {
  const carried = requestHandler === undefined ? {} : { requestHandler };
  const options = (emulator: string | undefined, endpoint: string | undefined) => ({
    ...(emulator === undefined ? serviceOptions(settings, endpoint) : embeddedOptions(emulator)),
    ...carried,
  });
  const dynamodb = new DynamoDBClient(options(embedded.dynamodb, settings.endpoints.dynamodb));
  const sqs = new SQSClient(options(embedded.sqs, settings.endpoints.sqs));
  for (const client of [dynamodb, sqs]) client.middlewareStack.remove(CALL_LOG);
  return { dynamodb, documents: DynamoDBDocumentClient.from(dynamodb), sqs };
}
