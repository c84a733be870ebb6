import * as z from "zod/mini";
import { late } from "../core/late.ts";
import type { Http } from "../core/target.ts";
import { described, filledText, optionalField } from "./fields.ts";
import { secretReference } from "./places.ts";

const name = () => z.string().check(z.regex(/^[A-Za-z0-9._-]{1,64}$/, "expected 1 to 64 letters, digits, dots, underscores and hyphens"));
const targets = () => z.array(filledText()).check(z.minLength(1));

const token = () =>
  z.strictObject({
    name: described("Names the token's bearer in records and logs.", name()),
    secret: described("Reference to the token.", secretReference()),
    may: described("What its bearer may do.", z.array(z.enum(["submit", "read", "cancel"])).check(z.minLength(1))),
    targets: described('Globs of the targets that its runs may use; ["*"] for all.', targets()),
  });

const webhook = () =>
  z.strictObject({
    name: described("Names the sender in records and logs.", name()),
    secrets: described("References to the signing secrets; any of them may have signed.", z.array(secretReference()).check(z.minLength(1))),
    targets: described('Globs of the targets that its runs may use; ["*"] for all.', targets()),
  });

/** Schema of who may use the HTTP interface. */
export const http = late(() =>
  z.pipe(
    z.strictObject({
      tokens: optionalField("Bearer tokens.", z.array(token())),
      webhooks: optionalField("Senders of signed requests.", z.array(webhook())),
    }),
    z.transform(({ tokens, webhooks }): Http => ({ tokens: tokens ?? [], webhooks: webhooks ?? [] })),
  ),
);
