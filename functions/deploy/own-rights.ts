/** What each function calls on the deployment's own resources, by the names that serverless.yml gives them. */
import type { Right } from "../../shared/core/rights.ts";
import type { FunctionName } from "./rights.ts";

const table: Right = { sid: "Table", actions: ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources: ["${Table.Arn}"] };
/** A schedule's input that can't be read goes into quarantine. */
const quarantine: Right = { sid: "Quarantine", actions: ["dynamodb:UpdateItem"], resources: ["${Table.Arn}"] };
/** What a redrive has settled leaves quarantine. */
const settle: Right = { sid: "Settle", actions: ["dynamodb:DeleteItem"], resources: ["${Table.Arn}"] };
const schedules: Right = { sid: "Schedules", actions: ["dynamodb:BatchGetItem", "dynamodb:PutItem"], resources: ["${Table.Arn}"] };
const enqueue: Right = { sid: "Enqueue", actions: ["sqs:SendMessage"], resources: ["${Queue.Arn}"] };
const publish: Right = { sid: "Publish", actions: ["events:PutEvents"], resources: ["${Bus.Arn}"] };
const payloads: Right = { sid: "Payloads", actions: ["s3:GetObject", "s3:PutObject"], resources: ["${Payloads.Arn}/*"] };
const keep: Right = { sid: "Keep", actions: ["s3:PutObject"], resources: ["${Payloads.Arn}/*"] };

function indexes(...names: readonly string[]): Right {
  return { sid: "Index", actions: ["dynamodb:Query"], resources: names.map((name) => `\${Table.Arn}/index/${name}`) };
}

/** Lambda itself puts what a function could not do there, with the function's role. */
const giveUp = (queue: string): Right => ({ sid: "GiveUp", actions: ["sqs:SendMessage"], resources: [`\${${queue}.Arn}`] });

/** Lambda itself takes the messages from the queue, with the function's role. */
const receive: Right = {
  sid: "Receive",
  actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
  resources: ["${Queue.Arn}"],
};

/** Rights that no configuration changes. */
export const OWN_RIGHTS: Readonly<Record<FunctionName, readonly Right[]>> = {
  dispatch: [table, settle, receive, enqueue, payloads, publish],
  webhook: [table, indexes("recent"), enqueue, keep],
  schedule: [quarantine, schedules, enqueue, keep, giveUp("LostInputs")],
  observe: [table, enqueue, publish, giveUp("LostEvents")],
  // What a launcher has made once for all dispatchers is in the list of recent items.
  sweep: [table, indexes("active", "recent"), enqueue, publish],
};
