import * as z from "zod/mini";
import type { Issue } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { Configuration, Timing } from "../core/target.ts";
import { described, filledText, optionalField } from "./fields.ts";
import { check, refusal } from "./issues.ts";
import { asJson } from "./json-value.ts";
import { camelCased } from "./naming.ts";
import { anyTarget, type TargetKinds } from "./target.ts";
import { targetNameIssues } from "./target-names.ts";
import { DEFAULT_TIMING, timingOver } from "./timing.ts";

const DEPLOYMENT = "default";
const RETENTION_DAYS = 30;
const LONGEST_RETENTION_DAYS = 3650;

/** Schema of the configuration document. A further part of it is a further field here. */
export function configuration(kinds: TargetKinds, timing: Timing) {
  const document = z.strictObject({
    deployment: optionalField(
      `Part of every name that is given; "${DEPLOYMENT}" when not said.`,
      z.string().check(z.regex(/^[a-z0-9-]{1,32}$/, "expected 1 to 32 lower-case letters, digits and hyphens")),
    ),
    targets: described("The places to run, in the order in which they are tried.", z.array(anyTarget(kinds)).check(z.minLength(1))),
    retention_days: optionalField(
      `Days for which a run is remembered after its end; ${RETENTION_DAYS} when not said.`,
      z.int().check(z.gte(1), z.lte(LONGEST_RETENTION_DAYS)),
    ),
    timing: optionalField("Durations of the protocol.", timingOver(timing)),
    table: optionalField("Name of the run table.", filledText),
    queue: optionalField("URL of the SQS queue, or name of the Pub/Sub topic.", filledText),
  });
  return z.pipe(
    document,
    z.transform((parsed): Configuration => ({ deployment: DEPLOYMENT, retentionDays: RETENTION_DAYS, timing, ...camelCased(parsed) })),
  );
}

/** Parses the configuration document. `timing` is what its own `timing` overrides. Throws `Refusal` with all that is wrong with it. */
export function parseConfiguration(document: Json, launchers: TargetKinds, options: { readonly timing?: Timing } = {}): Configuration {
  const json = asJson(document, "INVALID_CONFIGURATION");
  const checked = check(configuration(launchers, options.timing ?? DEFAULT_TIMING), json);
  const issues: readonly Issue[] = [...(checked.ok ? [] : checked.issues), ...targetNameIssues(json)];
  if (!checked.ok || issues.length > 0) throw refusal("INVALID_CONFIGURATION", issues);
  return checked.value;
}
