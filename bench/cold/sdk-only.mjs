/** The least that a handler which launches on ECS and keeps a table can be: the SDK's two clients and nothing of ours. */
import { DynamoDBClient, GetItemCommand, QueryCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from "@aws-sdk/client-ecs";

const dynamodb = new DynamoDBClient({});
const ecs = new ECSClient({});

export async function handler() {
  await dynamodb.send(new QueryCommand({ TableName: "any" }));
  await dynamodb.send(new GetItemCommand({ TableName: "any", Key: {} }));
  await ecs.send(new RegisterTaskDefinitionCommand({ family: "any", containerDefinitions: [] }));
  await ecs.send(new RunTaskCommand({ taskDefinition: "any" }));
  await dynamodb.send(new UpdateItemCommand({ TableName: "any", Key: {} }));
}
