/** The least that a launch can cost: the SDK's conditional PutItem, RunTask and UpdateItem, and nothing else. */
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { CREDENTIALS, givenWork, measure, REGION } from "./work.ts";

const work = givenWork();
const dynamodb = new DynamoDBClient({ endpoint: work.dynamodb, region: REGION, credentials: CREDENTIALS });
const ecs = new ECSClient({ endpoint: work.ecs, region: REGION, credentials: CREDENTIALS });
const { taskDefinition } = await ecs.send(
  new RegisterTaskDefinitionCommand({
    family: "floor",
    networkMode: "awsvpc",
    cpu: "1024",
    memory: "2048",
    requiresCompatibilities: ["FARGATE"],
    containerDefinitions: [{ name: "flow", image: "example/job:1" }],
  }),
);

async function launch(number: number): Promise<void> {
  const Key = { pk: { S: `run#floor-${number}` } };
  await dynamodb.send(
    new PutItemCommand({
      TableName: "runs",
      Item: {
        ...Key,
        id: { S: `floor-${number}` },
        state: { S: "LAUNCHING" },
        attempt: { N: "1" },
        lease_until: { N: String(Date.now() + 75_000) },
      },
      ConditionExpression: "attribute_not_exists(pk)",
    }),
  );
  const { tasks = [] } = await ecs.send(
    new RunTaskCommand({
      taskDefinition: taskDefinition?.taskDefinitionArn,
      clientToken: `floor-${number}`,
      startedBy: `floor/${number}`,
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } },
      overrides: {
        containerOverrides: [
          { name: "flow", command: ["python", "-m", "jobs.etl"], environment: [{ name: "RUN", value: String(number) }] },
        ],
      },
    }),
  );
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: "runs",
      Key,
      UpdateExpression: "SET #state = :launched, handle = :handle",
      ExpressionAttributeNames: { "#state": "state" },
      ExpressionAttributeValues: { ":launched": { S: "LAUNCHED" }, ":handle": { S: tasks[0]?.taskArn ?? "" } },
    }),
  );
}

await measure(
  work,
  (from, count) => Promise.all(Array.from({ length: count }, (_, index) => launch(from + index))).then(() => undefined),
  10,
);
