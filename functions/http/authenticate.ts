/** Who makes a call, and what that one may do. */
import { timingSafeEqual } from "node:crypto";
import type { HttpRight } from "../../shared/core/target.ts";
import type { Composition } from "../compose.ts";
import { readBody, unproven } from "./body.ts";
import type { FailedSignIns } from "./failed-sign-ins.ts";
import { fingerprintOf, type Keyring, type Keyrings } from "./keyring.ts";
import { HttpProblem } from "./problem.ts";
import { isFresh, signatureOf, signed } from "./signature.ts";

/** Who makes a call. */
export interface Sender {
  readonly kind: "token" | "webhook";
  readonly name: string;
  readonly may: readonly HttpRight[];
  /** Globs of the targets that its runs may use; absent: all. */
  readonly targets?: readonly string[];
}

/** A call, and what its sender is known by. */
export interface Call {
  readonly request: Request;
  /** Network address of the client, for counting failures. */
  readonly address: string;
}

/** What authenticating needs. */
export interface SignIn {
  readonly composed: Composition;
  readonly keyrings: Keyrings;
  readonly failures: FailedSignIns;
}

/** The bearer of a token that has the right. Throws UNAUTHENTICATED, NOT_PERMITTED, TOO_MANY_FAILURES. */
export async function bearer({ request, address }: Call, right: HttpRight, signIn: SignIn): Promise<Sender> {
  const given = request.headers.get("authorization");
  if (given === null) throw unauthenticated("the call has no credentials");
  const [, secret] = /^Bearer +([\x21-\x2b\x2d-\x7e]+)$/i.exec(given) ?? [];
  if (secret === undefined) throw unauthenticated("expected one Authorization header, `Bearer <token>`");
  await signIn.failures.refuse(address, secret);
  const fingerprint = fingerprintOf(secret);
  // Every token is compared, each in constant time: how long it takes tells nothing.
  const { found, keyring } = await foundIn(
    signIn,
    ({ tokens }) => tokens.filter((candidate) => timingSafeEqual(candidate.fingerprint, fingerprint))[0]?.token,
  );
  if (found === undefined) throw await unknown(signIn, address, keyring, () => unauthenticated("no token is this one"));
  signIn.failures.succeeded(address, secret);
  if (!found.may.includes(right))
    throw new HttpProblem("NOT_PERMITTED", `the token "${found.name}" may ${found.may.join(" and ")}, not ${right}`);
  return { kind: "token", name: found.name, may: found.may, ...boundedBy(found.targets) };
}

/** What a webhook may ask for: its signature covers the body alone, so all that it does is in bodies. */
const WEBHOOK_RIGHTS: readonly HttpRight[] = ["submit", "cancel"];
const SIGNATURE = "signature";

/** Whoever signed the body. Throws as `bearer` does, SIGNATURE_INVALID, and INVALID_HEADERS. */
export async function signer({ request, address }: Call, signIn: SignIn): Promise<{ readonly sender: Sender; readonly body: Uint8Array }> {
  const signature = signatureOf(request.headers);
  await signIn.failures.refuse(address, SIGNATURE);
  const now = signIn.composed.context.clock.now();
  const invalid = (why: string) => new HttpProblem("SIGNATURE_INVALID", why);
  if (!isFresh(signature, now)) {
    await signIn.failures.failed(address);
    throw invalid("webhook-timestamp is more than five minutes from now");
  }
  const body = await readBody(request, unproven);
  const { found, keyring } = await foundIn(
    signIn,
    ({ webhooks }) => webhooks.find(({ keys }) => keys.some((key) => signed(key, signature, body)))?.webhook,
  );
  if (found === undefined) throw await unknown(signIn, address, keyring, () => invalid("no secret gives this signature for this body"));
  signIn.failures.succeeded(address, SIGNATURE);
  return { sender: { kind: "webhook", name: found.name, may: WEBHOOK_RIGHTS, ...boundedBy(found.targets) }, body };
}

/** Whether a call is signed, rather than made by the bearer of a token. */
export function isSigned({ headers }: Request): boolean {
  return !headers.has("authorization") && ["webhook-id", "webhook-timestamp", "webhook-signature"].some((name) => headers.has(name));
}

/** Whom a credential is known by: where it is by none, the secrets are read anew now and then. */
async function foundIn<Found>({ keyrings, composed }: SignIn, find: (keyring: Keyring) => Found | undefined) {
  const keyring = await keyrings.current(composed);
  const found = find(keyring);
  const renewed = found === undefined ? await keyrings.renewed(composed) : undefined;
  return renewed === undefined ? { found, keyring } : { found: find(renewed), keyring: renewed };
}

/** A credential that is none, as far as can be said. */
async function unknown({ failures }: SignIn, address: string, { incomplete }: Keyring, problem: () => HttpProblem): Promise<HttpProblem> {
  // Counted also where it may yet be right: one secret that can't be read must not open the others to guessing.
  await failures.failed(address);
  if (incomplete) {
    return new HttpProblem("UNAVAILABLE", "some secrets can't be read now, so the credentials can't be checked", {
      headers: { "retry-after": "10" },
    });
  }
  return problem();
}

function unauthenticated(detail: string): HttpProblem {
  return new HttpProblem("UNAUTHENTICATED", detail, { headers: { "www-authenticate": "Bearer" } });
}

function boundedBy(targets: readonly string[]): Pick<Sender, "targets"> {
  return targets.includes("*") ? {} : { targets };
}
