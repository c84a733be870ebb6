import * as z from "zod/mini";
import { late } from "../core/late.ts";
import type { Environment } from "../core/run.ts";
import { text } from "./fields.ts";

const name = late(() =>
  z.string().check(z.regex(/^[^=\0]+$/, "a variable's name must not be empty and must hold no = and no NUL character")),
);

/** JSON numbers are doubles: a longer integer has lost digits before anybody could look at it. */
const exactNumber = late(() =>
  z
    .number()
    .check(
      z.refine(
        (value) => !Number.isInteger(value) || Number.isSafeInteger(value),
        "an integer beyond 2^53 loses digits: write it as a string",
      ),
    ),
);

/** A map of variables whose texts must pass `value`; null takes a variable away. */
export function environmentOf(value: z.ZodMiniType<string, string>): z.ZodMiniType<Environment, Environment> {
  return z.record(name(), z.union([value, exactNumber(), z.boolean(), z.null()]));
}

/** A run config's variables. */
export const environment = late(() => environmentOf(text()));
