import { createHash } from "node:crypto";
import { type DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { StateUnavailable } from "../core/errors.ts";
import type { Quarantine } from "../core/ports.ts";
import { sealText } from "./seal.ts";

const KEPT_DAYS = 30;
/** DynamoDB's item holds 400 kB; a body that is larger even when sealed is kept by its beginning, and says so. */
const LARGEST_BODY = 300_000;

/** Keeps refused messages in the run table, as items of their own. */
export function dynamoQuarantine(client: DynamoDBDocumentClient, table: string): Quarantine {
  return {
    async keep(entry, now) {
      const id = createHash("sha256").update(`${entry.code}\n${entry.body}`).digest("hex").slice(0, 26);
      let body = sealText(entry.body);
      const cut = body.length > LARGEST_BODY;
      if (cut) body = sealText(entry.body.slice(0, LARGEST_BODY / 2));
      const day = new Date(now).toISOString().slice(0, 10).replaceAll("-", "");
      try {
        await client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk: `quarantine#${id}` },
            UpdateExpression:
              "SET code = :code, issues = :issues, #source = :source, body = :body, cut = :cut, last_seen_at = :now, expires_at = :expires, " +
              "created_at = if_not_exists(created_at, :now), recent_shard = if_not_exists(recent_shard, :shard), id = :id, " +
              "seen = if_not_exists(seen, :zero) + :one, run_id = :run",
            ExpressionAttributeNames: { "#source": "source" },
            ExpressionAttributeValues: {
              ":code": entry.code,
              ":issues": entry.issues,
              ":source": entry.source,
              ":body": body,
              ":cut": cut,
              ":now": now,
              ":expires": Math.ceil(now / 1000) + KEPT_DAYS * 86_400,
              ":shard": `quarantine#${day}`,
              ":id": id,
              ":run": entry.runId ?? null,
              ":zero": 0,
              ":one": 1,
            },
          }),
        );
      } catch (cause) {
        throw new StateUnavailable("a refused message could not be kept", { cause });
      }
    },
  };
}
