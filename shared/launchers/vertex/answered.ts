/** A call that the service answered with an error, as its own text says it. */
import * as z from "zod/mini";

const body = z.object({
  error: z.object({
    status: z.optional(z.string()),
    message: z.optional(z.string()),
    details: z.optional(z.array(z.looseObject({ reason: z.optional(z.string()), retryDelay: z.optional(z.string()) }))),
  }),
});

/** What was answered. `code` is gRPC's name for it, or the HTTP status where a gateway answered. */
export class Answered extends Error {
  override readonly name = "Answered";
  readonly httpStatus: number;
  readonly code: string;
  /** The service's own words, which may repeat what it was sent. */
  readonly said: string;
  readonly retryAfterSeconds?: number;

  constructor(httpStatus: number, text: string, retryAfter: string | null) {
    super(`answered with status ${httpStatus}`);
    const { status, message, details } = errorIn(text);
    const reason = details?.find((detail) => detail.reason !== undefined)?.reason;
    const delay = /^(\d+)(?:\.\d+)?s?$/.exec(
      retryAfter ?? details?.find((detail) => detail.retryDelay !== undefined)?.retryDelay ?? "",
    )?.[1];
    this.httpStatus = httpStatus;
    this.code = status !== undefined && /^[A-Z_]{1,40}$/.test(status) ? status : `HTTP_${httpStatus}`;
    this.said = [reason, message].filter((part) => part !== undefined).join(": ");
    if (delay !== undefined) this.retryAfterSeconds = Number(delay) + 1;
  }
}

/** The error in an answer's text; an empty one where a gateway answered with a page of its own. */
function errorIn(text: string): z.infer<typeof body>["error"] {
  try {
    return body.safeParse(JSON.parse(text)).data?.error ?? {};
  } catch {
    return {};
  }
}
