/** Events as AWS hands them to a function. */

/** An SQS batch as Lambda's event source hands it over. */
export function batch(...bodies: readonly string[]) {
  const Records = bodies.map((body, index) => ({
    messageId: `19dd0b57-b21e-4ac1-bd88-${String(index).padStart(12, "0")}`,
    receiptHandle: "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
    body,
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: String(Date.now()),
      SenderId: "AIDAIENQZJOLO23YVJ4VO",
      ApproximateFirstReceiveTimestamp: String(Date.now()),
    },
    messageAttributes: {},
    md5OfBody: "e4e68fb7bd0e697a0ae8f1bb342846b3",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:123456789012:slipway-prod",
    awsRegion: "us-east-1",
  }));
  return { Records };
}

/** API Gateway's HTTP API, payload 2.0. */
export function httpRequest(token: string, method: string, path: string, body?: object) {
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: "",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}`, host: "id.execute-api.us-east-1.amazonaws.com" },
    requestContext: {
      accountId: "123456789012",
      apiId: "id",
      domainName: "id.execute-api.us-east-1.amazonaws.com",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      requestId: "JKJaXmPLvHcESHA=",
      routeKey: "$default",
      stage: "$default",
      time: "22/Nov/2026:12:00:00 +0000",
      timeEpoch: Date.now(),
    },
    isBase64Encoded: false,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

/** A rule's tick. */
export const TICK = {
  version: "0",
  id: "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
  "detail-type": "Scheduled Event",
  source: "aws.events",
  account: "123456789012",
  time: "2026-11-22T12:00:00Z",
  region: "us-east-1",
  resources: ["arn:aws:events:us-east-1:123456789012:rule/slipway-prod-sweep"],
  detail: {},
};

/** More than an item keeps, also when it is compressed; and more than ECS takes. */
export function largeRequest(id: string) {
  const noise = Array.from({ length: 9000 }, (_, index) => `${index}-${Math.sin(index)}`).join();
  return { id, command: ["work"], parameters: { noise: `${noise}${noise}` }, run_config: { type: "ECSRun" } };
}

/** A run request. */
export const request = (id: string) => JSON.stringify({ id, command: ["work"], run_config: { type: "ECSRun" } });
