/** ECS and DynamoDB doubles in a process of their own, so that their CPU is nobody else's. Says where they are, and ends with its input. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startEcsDouble } from "../../test/doubles/ecs/ecs-double.ts";
import { dynamoDouble } from "../../test/harness/dynamo-double.ts";

const latencyMs = Number(process.argv[2] ?? 0);
const ecs = await startEcsDouble({ buckets: false, latencyMs, provisioningLimit: Number.POSITIVE_INFINITY, keep: false });
const table = dynamoDouble("runs");

const dynamodb = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    // Only the floor puts items, and it puts each once.
    const reply = operation === "PutItem" ? { status: 200, body: {} } : table.answer(operation, body);
    const send = () => {
      response.writeHead(reply.status, { "content-type": "application/x-amz-json-1.0" });
      response.end(JSON.stringify(reply.body));
    };
    if (latencyMs > 0) setTimeout(send, latencyMs);
    else send();
  });
});
await new Promise<void>((ready) => dynamodb.listen(0, "127.0.0.1", ready));
console.log(JSON.stringify({ ecs: ecs.endpoint, dynamodb: `http://127.0.0.1:${(dynamodb.address() as AddressInfo).port}` }));
process.stdin.resume();
process.stdin.once("end", () => {
  dynamodb.close();
  dynamodb.closeAllConnections();
  void ecs.close();
});
