/** A gate before a service, for one function: notes each call as IAM would ask for it, and hands it on as it is. */
import { request } from "node:http";
import { buffer } from "node:stream/consumers";
import { type HttpDouble, startHttpDouble } from "../support/http-double.ts";

/** A call, as a role must allow it. */
export interface AskedFor {
  readonly action: string;
  /** The index, where a table is asked through one. */
  readonly index?: string;
}

/** Prefixes of IAM's actions, by what a call's target begins with. */
const SERVICES: Readonly<Record<string, string>> = {
  DynamoDB_20120810: "dynamodb",
  AmazonSQS: "sqs",
  AWSEvents: "events",
  AmazonEC2ContainerServiceV20141113: "ecs",
};

/** IAM knows one action for a call and its batch. */
const SAME: Readonly<Record<string, string>> = { "sqs:SendMessageBatch": "sqs:SendMessage" };

/** S3's calls, by their method. */
const OBJECTS: Readonly<Record<string, string>> = { GET: "s3:GetObject", HEAD: "s3:GetObject", PUT: "s3:PutObject" };

/** Starts a gate before the service at `endpoint`. */
export async function startRecorder(endpoint: string, note: (call: AskedFor) => void): Promise<HttpDouble> {
  const to = new URL(endpoint);
  return startHttpDouble(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    note(askedFor(String(incoming.headers["x-amz-target"] ?? ""), incoming.method ?? "", body));
    const passed = request(
      { hostname: to.hostname, port: to.port, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    passed.once("error", () => outgoing.destroy());
    passed.end(body);
  });
}

function askedFor(target: string, method: string, body: Buffer): AskedFor {
  const [service = "", operation = ""] = target.split(".");
  if (target === "") return { action: OBJECTS[method] ?? `s3:${method}` };
  const called = `${SERVICES[service] ?? service}:${operation}`;
  const { IndexName }: { IndexName?: string } = JSON.parse(body.toString() || "{}");
  return { action: SAME[called] ?? called, ...(IndexName === undefined ? {} : { index: IndexName }) };
}
