/** EKS takes a presigned call of STS as a token: who could make the call is who asks. */
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";

/** Credentials that sign. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What a token is for. */
export interface EksTokenRequest {
  readonly cluster: string;
  readonly region: string;
  readonly credentials: SigningCredentials;
  readonly at: Date;
}

/** The cluster takes a token for so long after its date, whatever is signed: it looks at X-Amz-Date. */
export const EKS_TOKEN_MILLISECONDS = 15 * 60_000;
const SIGNED_SECONDS = 60;

/** A token for a cluster, signed without a call. */
export async function eksToken({ cluster, region, credentials, at }: EksTokenRequest): Promise<string> {
  const hostname = `sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  const signer = new SignatureV4({ service: "sts", region, credentials, sha256: Sha256 });
  const { query = {} } = await signer.presign(
    {
      method: "GET",
      protocol: "https:",
      hostname,
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host: hostname, "x-k8s-aws-id": cluster },
    },
    { expiresIn: SIGNED_SECONDS, signingDate: at },
  );
  const text = Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encoded(String(value))}`)
    .sort()
    .join("&");
  return `k8s-aws-v1.${Buffer.from(`https://${hostname}/?${text}`).toString("base64url")}`;
}

/** As AWS's signatures count it. */
function encoded(value: string): string {
  return encodeURIComponent(value).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
