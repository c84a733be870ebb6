/** Lists of runs, newest first, from the index by day. */
import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { RECENT_SHARDS } from "../core/new-run.ts";
import type { RunSummary } from "../core/record.ts";
import { type Item, recordOf } from "./attributes.ts";
import { RECENT_INDEX } from "./table.ts";

const DAY = 86_400_000;

/** A place in the list: all that comes after it was created earlier, or then and has a smaller key. */
export interface RunPosition {
  readonly createdAt: number;
  readonly key: string;
}

/** Which runs are asked for. */
export interface RunQuery {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly days: number;
  readonly limit: number;
  readonly where?: (run: RunSummary) => boolean;
  /** Only what comes after it. */
  readonly after?: RunPosition;
  /** Most runs that are looked at for one answer; as many as there are when not said. */
  readonly mostRead?: number;
}

/** A part of the list, and where the next one begins; without `next` there is no more. */
export interface RunPage {
  readonly runs: readonly RunSummary[];
  readonly next?: RunPosition;
}

/** The newest runs, newest first: at most `limit`, of the last `days` days. */
export async function recentRuns(client: DynamoDBClient, table: string, query: RunQuery): Promise<readonly RunSummary[]> {
  return (await runPage(client, table, query)).runs;
}

/** A page of the list. It may hold fewer runs than asked for, even none, and yet have a next one: a filter lets only so many pass. */
export async function runPage(client: DynamoDBClient, table: string, query: RunQuery): Promise<RunPage> {
  const { limit, where = () => true, mostRead = Number.POSITIVE_INFINITY } = query;
  const runs: RunSummary[] = [];
  let read = 0;
  let last: RunPosition | undefined;
  for await (const run of newestFirst(client, table, query)) {
    // One more than is shown: only then is there a next page.
    if (last !== undefined && (runs.length >= limit || read >= mostRead)) return { runs, next: last };
    read++;
    last = { createdAt: run.createdAt, key: run.key };
    if (where(run)) runs.push(run);
  }
  return { runs };
}

async function* newestFirst(client: DynamoDBClient, table: string, query: RunQuery): AsyncIterable<RunSummary> {
  const { now, days, after } = query;
  const from = Math.min(now, after?.createdAt ?? now);
  for (let day = Math.floor(from / DAY); day > Math.floor(now / DAY) - days; day--) {
    for await (const run of newestOfDay(client, table, day, query)) {
      if (after === undefined || compare(run, after) > 0) yield run;
    }
  }
}

/** Merges the day's parts of the index. Runs of one millisecond come together, so that their order is the same on every page. */
async function* newestOfDay(client: DynamoDBClient, table: string, day: number, query: RunQuery): AsyncIterable<RunSummary> {
  const date = new Date(day * DAY).toISOString().slice(0, 10).replaceAll("-", "");
  const shards = Array.from({ length: RECENT_SHARDS }, (_, shard) => newestOfShard(client, table, `${date}#${shard}`, query));
  const heads = await Promise.all(shards.map((shard) => shard.next()));
  for (;;) {
    const newest = Math.max(...heads.map((head) => (head.done ? Number.NEGATIVE_INFINITY : head.value.createdAt)));
    if (newest === Number.NEGATIVE_INFINITY) return;
    const together: RunSummary[] = [];
    for (const [index, shard] of shards.entries()) {
      for (let head = heads[index]; head !== undefined && !head.done && head.value.createdAt === newest; head = heads[index]) {
        together.push(head.value);
        heads[index] = await shard.next();
      }
    }
    yield* together.sort(compare);
  }
}

/** Newest first; within a millisecond by key. */
function compare(a: RunPosition, b: RunPosition): number {
  return b.createdAt - a.createdAt || (a.key < b.key ? 1 : a.key > b.key ? -1 : 0);
}

async function* newestOfShard(
  client: DynamoDBClient,
  table: string,
  shard: string,
  { limit, after }: RunQuery,
): AsyncGenerator<RunSummary, undefined> {
  let start: Item | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: RECENT_INDEX,
        KeyConditionExpression: after === undefined ? "recent_shard = :shard" : "recent_shard = :shard AND created_at <= :from",
        ExpressionAttributeValues: { ":shard": { S: shard }, ...(after === undefined ? {} : { ":from": { N: String(after.createdAt) } }) },
        ScanIndexForward: false,
        Limit: limit + 1,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    );
    for (const item of page.Items ?? []) yield recordOf<RunSummary>(item);
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return undefined;
}
