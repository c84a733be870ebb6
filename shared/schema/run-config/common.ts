/** The fields that every run config has, and what its types share. */
import * as z from "zod/mini";
import { byCodeUnit } from "../../core/json.ts";
import { late } from "../../core/late.ts";
import type { RunConfig } from "../../core/run.ts";
import { environment } from "../environment.ts";
import { described, text } from "../fields.ts";
import { type CamelCased, camelCased } from "../naming.ts";

/** One type of run config: how a document of it is parsed, and the names of its fields. */
export interface RunConfigSchema<Config extends RunConfig> {
  readonly type: Config["type"];
  /** Its fields but `type`, as documents name them, in the order in which they are written. */
  readonly fields: readonly string[];
  readonly schema: z.core.$ZodType<Config> & z.core.$ZodTypeDiscriminable;
}

/** A type of run config whose schema is made when one of its type comes. */
export function runConfigSchema<Config extends RunConfig>(
  type: Config["type"],
  make: () => Omit<RunConfigSchema<Config>, "type">,
): RunConfigSchema<Config> {
  const made = late(make);
  return {
    type,
    get fields() {
      return made().fields;
    },
    get schema() {
      return made().schema;
    },
  };
}

/** Fields of every run config document. */
export const commonFields = late(() => ({
  env: described(
    "Environment variables: a string, a number, true or false; null takes away a value set lower down.",
    z.pipe(
      z._default(z.nullable(environment()), null),
      z.transform((variables) => variables ?? {}),
    ),
  ),
  labels: described(
    "Labels that a target must have to be given the run. A run without labels goes to a target without labels.",
    z.pipe(
      z._default(z.array(text()), []),
      z.transform((labels): readonly string[] => [...new Set(labels)].sort(byCodeUnit)),
    ),
  ),
  __version__: described("Version of the serializer that wrote the document; ignored.", z.optional(z.unknown())),
}));

/** The `type` field of one type of run config. */
export function typeField<Type extends string>(type: Type, meaning: string): z.ZodMiniLiteral<Type> {
  return described(meaning, z.literal(type));
}

/** The code's form of a parsed document: camelCase, without nulls and without what serializers add. */
export function fromDocument<Document extends { __version__?: unknown }>({
  __version__: _,
  ...document
}: Document): CamelCased<Omit<Document, "__version__">> {
  return camelCased(document);
}

/** A number where text is declared is what the old constructors took, and wrote as Python's str() does. */
export const quantity = late(() => z.pipe(z.union([text(), z.number()]), z.transform(String)));

/** Checks that at most one of some fields is given; `{}` and `""` count as given, null does not. */
export function atMostOne(...names: readonly string[]): z.core.$ZodCheck<object> {
  return z.check<object>(
    ({ value, issues }) => {
      if (typeof value !== "object" || value === null) return;
      const fields = value as Readonly<Record<string, unknown>>;
      const [first, ...rest] = names.filter((name) => fields[name] !== undefined && fields[name] !== null);
      for (const name of rest)
        issues.push({
          code: "custom",
          path: [name],
          input: fields[name],
          message: `not together with ${first}: give at most one of ${names.join(", ")}`,
        });
    },
    // Other errors of the document do not hide this one.
    { when: () => true },
  );
}
