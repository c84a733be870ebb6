/** The Lambda handler, with events as API Gateway's HTTP API sends them (payload 2.0, documented). */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lambdaContext } from "../../functions/local/lambda-context.ts";
import { webhookHandler } from "../../functions/webhook.ts";
import { Refusal } from "../../shared/core/errors.ts";
import { signedHeaders } from "../support/http-clients.ts";
import { type HttpWorld, httpWorld } from "../support/http-world.ts";

const CI = `whsec_${Buffer.from("a secret of 24 bytes ...").toString("base64")}`;
const CONFIG = `
targets: [{name: main, type: local}]
http:
  tokens: [{name: all, secret: "env:ALL", may: [submit, read, cancel], targets: ["*"]}]
  webhooks: [{name: ci, secrets: ["env:CI"], targets: ["*"]}]
`;
const BODY = JSON.stringify({ command: ["true"], run_config: { type: "LocalRun" } });

let world: HttpWorld;
let handler: ReturnType<typeof webhookHandler>;
beforeAll(async () => {
  world = await httpWorld({ config: CONFIG, secrets: { ALL: "all-secret", CI } });
  handler = webhookHandler(async () => world.composition);
});
afterAll(() => world.close());

interface EventParts {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly sourceIp?: string;
}

function event({ method = "POST", path = "/runs", query = "", headers = {}, sourceIp = "203.0.113.7", ...body }: EventParts) {
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: query,
    headers: { "content-type": "application/json", host: "api.example", "x-forwarded-for": "198.51.100.1", ...headers },
    requestContext: {
      accountId: "123456789012",
      apiId: "api",
      domainName: "api.example",
      domainPrefix: "api",
      http: { method, path, protocol: "HTTP/1.1", sourceIp, userAgent: "test" },
      requestId: "id",
      routeKey: "$default",
      stage: "$default",
      time: "22/Nov/2026:06:00:00 +0000",
      timeEpoch: Date.now(),
      authentication: null,
    },
    isBase64Encoded: false,
    ...body,
  };
}

const invoke = async (parts: EventParts) => {
  // The gateway's event has more fields than the adapter's type knows.
  const answer = await handler(event(parts) as unknown as Parameters<typeof handler>[0], lambdaContext("webhook", 30));
  return { status: answer.statusCode, body: JSON.parse(answer.body) as unknown, headers: answer.headers ?? {} };
};

const BEARER = { authorization: "Bearer all-secret" };

test("a body in base64 by the gateway is verified over its raw bytes", async () => {
  const body = Buffer.from(BODY).toString("base64");
  const headers = signedHeaders(CI, "msg_gateway", BODY);
  expect(await invoke({ headers, body, isBase64Encoded: true })).toMatchObject({ status: 202, body: { id: "msg_gateway" } });
  expect(await invoke({ headers: signedHeaders(CI, "msg_plain", BODY), body: BODY })).toMatchObject({
    status: 202,
    body: { id: "msg_plain" },
  });
  const altered = Buffer.from(BODY.replace("true", "trve")).toString("base64");
  expect(await invoke({ headers, body: altered, isBase64Encoded: true })).toMatchObject({
    status: 401,
    body: { code: "SIGNATURE_INVALID" },
  });
});

test("a header that the gateway joined of two is refused", async () => {
  const headers = signedHeaders(CI, "msg_joined", BODY);
  const joined = { ...headers, "webhook-id": "msg_joined,msg_joined" };
  expect(await invoke({ headers: joined, body: BODY })).toMatchObject({
    status: 400,
    body: { code: "INVALID_HEADERS", path: "webhook-id" },
  });
});

test("reads, parameters and paths come through as they were sent", async () => {
  const id = "etl/2026 11";
  const posted = await invoke({ headers: BEARER, body: JSON.stringify({ id, ...JSON.parse(BODY) }) });
  expect(posted).toMatchObject({ status: 202, body: { id }, headers: { location: "/runs/etl%2F2026%2011" } });
  expect(await invoke({ method: "GET", path: "/runs/etl%2F2026%2011", headers: BEARER })).toMatchObject({ status: 200, body: { id } });
  expect(await invoke({ method: "GET", query: "limit=1&state=ACCEPTED", headers: BEARER })).toMatchObject({
    status: 200,
    body: { runs: [{}] },
  });
  expect(await invoke({ method: "GET", path: "/runs/absent", headers: BEARER })).toMatchObject({ status: 404 });
});

test("a configuration that is wrong is no matter of the caller's", async () => {
  const broken = webhookHandler(() =>
    Promise.reject(new Refusal("INVALID_CONFIGURATION", { path: "targets[0].role_arn", message: "is wrong" })),
  );
  const call = event({ headers: BEARER, body: BODY });
  const answer = await broken(call as unknown as Parameters<typeof broken>[0], lambdaContext("webhook", 30));
  expect(answer.statusCode).toBe(500);
  expect(answer.body).not.toContain("role_arn");
});

test("wrong credentials are counted for the address that the gateway saw, whatever the headers say", async () => {
  const guess = (sourceIp: string, secret: string, forwarded = "198.51.100.1") =>
    invoke({ method: "GET", headers: { authorization: `Bearer ${secret}`, "x-forwarded-for": forwarded }, sourceIp });
  const statuses: number[] = [];
  for (let time = 0; time < 25; time++) statuses.push((await guess("203.0.113.66", `guess-${time}`, `198.51.100.${time}`)).status);
  expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
  expect(statuses.slice(20)).toEqual(Array.from({ length: 5 }, () => 429));
});

test("a handler that takes a request in loads no launcher's backend and no SDK of a target", async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-lambda-"));
  const script = join(folder, "invoke.mjs");
  const { endpoints } = world.emulators;
  await writeFile(
    script,
    `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    const { handler } = await import(${JSON.stringify(pathToFileURL(resolve("functions/webhook.ts")).href)});
    const event = ${JSON.stringify(event({ headers: BEARER, body: BODY }))};
    const answer = await handler(event, { getRemainingTimeInMillis: () => 10000 });
    process.stdout.write("\\n" + JSON.stringify({ status: answer.statusCode, loaded }) + "\\n");
    process.exit(0);
    `,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [script], {
    env: {
      PATH: process.env["PATH"],
      ALL: "all-secret",
      CI,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "any",
      AWS_SECRET_ACCESS_KEY: "any",
      AWS_LAMBDA_FUNCTION_NAME: "webhook",
      AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
      AWS_ENDPOINT_URL_SQS: endpoints.sqs,
      SLIPWAY_CONFIG: CONFIG,
      SLIPWAY_TABLE: "slipway-runs",
      SLIPWAY_QUEUE: world.queue,
    },
    maxBuffer: 16 * 1024 * 1024,
  }).finally(() => rm(folder, { recursive: true }));
  const { status, loaded } = JSON.parse(stdout.split("\n").find((line) => line.startsWith('{"status"')) ?? "") as {
    status: number;
    loaded: readonly string[];
  };
  expect(status).toBe(202);
  expect(loaded.filter((url) => url.endsWith("/shared/launchers/registry.ts"))).toHaveLength(1);
  const backends =
    /launchers\/[^/]+\/backend\.ts|client-ecs|dockerode|ssh2|kubernetes\/client-node|aiplatform|@google-cloud\/(?!functions)/;
  expect(loaded.filter((url) => backends.test(url))).toEqual([]);
});
