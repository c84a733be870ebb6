/** What each function calls on the deployment's own resources, by the names that serverless.yml gives them. */
import type { Right } from "../../shared/core/rights.ts";
import type { FunctionName } from "./rights.ts";

const table: Right = { sid: "Table", actions: ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources: ["${Table.Arn}"] };
/** What a redrive has settled leaves quarantine. */
const settle: Right = { sid: "Settle", actions: ["dynamodb:DeleteItem"], resources: ["${Table.Arn}"] };
const schedules: Right = { sid: "Schedules", actions: ["dynamodb:BatchGetItem", "dynamodb:PutItem"], resources: ["${Table.Arn}"] };
const enqueue: Right = { sid: "Enqueue", actions: ["sqs:SendMessage"], resources: ["${Queue.Arn}"] };
const publish: Right = { sid: "Publish", actions: ["events:PutEvents"], resources: ["${Bus.Arn}"] };
const payloads: Right = { sid: "Payloads", actions: ["s3:GetObject", "s3:PutObject"], resources: ["${Payloads.Arn}/*"] };

function index(name: string): Right {
  return { sid: "Index", actions: ["dynamodb:Query"], resources: [`\${Table.Arn}/index/${name}`] };
}

/** Lambda itself takes the messages from the queue, with the function's role. */
const receive: Right = {
  sid: "Receive",
  actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
  resources: ["${Queue.Arn}"],
};

/** Rights that no configuration changes. */
export const OWN_RIGHTS: Readonly<Record<FunctionName, readonly Right[]>> = {
  dispatch: [table, settle, receive, enqueue, payloads, publish],
  webhook: [table, index("recent"), enqueue, payloads],
  schedule: [table, schedules, enqueue, payloads],
  observe: [table, enqueue, publish],
  sweep: [table, index("active"), enqueue, publish],
};
