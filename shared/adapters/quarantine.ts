import { createHash } from "node:crypto";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { Refusal, StateUnavailable } from "../core/errors.ts";
import type { Quarantine, QuarantineEntry } from "../core/ports.ts";
import { keptMessage, QUARANTINE, quarantineShard } from "./quarantine-item.ts";
import type { TextKeeper } from "./text-keeper.ts";

const KEPT_DAYS = 30;
/** What nothing can keep whole is kept by its beginning, and says so. */
const LONGEST_CUT = 100_000;

/** Keeps refused messages in the run table, as items of their own; a long body where payloads are. */
export function dynamoQuarantine(client: DynamoDBDocumentClient, table: string, keeper: TextKeeper): Quarantine {
  return {
    async keep(entry, now) {
      const id = entry.entry ?? idOf(entry);
      const { body, cut } = await keptBody(keeper, entry, id);
      try {
        await client.send(new UpdateCommand(keeping(table, id, entry, body, cut, now)));
      } catch (cause) {
        throw new StateUnavailable("a refused message could not be kept", { cause });
      }
    },
    async read(id) {
      const { Item } = await client
        .send(new GetCommand({ TableName: table, Key: { pk: `${QUARANTINE}${id}` }, ConsistentRead: true }))
        .catch((cause: unknown) => {
          throw new StateUnavailable("the quarantine could not be read", { cause });
        });
      if (Item === undefined) return undefined;
      return { ...keptMessage(Item), body: await keeper.open(Item["body"] as Uint8Array) };
    },
    async drop(id, seen) {
      try {
        await client.send(
          new DeleteCommand({
            TableName: table,
            Key: { pk: `${QUARANTINE}${id}` },
            ...(seen === undefined ? {} : { ConditionExpression: "seen = :seen", ExpressionAttributeValues: { ":seen": seen } }),
          }),
        );
      } catch (cause) {
        // It came again meanwhile: that one has not been dealt with.
        if (cause instanceof ConditionalCheckFailedException) return;
        throw new StateUnavailable("a kept message could not be removed", { cause });
      }
    },
  };
}

/** The same text, refused for the same reason, from a sender with the same rights, is one entry. */
function idOf({ code, body, senderTargets, own, messageId = "" }: QuarantineEntry): string {
  const which = own === true ? `\n${messageId}` : "";
  const rights = senderTargets === undefined ? "" : `\n${JSON.stringify(senderTargets)}`;
  return createHash("sha256").update(`${code}\n${body}${rights}${which}`).digest("hex").slice(0, 26);
}

async function keptBody(
  keeper: TextKeeper,
  { body, own }: QuarantineEntry,
  id: string,
): Promise<{ readonly body: Uint8Array; readonly cut: boolean }> {
  try {
    return { body: await keeper.keep(body, `quarantine/${id}`), cut: false };
  } catch (error) {
    if (!(error instanceof Refusal) || own === true) throw error;
    return { body: await keeper.keep(body.slice(0, LONGEST_CUT), `quarantine/${id}`), cut: true };
  }
}

/** What came first stays: the text, and what it gets as its id. What comes again counts, and says why now. */
function keeping(table: string, id: string, entry: QuarantineEntry, body: Uint8Array, cut: boolean, now: number) {
  const { code, issues, source, messageId, runId, senderTargets } = entry;
  const counted = entry.entry === undefined ? "seen" : "redrives";
  const once: Record<string, unknown> = {
    id,
    body,
    cut,
    source,
    created_at: now,
    recent_shard: quarantineShard(now),
    ...(messageId === undefined ? {} : { message_id: messageId }),
    ...(runId === undefined ? {} : { run_id: runId }),
    ...(senderTargets === undefined ? {} : { sender_targets: senderTargets }),
  };
  const again: Record<string, unknown> = { code, issues, last_seen_at: now, expires_at: Math.ceil(now / 1000) + KEPT_DAYS * 86_400 };
  const sets = [
    ...Object.keys(once).map((name) => `#${name} = if_not_exists(#${name}, :${name})`),
    ...Object.keys(again).map((name) => `#${name} = :${name}`),
    "#seen = if_not_exists(#seen, :zero) + :seen",
    "#redrives = if_not_exists(#redrives, :zero) + :redrives",
  ];
  const all = { ...once, ...again, seen: counted === "seen" ? 1 : 0, redrives: counted === "redrives" ? 1 : 0 };
  return {
    TableName: table,
    Key: { pk: `${QUARANTINE}${id}` },
    UpdateExpression: `SET ${sets.join(", ")}`,
    ExpressionAttributeNames: Object.fromEntries(Object.keys(all).map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: { ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`:${name}`, value])), ":zero": 0 },
  };
}
