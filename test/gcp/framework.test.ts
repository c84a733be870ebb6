/** The functions in the framework's own process, started as Google Cloud starts it, without a key of AWS. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { prepareEmbeddedTable } from "../../functions/composition/embedded.ts";
import { awsIdentity } from "../../functions/gcp-aws.ts";
import { type Emulators, startEmulators } from "../../functions/local/emulators.ts";
import { type HttpDouble, startHttpDouble } from "../support/http-double.ts";

const ROLE = "arn:aws:iam::123456789012:role/slipway-on-google";
const SESSION = "AKIASESSIONOFGOOGLE";

let folder: string;
let emulators: Emulators;
let metadata: HttpDouble;
let sts: HttpDouble;
let gate: HttpDouble;
/** Audiences that tokens were asked for. */
const asked: string[] = [];
/** Tokens that AWS was shown. */
const shown: string[] = [];
/** What the table's calls were signed with. */
const signed: string[] = [];
let minutes = 60;
let working = true;

const tokenUntil = (end: number) =>
  `${Buffer.from('{"alg":"RS256"}').toString("base64url")}.${Buffer.from(JSON.stringify({ exp: Math.floor(end / 1000) })).toString("base64url")}.signature`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-framework-"));
  emulators = await startEmulators(folder);
  metadata = await startHttpDouble((request, response) => {
    const url = new URL(request.url ?? "", "http://metadata");
    if (request.headers["metadata-flavor"] !== "Google" || !working) return response.writeHead(403).end();
    asked.push(url.searchParams.get("audience") ?? "");
    response.end(tokenUntil(Date.now() + minutes * 60_000));
  });
  sts = await startHttpDouble(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const form = new URLSearchParams(body);
    shown.push(`${form.get("Action")} ${form.get("RoleArn")} ${form.get("WebIdentityToken")?.split(".").length}`);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    response
      .setHeader("content-type", "text/xml")
      .end(`<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${SESSION}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
      <SessionToken>session</SessionToken><Expiration>${until}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
      </AssumeRoleWithWebIdentityResponse>`);
  });
  gate = await startHttpDouble(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    signed.push(/Credential=([^/]+)/.exec(request.headers.authorization ?? "")?.[1] ?? "");
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": String(request.headers["x-amz-target"]) };
    const authorization = String(request.headers.authorization);
    const answer = await fetch(emulators.endpoints.dynamodb, {
      method: "POST",
      headers: { ...headers, authorization, "x-amz-date": String(request.headers["x-amz-date"]) },
      body: Buffer.concat(chunks),
    });
    response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" }).end(await answer.text());
  });
});

afterAll(async () => {
  await Promise.all([metadata.stop(), sts.stop(), gate.stop(), emulators.stop()]);
  await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** The framework's own program with one of the functions. */
async function framework(
  target: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const port = await freePort();
  const program = resolve("node_modules/@google-cloud/functions-framework/build/src/main.js");
  const child = spawn(process.execPath, [program, `--target=${target}`, `--port=${port}`, "--source=functions/gcp.ts"], {
    env: { PATH: process.env["PATH"], HOME: folder, K_SERVICE: target, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  await new Promise<void>((ready, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        text += chunk;
        if (text.includes("URL:")) ready();
      });
    }
    child.once("exit", () => failed(new Error(text)));
  });
  return { url: `http://127.0.0.1:${port}`, child };
}

test("a service account's token is shown to AWS, and the role's credentials sign the calls of the table", async () => {
  const { url, child } = await framework("webhook", {
    SLIPWAY_CONFIG: JSON.stringify({
      queue: "projects/acme/topics/slipway",
      targets: [{ name: "ai", type: "vertex", project: "acme", region: "europe-west4" }],
      http: { tokens: [{ name: "all", secret: "env:ALL", may: ["read"], targets: ["*"] }] },
    }),
    SLIPWAY_TABLE: await prepareEmbeddedTable(emulators.endpoints.dynamodb, { repair: false }),
    SLIPWAY_AWS_AUDIENCE: "slipway-prod",
    AWS_ROLE_ARN: ROLE,
    AWS_REGION: "eu-west-1",
    AWS_ENDPOINT_URL_DYNAMODB: gate.endpoint,
    AWS_ENDPOINT_URL_STS: sts.endpoint,
    GCE_METADATA_HOST: metadata.endpoint.replace("http://", ""),
    ALL: "all-secret",
  });
  try {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    for (let times = 0; times < 3; times++) {
      const answer = await fetch(`${url}/runs`, { headers: { authorization: "Bearer all-secret" } });
      expect([answer.status, await answer.json()]).toMatchObject([200, { runs: [] }]);
    }
    expect(asked).toEqual(["slipway-prod"]);
    expect(shown).toEqual([`AssumeRoleWithWebIdentity ${ROLE} 3`]);
    expect(new Set(signed)).toEqual(new Set([SESSION]));
  } finally {
    child.removeAllListeners("exit");
    const ended = once(child, "exit");
    child.kill();
    await ended;
  }
});

describe("a token for AWS", () => {
  const environment = () => ({
    SLIPWAY_AWS_AUDIENCE: "any",
    AWS_ROLE_ARN: ROLE,
    GCE_METADATA_HOST: metadata.endpoint.replace("http://", ""),
    AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, "token"),
  });

  it("is asked for once by all that come meanwhile, and again ten minutes before its end", async () => {
    let now = Date.now();
    const identified = awsIdentity(environment(), () => now);
    const before = asked.length;
    await Promise.all([identified(), identified(), identified()]);
    now += 45 * 60_000;
    await identified();
    expect(asked.length).toBe(before + 1);
    now += 6 * 60_000;
    minutes = 120;
    await identified();
    await identified();
    expect(asked.length).toBe(before + 2);
  });

  it("that Google does not give fails the call, which says so, and is asked for by the next", async () => {
    const identified = awsIdentity(environment(), Date.now);
    working = false;
    await expect(identified()).rejects.toThrow(/gives no token for AWS: it answered 403/);
    working = true;
    await identified();
  });

  it("is nobody's business where no role of AWS is named", async () => {
    const before = asked.length;
    const { AWS_ROLE_ARN: _, ...without } = environment();
    await awsIdentity(without, Date.now)();
    expect(asked.length).toBe(before);
  });
});
