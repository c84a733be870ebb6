/** Rights of the functions that no call of the packaged functions' test uses, and why they are there. */
import type { FunctionName } from "../../functions/deploy/rights.ts";

/** Rights that are asked for by somebody else than the function's own calls. */
export const BY_OTHERS: Readonly<Record<string, string>> = {
  "sqs:ReceiveMessage": "Lambda's pollers, with the function's role",
  "sqs:DeleteMessage": "Lambda's pollers",
  "sqs:GetQueueAttributes": "Lambda's pollers",
  "iam:PassRole": "ECS, when a task is launched",
  "ecs:TagResource": "ECS, when a task or definition is made with tags",
};

/** Rights whose calls nothing above makes, and what makes them. */
export const ELSEWHERE: Readonly<Record<FunctionName, Readonly<Record<string, string>>>> = {
  dispatch: {
    "dynamodb:DeleteItem": "a redrive that succeeded takes its entry out of quarantine",
    "ecs:DescribeTaskDefinition": "a run that names a registered definition",
    "ecs:DescribeTasks": "a token that was used with another plan",
    "sqs:SendMessage": "a Docker host that has pulled an image wakes who waits for it",
  },
  webhook: {},
  schedule: { "s3:PutObject": "an input that can't be read, and is too long for quarantine" },
  observe: { "sqs:SendMessage": "a cancel that met a launch in doubt, when the task is seen" },
  sweep: {
    "dynamodb:GetItem": "a change that was not told yet",
    "ecs:DeregisterTaskDefinition": "definitions unused for long",
    "ecs:DescribeTasks": "runs that are due",
    "ecs:StopTask": "runs past a limit, and strays",
    "events:PutEvents": "a change that was not told yet",
    "sqs:SendMessage": "waiting runs that are due",
  },
};
