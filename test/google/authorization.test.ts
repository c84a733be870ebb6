/** Tokens of Google Cloud: by a key, by a user's login, and from AWS without any key. The token services are doubles. */
import { generateKeyPairSync } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { JsonObject } from "../../shared/core/json.ts";
import { type GoogleCredentials, googleAuthorization, NotAuthorized } from "../../shared/google/authorization.ts";
import { type HttpDouble, startHttpDouble } from "../support/http-double.ts";

const AUDIENCE = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/aws";
const SECRET = "canary-7d1f60c2";
const URL = "https://europe-west4-aiplatform.googleapis.com/v1/x";

interface Asked {
  readonly path: string;
  readonly authorization: string;
  readonly body: string;
}

let asked: Asked[];
let answers: { readonly status: number; readonly body: JsonObject }[];
let double: HttpDouble;

beforeEach(async () => {
  asked = [];
  answers = [];
  double = await startHttpDouble(async (request, response) => {
    asked.push({ path: request.url ?? "", authorization: request.headers.authorization ?? "", body: await textOf(request) });
    const { status, body } = answers.shift() ?? { status: 500, body: {} };
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await double.stop();
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

function authorization(credentials: GoogleCredentials, environment: Record<string, string> = {}, secret = "") {
  return googleAuthorization(credentials, { environment, secret: async () => secret });
}

function federation(over: JsonObject = {}): GoogleCredentials {
  const document = {
    type: "external_account",
    audience: AUDIENCE,
    subject_token_type: "urn:ietf:params:aws:token-type:aws4_request",
    token_url: `${double.endpoint}/v1/token`,
    // What the console writes for AWS: the metadata service of an instance. There is none on Lambda.
    credential_source: { environment_id: "aws1", region_url: "http://169.254.169.254/region", url: "http://169.254.169.254/credentials" },
    ...over,
  };
  return { kind: "federation", document };
}

const TOKEN = {
  access_token: "federated",
  issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
  token_type: "Bearer",
  expires_in: 3600,
};

/** Lambda gives its role's credentials by its environment. */
function onLambda(): Record<string, string> {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIALAMBDA");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", SECRET);
  vi.stubEnv("AWS_SESSION_TOKEN", "session");
  return { AWS_REGION: "eu-west-1" };
}

test("from AWS without a key: its own credentials sign a call that proves who it is, and are exchanged once", async () => {
  answers = [{ status: 200, body: TOKEN }];
  const { headers } = await authorization(federation(), onLambda());
  expect((await headers(URL)).get("authorization")).toBe("Bearer federated");
  expect((await headers(URL)).get("authorization")).toBe("Bearer federated");
  expect(asked.map(({ path }) => path)).toEqual(["/v1/token"]);
  const sent = new URLSearchParams(asked[0]?.body);
  expect(sent.get("audience")).toBe(AUDIENCE);
  expect(sent.get("scope")).toBe("https://www.googleapis.com/auth/cloud-platform");
  const proof = JSON.parse(decodeURIComponent(sent.get("subject_token") ?? "")) as {
    url: string;
    method: string;
    headers: { key: string; value: string }[];
  };
  expect(proof).toMatchObject({
    method: "POST",
    url: expect.stringContaining("https://sts.eu-west-1.amazonaws.com?Action=GetCallerIdentity"),
  });
  const signed = new Map(proof.headers.map(({ key, value }) => [key.toLowerCase(), value]));
  expect(signed.get("x-goog-cloud-target-resource")).toBe(AUDIENCE);
  expect(signed.get("x-amz-security-token")).toBe("session");
  expect(signed.get("authorization")).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIALAMBDA\/\d{8}\/eu-west-1\/sts\/aws4_request/);
  expect(asked[0]?.body).not.toContain(SECRET);
});

test("a document that names a service account is exchanged for that account's token", async () => {
  answers = [
    { status: 200, body: TOKEN },
    { status: 200, body: { accessToken: "impersonated", expireTime: new Date(Date.now() + 3_600_000).toISOString() } },
  ];
  const url = `${double.endpoint}/v1/projects/-/serviceAccounts/launch@p.iam.gserviceaccount.com:generateAccessToken`;
  const { headers } = await authorization(federation({ service_account_impersonation_url: url }), onLambda());
  expect((await headers(URL)).get("authorization")).toBe("Bearer impersonated");
  expect(asked[1]).toMatchObject({ authorization: "Bearer federated", path: expect.stringContaining("generateAccessToken") });
});

test("the same document from a secret", async () => {
  answers = [{ status: 200, body: TOKEN }];
  const { document } = federation() as { readonly document: JsonObject };
  const { headers } = await authorization({ kind: "secret", reference: "env:FEDERATION" }, onLambda(), JSON.stringify(document));
  expect((await headers(URL)).get("authorization")).toBe("Bearer federated");
});

test("a service account's key signs its own token: nobody is asked", async () => {
  const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
  const document = JSON.stringify({ type: "service_account", client_email: "a@p.iam.gserviceaccount.com", private_key: key });
  const { headers } = await authorization({ kind: "secret", reference: "env:KEY" }, {}, document);
  const [, payload = ""] = ((await headers(URL)).get("authorization") ?? "").split(".");
  expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({
    iss: "a@p.iam.gserviceaccount.com",
    scope: expect.stringContaining("cloud-platform"),
  });
  expect(asked).toEqual([]);
});

/** What goes wrong, and what is said of it. */
const WRONG: readonly [string, () => Promise<unknown>, RegExp][] = [
  [
    "the pool trusts nobody such",
    async () => {
      answers = [{ status: 400, body: { error: "invalid_target", error_description: "The audience is not known." } }];
      return (await authorization(federation(), onLambda())).headers(URL);
    },
    /token service refused: Error code invalid_target: The audience/,
  ],
  [
    "no region is known",
    async () => {
      onLambda();
      return (await authorization(federation())).headers(URL);
    },
    /set AWS_REGION/,
  ],
  [
    "the secret is no JSON",
    () => authorization({ kind: "secret", reference: "env:KEY" }, {}, `{"private_key": "${SECRET}`),
    /no JSON object/,
  ],
  [
    "a document of another type",
    () => authorization({ kind: "secret", reference: "env:KEY" }, {}, `{"type": "${SECRET}"}`),
    /expected credentials of type/,
  ],
  [
    "a key that is none",
    async () =>
      (
        await authorization(
          { kind: "secret", reference: "env:KEY" },
          {},
          JSON.stringify({ type: "service_account", client_email: "a@b", private_key: SECRET }),
        )
      ).headers(URL),
    /no token could be had/,
  ],
];

test.each(WRONG)("refused without a word of the credentials: %s", async (_rule, act, says) => {
  const error = await act().then(
    () => expect.unreachable("a token was had"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NotAuthorized);
  expect(String(error)).toMatch(says);
  expect(JSON.stringify([String(error), (error as Error).stack, (error as Error).cause])).not.toContain(SECRET);
});
