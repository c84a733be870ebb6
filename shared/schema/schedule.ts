import * as z from "zod/mini";
import { late } from "../core/late.ts";
import { cronProblem, shortestGap } from "./cron.ts";
import { described, optionalField } from "./fields.ts";
import { runRequest } from "./run-request.ts";

const TIMEZONE = "UTC";
/** A day. */
const LONGEST_JITTER = 86_400;

const cron = () =>
  z.string().check(
    z.check(({ value, issues }) => {
      const message = cronProblem(value);
      if (message !== undefined) issues.push({ code: "custom", input: value, message });
    }),
  );

const timezone = () => z.string().check(z.refine(isTimeZone, "expected the IANA name of a time zone, as Europe/Berlin"));

/** A run request whose id is still to be made. */
const request = () =>
  runRequest().check(
    z.check(({ value, issues }) => {
      if (value.id === undefined) return;
      const message = "a scheduled run has no id of its own: each gets one, made of the schedule's name and the time";
      issues.push({ code: "custom", path: ["id"], input: undefined, message });
    }),
  );

/** Schema of one schedule. Its request comes out parsed, for what is wrong with it; it is sent as it is written. */
export const schedule = late(() =>
  z.pipe(
    z
      .strictObject({
        name: described(
          "Names the schedule; part of the ids of its runs.",
          z.string().check(z.regex(/^[A-Za-z0-9._-]{1,64}$/, "expected 1 to 64 letters, digits, dots, underscores and hyphens")),
        ),
        cron: described('When, as five fields: "0 3 * * *".', cron()),
        timezone: optionalField(`IANA name of the time zone in which cron counts; ${TIMEZONE} when not said.`, timezone()),
        enabled: optionalField("false: it does not fire, and what it misses is not made up for; true when not said.", z.boolean()),
        jitter_seconds: optionalField(
          "Each run is asked for up to so many seconds after its time: always as many for the same time, others for another schedule.",
          z.int().check(z.gte(1), z.lte(LONGEST_JITTER)),
        ),
        request: described("The run request, without an id.", request()),
      })
      .check(
        z.check(({ value, issues }) => {
          const { cron: rule, jitter_seconds: jitter } = value;
          if (typeof jitter !== "number" || typeof rule !== "string" || cronProblem(rule) !== undefined) return;
          const gap = shortestGap(rule) / 1000;
          if (jitter < gap) return;
          const message = `expected less than the time between two runs, which is ${gap} s`;
          issues.push({ code: "custom", path: ["jitter_seconds"], input: jitter, message });
        }),
      ),
    z.transform(({ timezone: zone, enabled, jitter_seconds: jitter, ...parsed }) => ({
      ...parsed,
      timezone: zone ?? TIMEZONE,
      enabled: enabled ?? true,
      ...(typeof jitter === "number" ? { jitterSeconds: jitter } : {}),
    })),
  ),
);

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
