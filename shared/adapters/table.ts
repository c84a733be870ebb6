import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import type { RunAttribute } from "../core/record.ts";
import { attributeName } from "./attributes.ts";

/** Index of the runs that something is still to be done about, by when. */
export const ACTIVE_INDEX = "active";
/** Index of all runs by day and time of creation. */
export const RECENT_INDEX = "recent";

const ACTIVE_ATTRIBUTES: readonly RunAttribute[] = [
  "id",
  "state",
  "attempt",
  "target",
  "launcher",
  "handle",
  "version",
  "owner",
  "leaseUntil",
  "wakes",
  "missingAt",
  "launchedAt",
  "cancelRequestedAt",
  "unpublished",
];

const RECENT_ATTRIBUTES: readonly RunAttribute[] = [
  "id",
  "state",
  "name",
  "flowName",
  "type",
  "labels",
  "target",
  "attempt",
  "launchedAt",
  "startedAt",
  "endedAt",
  "exitCode",
  "senderTargets",
];

/** The run table, as CreateTable wants it. Both indexes are sparse and hold only what is listed. */
export function tableDefinition(name: string): CreateTableCommandInput {
  return {
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "active_shard", AttributeType: "S" },
      { AttributeName: "next_check_at", AttributeType: "N" },
      { AttributeName: "recent_shard", AttributeType: "S" },
      { AttributeName: "created_at", AttributeType: "N" },
    ],
    GlobalSecondaryIndexes: [
      index(ACTIVE_INDEX, "active_shard", "next_check_at", ACTIVE_ATTRIBUTES),
      index(RECENT_INDEX, "recent_shard", "created_at", RECENT_ATTRIBUTES),
    ],
  };
}

function index(name: string, hash: string, range: string, attributes: readonly RunAttribute[]) {
  return {
    IndexName: name,
    KeySchema: [
      { AttributeName: hash, KeyType: "HASH" as const },
      { AttributeName: range, KeyType: "RANGE" as const },
    ],
    Projection: { ProjectionType: "INCLUDE" as const, NonKeyAttributes: attributes.map(attributeName) },
  };
}
