/** OIDC tokens as Google makes them, and the keys to check them with at an address of this machine. */
import { createSign, generateKeyPairSync } from "node:crypto";
import { type HttpDouble, startHttpDouble } from "./http-double.ts";

/** Makes tokens, and serves the keys. */
export interface GoogleTokens extends HttpDouble {
  /** How often the keys were asked for. */
  readonly asked: number;
  /** A token with these claims over the usual ones. */
  token(claims?: Record<string, unknown>): string;
  /** The same, signed with a key that is not Google's. */
  forged(): string;
}

export const AUDIENCE = "https://slipway.example/dispatch";
export const ACCOUNT = "pusher@project.iam.gserviceaccount.com";

export async function startGoogleTokens(): Promise<GoogleTokens> {
  const pair = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ours = pair();
  const others = pair();
  let asked = 0;
  const server = await startHttpDouble((_request, response) => {
    asked++;
    const keys = { one: ours.publicKey.export({ type: "spki", format: "pem" }) };
    response.writeHead(200, { "content-type": "application/json", "cache-control": "public, max-age=3600" }).end(JSON.stringify(keys));
  });
  const signed = (key: typeof ours.privateKey, claims: Record<string, unknown>) => {
    const now = Math.floor(Date.now() / 1000);
    const usual = {
      iss: "https://accounts.google.com",
      aud: AUDIENCE,
      email: ACCOUNT,
      email_verified: true,
      sub: "1",
      iat: now,
      exp: now + 3600,
    };
    const parts = [
      { alg: "RS256", kid: "one", typ: "JWT" },
      { ...usual, ...claims },
    ];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    return `${text}.${createSign("RSA-SHA256").update(text).sign(key).toString("base64url")}`;
  };
  return {
    ...server,
    get asked() {
      return asked;
    },
    token: (claims = {}) => signed(ours.privateKey, claims),
    forged: () => signed(others.privateKey, {}),
  };
}
