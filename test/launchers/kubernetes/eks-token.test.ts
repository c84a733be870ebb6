/** EKS's token against one that is computed here by the rules of Signature Version 4, for fixed inputs. */
import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type EksTokenRequest, eksToken } from "../../../shared/launchers/kubernetes/eks-token.ts";

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text, "utf8").digest();
const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");
const escaped = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** The token by hand: canonical request, string to sign, signing key, signature. */
function tokenByHand({ cluster, region, credentials, at }: EksTokenRequest): string {
  const long = at.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = `${long.slice(0, 8)}/${region}/sts/aws4_request`;
  const host = `sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  const query: readonly (readonly [string, string])[] = [
    ["Action", "GetCallerIdentity"],
    ["Version", "2011-06-15"],
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", `${credentials.accessKeyId}/${scope}`],
    ["X-Amz-Date", long],
    ["X-Amz-Expires", "60"],
    ...(credentials.sessionToken === undefined ? [] : [["X-Amz-Security-Token", credentials.sessionToken] as const]),
    ["X-Amz-SignedHeaders", "host;x-k8s-aws-id"],
  ];
  const canonicalQuery = query.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join("&");
  const request = ["GET", "/", canonicalQuery, `host:${host}`, `x-k8s-aws-id:${cluster}`, "", "host;x-k8s-aws-id", sha256("")].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", long, scope, sha256(request)].join("\n");
  const key = ["aws4_request"].reduce(
    hmac,
    [long.slice(0, 8), region, "sts"].reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`) as Buffer,
  );
  const signature = hmac(key, toSign).toString("hex");
  // The signature stands where its name sorts.
  const parts = [...canonicalQuery.split("&"), `X-Amz-Signature=${signature}`].sort();
  return `k8s-aws-v1.${Buffer.from(`https://${host}/?${parts.join("&")}`).toString("base64url")}`;
}

const FIXED: EksTokenRequest = {
  cluster: "jobs",
  region: "eu-west-1",
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
  at: new Date("2026-01-05T12:00:00Z"),
};

describe("the token is the one that is computed by hand", () => {
  test.each<readonly [string, Partial<EksTokenRequest>]>([
    ["of a user", {}],
    ["of a session", { credentials: { ...FIXED.credentials, sessionToken: "IQoJ/b3+Jp=Z2lu (a)*!'" } }],
    ["of another cluster", { cluster: "another-cluster_1" }],
    ["of another region", { region: "us-gov-west-1" }],
    ["in China", { region: "cn-north-1" }],
    ["at another time", { at: new Date("2026-12-31T23:59:59.999Z") }],
  ])("%s", async (_name, over) => {
    const request = { ...FIXED, ...over };
    expect(await eksToken(request)).toBe(tokenByHand(request));
  });
});

test("the token is URL-safe without padding, and says nothing of the secret key", async () => {
  const token = await eksToken(FIXED);
  expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
  const url = Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString();
  expect(url).not.toContain("wJalr");
  expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({ Action: "GetCallerIdentity", "X-Amz-Expires": "60" });
});
