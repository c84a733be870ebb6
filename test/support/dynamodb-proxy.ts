import { createServer, request as forward, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { tableDefinition } from "../../shared/adapters/table.ts";

/** What a call of the run table is for, as far as the proxy tells calls apart. */
export type WriteKind = "claim" | "record" | "schedule read" | "schedule write" | "other";

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
  let planted: { readonly point: CrashPoint; readonly crash: () => void } | undefined;
  const proxy = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("error", () => outgoing.destroy());
    incoming.on("end", () => {
      const body = Buffer.concat(chunks);
      const hit = planted?.point.write === kindOf(String(incoming.headers["x-amz-target"]), body.toString()) ? planted : undefined;
      if (hit !== undefined) planted = undefined;
      if (hit?.point.when === "before") {
        hit.crash();
        outgoing.destroy();
        return;
      }
      const call = forward(direct, { method: incoming.method, headers: incoming.headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () => {
          if (hit !== undefined) {
            hit.crash();
            outgoing.destroy();
            return;
          }
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          outgoing.end(Buffer.concat(parts));
        });
      });
      call.on("error", () => outgoing.destroy());
      call.end(body);
    });
  });
  const endpoint = await listen(proxy);
  return {
    endpoint,
    direct,
    plant: (point, crash) => {
      planted = { point, crash };
    },
    async close() {
      await Promise.all([end(proxy), end(tables)]);
    },
  };
}

function kindOf(target: string, body: string): WriteKind {
  if (target.endsWith("BatchGetItem") && body.includes('"schedule#')) return "schedule read";
  if (target.endsWith("PutItem") && body.includes('"last_due"')) return "schedule write";
  if (!target.endsWith("UpdateItem")) return "other";
  if (body.includes('"LAUNCHED"') && body.includes("launched_at")) return "record";
  return body.includes('"plan_digest"') && body.includes('"LAUNCHING"') ? "claim" : "other";
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
