import { randomUUID } from "node:crypto";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Turns } from "../core/ports.ts";
import { dynamoLeaseLock } from "./lease-lock.ts";

/** Turns as locks that nobody gives back. */
export function dynamoTurns(client: DynamoDBDocumentClient, table: string): Turns {
  return { take: (name, now, until) => dynamoLeaseLock(client, table, name).take(randomUUID(), now, until) };
}
