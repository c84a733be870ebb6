/** The kinds of field that several documents share. */
import * as z from "zod/mini";
import type { JsonObject } from "../core/json.ts";
import { late } from "../core/late.ts";

/** Gives a field the sentence that `slipway schema` prints. Makes a copy, so that a schema may serve several fields. */
export function described<Schema extends z.ZodMiniType>(description: string, schema: Schema): Schema {
  return schema.check(z.describe(description));
}

/** A field that may be left out; null counts as left out, because serializers and empty YAML values write it. */
export function optionalField<Schema extends z.ZodMiniType>(
  description: string,
  schema: Schema,
): z.ZodMiniOptional<z.ZodMiniNullable<Schema>> {
  return described(description, z.optional(z.nullable(schema)));
}

/** Text. No operating system and no service takes a NUL in it. */
export const text = late(() => z.string().check(z.regex(/^[^\0]*$/, "must hold no NUL character")));

/** Text that is not empty. */
export const filledText = late(() => text().check(z.minLength(1)));

/** A list of texts. */
export const texts = late(() => z.array(text()));

/** An object whose fields somebody else checks: the launcher, or the service itself. */
export const passedThrough = late(() =>
  z.pipe(
    z.record(z.string(), z.unknown()),
    z.transform((value) => value as JsonObject),
  ),
);

/** SQS, a database and a token all forget long before a month; a limit beyond it is a slip of the pen. */
const LONGEST_TIMEOUT_SECONDS = 31 * 24 * 3600;

/** Whole seconds, at most 31 days. */
export const seconds = late(() => z.int().check(z.gte(1), z.lte(LONGEST_TIMEOUT_SECONDS)));
