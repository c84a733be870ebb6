/** Who calls, and where: read from the signature's credential scope, as the service would. The signature itself is not checked. */
import { EcsRefusal, REFUSALS } from "./refusal.ts";

export interface Caller {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

/** A session that AssumeRole gave out. */
export interface Session {
  readonly arn: string;
  readonly account: string;
  readonly token: string;
  readonly expiresAt: number;
}

export interface KnownCallers {
  readonly account: string;
  readonly accounts: Readonly<Record<string, string>>;
  readonly sessions: ReadonlyMap<string, Session>;
}

/** Throws what the service says to a request that is unsigned, or signed by a session that is unknown or has expired. */
export function callerOf(headers: Readonly<Record<string, string>>, known: KnownCallers, now: number): Caller {
  const [, key, region] = /Credential=([^/]+)\/\d{8}\/([^/]+)\/[^/]+\/aws4_request/.exec(headers["authorization"] ?? "") ?? [];
  if (key === undefined || region === undefined) throw new EcsRefusal(REFUSALS.missingToken);
  const partition = partitionOf(region);
  const session = known.sessions.get(key);
  const token = headers["x-amz-security-token"];
  if (session === undefined) {
    if (token !== undefined) throw new EcsRefusal(REFUSALS.unknownToken);
    const account = known.accounts[key] ?? known.account;
    return { arn: `arn:${partition}:iam::${account}:user/${key}`, account, region, partition };
  }
  if (token !== session.token) throw new EcsRefusal(REFUSALS.unknownToken);
  if (now >= session.expiresAt) throw new EcsRefusal(REFUSALS.expiredToken);
  return { arn: session.arn, account: session.account, region, partition };
}

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
