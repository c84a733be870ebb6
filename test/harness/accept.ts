/** What a webhook does with a request: it writes the record, and launches nothing. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoRunStore } from "../../shared/adapters/run-store.ts";
import { sealText } from "../../shared/adapters/seal.ts";
import { requestDigest, runKey, shardOf } from "../../shared/core/identity.ts";
import { canonicalJson } from "../../shared/core/json.ts";
import { ACTIVE_SHARDS } from "../../shared/core/new-run.ts";
import { accept } from "../../shared/core/writes/claim.ts";
import { carrier } from "./carrier.ts";
import type { SentDocument } from "./judge.ts";
import type { World } from "./world.ts";

export async function acceptRun(world: World, document: SentDocument): Promise<void> {
  const client = new DynamoDBClient({
    region: "us-east-1",
    endpoint: "http://dynamodb.test",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    requestHandler: carrier(async (call) => world.answer(call)),
  });
  const store = dynamoRunStore(client, world.tableName);
  const now = world.time.now();
  const key = runKey(document.id);
  const run = {
    id: document.id,
    attempt: 0,
    digest: requestDigest(document),
    request: sealText(canonicalJson(document)),
    labels: [],
    type: "UniversalRun",
    createdAt: now,
    activeShard: `a#${shardOf(key, ACTIVE_SHARDS)}`,
    recentShard: "20260105#0",
  } as const;
  await store.write(key, accept(run, now, now + 60_000));
}
