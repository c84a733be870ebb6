import { type DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { StateUnavailable } from "../core/errors.ts";
import { digestOf } from "../core/identity.ts";

/** What an id of a sender's message was used for. */
export interface Use {
  readonly run: string;
  readonly digest: string;
}

/** Remembers what each id of a sender's messages was used for, so that it is used for one thing only. */
export interface UsedIds {
  /** Answers what the id is used for: this, where it is new. `expiresAt` in epoch seconds. */
  use(sender: string, id: string, use: Use, expiresAt: number): Promise<Use>;
}

/** Ids as items of the run table. One write decides, however many send at once. */
export function dynamoUsedIds(client: DynamoDBDocumentClient, table: string): UsedIds {
  return {
    async use(sender, id, { run, digest }, expiresAt) {
      try {
        const { Attributes = {} } = await client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk: `used#${digestOf([sender, id])}` },
            UpdateExpression:
              "SET run_id = if_not_exists(run_id, :run), digest = if_not_exists(digest, :digest), expires_at = if_not_exists(expires_at, :expires)",
            ExpressionAttributeValues: { ":run": run, ":digest": digest, ":expires": expiresAt },
            ReturnValues: "ALL_NEW",
          }),
        );
        return { run: String(Attributes["run_id"]), digest: String(Attributes["digest"]) };
      } catch (cause) {
        throw new StateUnavailable("the id of a message could not be noted", { cause });
      }
    },
  };
}
