/** Senders of the HTTP interface, as senders are. */
import { Webhook } from "standardwebhooks";

/** Answers of the interface. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;

  readonly body: unknown;
}

/** What came of a call. */
export async function answerOf(response: Response | Promise<Response>): Promise<Answer> {
  const { status, headers, ...rest } = await awaited(response);
  return { status, headers, body: rest.body };
}

async function awaited(given: Response | Promise<Response>) {
  const response = await given;
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

/** Calls with a token. */
export function bearerClient(url: string, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  return {
    get: (path: string) => answerOf(fetch(`${url}${path}`, { headers })),
    post: (path: string, body: unknown = {}, more: Record<string, string> = {}) =>
      answerOf(
        fetch(`${url}${path}`, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers, ...more },
          body: typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
        }),
      ),
  };
}

/** The headers of a body signed with the scheme's own library. */
export function signedHeaders(secret: string, id: string, body: string, at = new Date()): Record<string, string> {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  };
}
