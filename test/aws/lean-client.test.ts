/** A lean client does what the SDK's own does: the same calls on the wire, the same repeats, the same failures. */
import { createHash, createHmac } from "node:crypto";
import { Readable } from "node:stream";
import { ECSClient, type ECSClientConfig, ListClustersCommand } from "@aws-sdk/client-ecs";
import { HttpRequest, HttpResponse } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import { describe, expect, test } from "vitest";
import { lean } from "../../shared/aws/lean-client.ts";
import { Sha256 } from "../../shared/aws/sha256.ts";

interface Wire {
  readonly requests: readonly HttpRequest[];
  readonly requestHandler: NonNullable<ECSClientConfig["requestHandler"]>;
}

/** Answers with these in turn, and with 200 after them. */
function wire(...statuses: readonly number[]): Wire {
  const requests: HttpRequest[] = [];
  const handle = async (request: HttpRequest) => {
    const statusCode = statuses[requests.length] ?? 200;
    requests.push(request);
    const body = statusCode === 200 ? { clusterArns: ["one"] } : { __type: "ServerException", message: "not now" };
    return { response: new HttpResponse({ statusCode, headers: {}, body: Readable.from([Buffer.from(JSON.stringify(body))]) }) };
  };
  return { requests, requestHandler: { handle } };
}

const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example", sessionToken: "session" };
const REGION = "eu-west-1";

function config({ requestHandler }: Wire, more: ECSClientConfig = {}): ECSClientConfig {
  return { region: REGION, credentials: CREDENTIALS, requestHandler, ...more };
}

const leanClient = (to: Wire, more: ECSClientConfig = {}) => lean(new ECSClient(config(to, { sha256: Sha256, ...more })));
const call = (client: ECSClient) => client.send(new ListClustersCommand({ maxResults: 7 }));
/** What only a repeat needs to say of itself. */
const OF_REPEATS = ["amz-sdk-invocation-id", "amz-sdk-request"];
const CHANGING = [...OF_REPEATS, "x-amz-date", "authorization"];
const steady = ({ headers }: HttpRequest) => Object.fromEntries(Object.entries(headers).filter(([name]) => !CHANGING.includes(name)));

describe("on the wire", () => {
  test("the same request as the SDK's own client sends, the second time too", async () => {
    const [own, ours] = [wire(), wire()];
    const [first, second] = [new ECSClient(config(own)), leanClient(ours)];
    for (const _time of [1, 2]) expect((await call(first)).clusterArns).toEqual((await call(second)).clusterArns);
    for (const [index, request] of own.requests.entries()) {
      const other = ours.requests[index] as HttpRequest;
      expect(other).toMatchObject({ body: request.body, hostname: request.hostname, path: request.path, method: request.method });
      expect(steady(other)).toEqual(steady(request));
    }
  });

  test("the signature is the one that Signature Version 4 asks for, on every call", async () => {
    const to = wire();
    const client = leanClient(to);
    for (const _time of [1, 2, 3]) await call(client);
    for (const request of to.requests) {
      const { authorization, "x-amz-date": date = "", ...headers } = request.headers;
      const signingDate = new Date(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
      const signer = new SignatureV4({ credentials: CREDENTIALS, region: REGION, service: "ecs", sha256: NodeSha256 });
      const signed = await signer.sign(new HttpRequest({ ...request, headers }), { signingDate });
      expect(signed.headers["authorization"]).toBe(authorization);
    }
  });

  test("credentials that end are replaced by new ones", async () => {
    const to = wire();
    let asked = 0;
    // Each set ends within the SDK's five minutes before an end, so it is asked for again with each call.
    const credentials = async () => ({ ...CREDENTIALS, accessKeyId: `AKID${++asked}`, expiration: new Date(Date.now() + 1000) });
    const client = leanClient(to, { credentials });
    for (const _time of [1, 2]) await call(client);
    const used = to.requests.map(({ headers }) => /Credential=(\w+)/.exec(headers["authorization"] ?? "")?.[1]);
    expect(new Set(used).size).toBe(2);
  });
});

test("which SDK it is, is found out once", async () => {
  let asked = 0;
  const defaultUserAgentProvider: NonNullable<ECSClientConfig["defaultUserAgentProvider"]> = async () => {
    asked++;
    return [["aws-sdk-js", "3"]];
  };
  const to = wire();
  const client = leanClient(to, { defaultUserAgentProvider });
  for (const _time of [1, 2, 3]) await call(client);
  expect(asked).toBe(1);
  expect(to.requests[2]?.headers["user-agent"]).toContain("aws-sdk-js/3");
});

describe("repeats", () => {
  test.each([
    ["three attempts: a failure, then an answer", 3, [500], 2, undefined],
    ["three attempts, three failures", 3, [500, 500, 500], 3, "ServerException"],
    ["one attempt", 1, [500], 1, "ServerException"],
    ["a failure that repeating does not help", 3, [400], 1, "ServerException"],
  ] as const)("%s", async (_what, maxAttempts, statuses, requests, error) => {
    const own = wire(...statuses);
    const ours = wire(...statuses);
    const outcomes = await Promise.all(
      [new ECSClient(config(own, { maxAttempts })), leanClient(ours, { maxAttempts })].map((client) =>
        call(client).then(
          () => undefined,
          ({ name }: Error) => name,
        ),
      ),
    );
    expect(outcomes).toEqual([error, error]);
    expect(ours.requests).toHaveLength(requests);
    expect(own.requests).toHaveLength(requests);
    expect(ours.requests.at(-1)?.headers["amz-sdk-request"]).toBe(requests === 1 ? undefined : `attempt=${requests}; max=${maxAttempts}`);
  });
});

/** Node's own, for comparison. */
class NodeSha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as Uint8Array);
  }

  update(part: Uint8Array): void {
    this.#hash.update(part);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {}
}
