/** The least that a handler which launches on ECS and keeps a table can be: the SDK's two clients, and nothing else. */
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { ECSClient, RunTaskCommand } from "@aws-sdk/client-ecs";
import type { SQSEvent } from "aws-lambda";

const dynamodb = new DynamoDBClient();
const ecs = new ECSClient();

export async function handler({ Records }: SQSEvent): Promise<object> {
  for (const { messageId, body } of Records) {
    const { id, command, run_config } = JSON.parse(body);
    const Key = { pk: { S: `run#${id}` } };
    await dynamodb.send(
      new PutItemCommand({
        TableName: process.env["SLIPWAY_TABLE"],
        Item: { ...Key, id: { S: id }, state: { S: "LAUNCHING" }, attempt: { N: "1" } },
        ConditionExpression: "attribute_not_exists(pk)",
      }),
    );
    const { tasks = [] } = await ecs.send(
      new RunTaskCommand({
        taskDefinition: run_config.task_definition_arn,
        clientToken: messageId,
        launchType: "FARGATE",
        networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } },
        overrides: { containerOverrides: [{ name: "flow", command }] },
      }),
    );
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: process.env["SLIPWAY_TABLE"],
        Key,
        UpdateExpression: "SET #state = :launched, handle = :handle",
        ExpressionAttributeNames: { "#state": "state" },
        ExpressionAttributeValues: { ":launched": { S: "LAUNCHED" }, ":handle": { S: tasks[0]?.taskArn ?? "" } },
      }),
    );
    console.log(JSON.stringify({ id, outcome: "launched" }));
  }
  return { batchItemFailures: [] };
}
