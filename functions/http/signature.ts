/** The Standard Webhooks scheme over the raw bytes of a body. */
import { type Webhook, WebhookVerificationError } from "standardwebhooks";
import { Refusal } from "../../shared/core/errors.ts";
import { HttpProblem } from "./problem.ts";

/** The headers of a signed call. */
export interface Signature {
  readonly id: string;
  /** Epoch seconds. */
  readonly timestamp: number;
  /** One or several, for secrets that are being rotated. */
  readonly signatures: string;
}

const TOLERANCE_MILLISECONDS = 5 * 60_000;

/** A header that is there twice arrives as one with a comma, which none of the three may hold so. */
const FORMS = {
  "webhook-id": [/^[\x21-\x2b\x2d-\x7e]{1,256}$/, "the id of the message, without commas and spaces"],
  "webhook-timestamp": [/^\d{1,12}$/, "seconds since 1970"],
  "webhook-signature": [
    /^v\d[a-z]?,[A-Za-z0-9+/]+={0,2}(?: v\d[a-z]?,[A-Za-z0-9+/]+={0,2})*$/,
    "v1,<base64>, one or several with spaces between",
  ],
} as const satisfies Readonly<Record<string, readonly [RegExp, string]>>;

/** Reads the headers. Throws INVALID_HEADERS for one that is missing, there twice, or of another form. */
export function signatureOf(headers: Headers): Signature {
  const given = (name: keyof typeof FORMS): string => {
    const [form, expected] = FORMS[name];
    const value = headers.get(name);
    if (value !== null && form.test(value)) return value;
    throw new HttpProblem("INVALID_HEADERS", `${name}: ${value === null ? "missing" : "invalid, or there twice"}: expected ${expected}`, {
      path: name,
    });
  };
  return { id: given("webhook-id"), timestamp: Number(given("webhook-timestamp")), signatures: given("webhook-signature") };
}

/** Whether it was signed just now, give or take five minutes: an old one may be somebody else's copy. */
export function isFresh({ timestamp }: Signature, now: number): boolean {
  return Math.abs(now - timestamp * 1000) <= TOLERANCE_MILLISECONDS;
}

/** Whether a key gives one of the signatures for these bytes. Throws `Refusal` NOT_UTF8: the library takes texts, and another text could have the same form. */
export function signed(key: Webhook, { id, timestamp, signatures }: Signature, body: Uint8Array): boolean {
  const headers = { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signatures };
  try {
    key.verify(exactText(body), headers, { jsonParse: false });
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

/** The text of which the bytes are the UTF-8 form, a byte order mark included. */
function exactText(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new Refusal("NOT_UTF8", { path: "", message: "the body is not UTF-8 text" });
  }
}
