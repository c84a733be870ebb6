import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { RECENT_SHARDS } from "../core/new-run.ts";
import type { RunSummary } from "../core/record.ts";
import { type Item, recordOf } from "./attributes.ts";
import { RECENT_INDEX } from "./table.ts";

const DAY = 86_400_000;

/** The newest runs, newest first: at most `limit`, of the last `days` days. */
export async function recentRuns(
  client: DynamoDBClient,
  table: string,
  query: { readonly now: number; readonly days: number; readonly limit: number; readonly where?: (run: RunSummary) => boolean },
): Promise<readonly RunSummary[]> {
  const found = new Map<string, RunSummary>();
  for (let day = 0; day < query.days && found.size < query.limit; day++) {
    const date = new Date(query.now - day * DAY).toISOString().slice(0, 10).replaceAll("-", "");
    const shards = Array.from({ length: RECENT_SHARDS }, (_, shard) => `${date}#${shard}`);
    const runs = (await Promise.all(shards.map((shard) => newest(client, table, shard, query.limit, query.where)))).flat();
    for (const run of runs.sort((a, b) => b.createdAt - a.createdAt)) if (!found.has(run.key)) found.set(run.key, run);
  }
  return [...found.values()].slice(0, query.limit);
}

async function newest(
  client: DynamoDBClient,
  table: string,
  shard: string,
  limit: number,
  where: (run: RunSummary) => boolean = () => true,
): Promise<readonly RunSummary[]> {
  const runs: RunSummary[] = [];
  let from: Item | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: RECENT_INDEX,
        KeyConditionExpression: "recent_shard = :shard",
        ExpressionAttributeValues: { ":shard": { S: shard } },
        ScanIndexForward: false,
        Limit: limit,
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      }),
    );
    for (const item of page.Items ?? []) {
      const run = recordOf<RunSummary>(item);
      if (where(run)) runs.push(run);
    }
    from = page.LastEvaluatedKey;
  } while (from !== undefined && runs.length < limit);
  return runs;
}
