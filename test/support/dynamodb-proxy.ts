import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { tableDefinition } from "../../shared/adapters/table.ts";
import { crashProxy, end, listen } from "./crash-proxy.ts";

/** What a call of the run table is for, as far as the proxy tells calls apart. */
export type WriteKind = "claim" | "record" | "accept" | "use" | "schedule read" | "schedule write" | "other";

/** A point in a write's life at which the dispatcher may be killed. */
export interface CrashPoint {
  readonly write: WriteKind;
  /** `before`: the table never sees the write. `after`: the table has applied it, the dispatcher never hears of it. */
  readonly when: "before" | "after";
}

/** A DynamoDB of its own with a table "runs", and before it a proxy that calls `crash` at planted points. */
export interface ProxiedDynamo {
  readonly endpoint: string;
  /** Without the proxy. */
  readonly direct: string;
  /** Plants a crash: at the next write of this kind, once. */
  plant(point: CrashPoint, crash: () => void): void;
  close(): Promise<void>;
}

export async function proxiedDynamo(): Promise<ProxiedDynamo> {
  const tables = dynalite({ createTableMs: 0 });
  const direct = await listen(tables);
  const client = new DynamoDBClient({ endpoint: direct, region: "us-east-1", credentials: { accessKeyId: "any", secretAccessKey: "any" } });
  await client.send(new CreateTableCommand(tableDefinition("runs")));
  const proxy = await crashProxy(direct, kindOf);
  return {
    endpoint: proxy.endpoint,
    direct,
    plant: ({ write, when }, crash) => proxy.plant({ call: write, when }, crash),
    async close() {
      await Promise.all([proxy.close(), end(tables)]);
    },
  };
}

function kindOf(target: string, body: string): WriteKind {
  if (target.endsWith("BatchGetItem") && body.includes('"schedule#')) return "schedule read";
  if (target.endsWith("PutItem") && body.includes('"last_due"')) return "schedule write";
  if (!target.endsWith("UpdateItem")) return "other";
  if (body.includes('"used#')) return "use";
  if (body.includes('"LAUNCHED"') && body.includes("launched_at")) return "record";
  if (body.includes('"LAUNCHING"')) return body.includes('"plan_digest"') ? "claim" : "other";
  return body.includes('"ACCEPTED"') && body.includes('"recent_shard"') ? "accept" : "other";
}
