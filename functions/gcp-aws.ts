/**
 * The table is AWS's, and a function of Google Cloud has no key of AWS: a role there trusts the function's service account, by a token
 * that Google gives the function. AWS's clients look for such a token in a file, so that is where it is kept.
 */
import { mkdtemp, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod/mini";
import { late } from "../shared/core/late.ts";

/** A token is good for an hour; what is left of one must do for an invocation, and for AWS's answer to it. */
const LEFT_MILLISECONDS = 10 * 60_000;
const PATIENCE_MILLISECONDS = 5_000;

/** Of a token only its end is read: AWS is who checks it. */
const claims = late(() => z.object({ exp: z.number() }));

/**
 * Makes what each function does before anything else: where `SLIPWAY_AWS_AUDIENCE` says for whom tokens are made, and `AWS_ROLE_ARN` as
 * which role the function is to act, a token that is still good is in the file that `AWS_WEB_IDENTITY_TOKEN_FILE` names from then on.
 * Throws where Google gives none.
 */
export function awsIdentity(environment: NodeJS.ProcessEnv, now: () => number): () => Promise<void> {
  let endsAt = 0;
  let asking: Promise<void> | undefined;
  const ask = async (audience: string) => {
    const token = await tokenFor(audience, environment["GCE_METADATA_HOST"] ?? "metadata.google.internal");
    const path = environment["AWS_WEB_IDENTITY_TOKEN_FILE"] ?? join(await mkdtemp(join(tmpdir(), "slipway-identity-")), "token");
    environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = path;
    // A client that reads it meanwhile finds the one or the other.
    await writeFile(`${path}.next`, token, { mode: 0o600 });
    await rename(`${path}.next`, path);
    endsAt = endOf(token);
  };
  return async () => {
    const audience = environment["SLIPWAY_AWS_AUDIENCE"];
    if (!audience || !environment["AWS_ROLE_ARN"] || endsAt - now() > LEFT_MILLISECONDS) return;
    asking ??= ask(audience).finally(() => {
      asking = undefined;
    });
    await asking;
  };
}

async function tokenFor(audience: string, host: string): Promise<string> {
  const url = new URL(`http://${host}/computeMetadata/v1/instance/service-accounts/default/identity`);
  url.searchParams.set("audience", audience);
  url.searchParams.set("format", "full");
  const headers = { "metadata-flavor": "Google" };
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) }).catch((cause: unknown) => {
    throw new Error("Google's metadata server gives no token for AWS", { cause });
  });
  if (!answer.ok) throw new Error(`Google's metadata server gives no token for AWS: it answered ${answer.status}`);
  return (await answer.text()).trim();
}

function endOf(token: string): number {
  const [, payload = ""] = token.split(".");
  try {
    return claims().parse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8"))).exp * 1000;
  } catch {
    throw new Error("Google's metadata server gave something else than a token for AWS");
  }
}
