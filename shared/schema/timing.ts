import * as z from "zod/mini";
import { late } from "../core/late.ts";
import type { Timing } from "../core/target.ts";
import { optionalField } from "./fields.ts";
import { camelCased } from "./naming.ts";

/** The protocol's durations where nothing else is said. */
export const DEFAULT_TIMING: Timing = {
  deadlineSeconds: 60,
  leaseSlackSeconds: 15,
  sweepSeconds: 60,
  visibilitySeconds: 360,
  waitScale: 1,
};

const positive = late(() => z.number().check(z.gt(0)));

/** Durations of the protocol over `defaults`. */
export function timingOver(defaults: Timing) {
  return z.pipe(
    z.strictObject({
      deadline_seconds: optionalField("Time that one dispatch invocation has.", positive()),
      lease_slack_seconds: optionalField("A lease ends so long after its invocation's deadline.", positive()),
      sweep_seconds: optionalField("Time between two sweeps.", positive()),
      visibility_seconds: optionalField("A message that was taken is delivered again after so long.", positive()),
      wait_scale: optionalField("Factor on every wait between attempts.", positive()),
    }),
    z.transform((parsed): Timing => ({ ...defaults, ...camelCased(parsed) })),
  );
}
