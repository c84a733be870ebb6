import * as z from "zod/mini";
import type { Issue } from "../core/errors.ts";
import { isList, isObject, type Json } from "../core/json.ts";
import type { Configuration, Schedule, Timing } from "../core/target.ts";
import { issuesBetweenFields } from "./between-fields.ts";
import { described, filledText, optionalField } from "./fields.ts";
import { http } from "./http.ts";
import { check, refusal } from "./issues.ts";
import { asJson } from "./json-value.ts";
import { camelCased } from "./naming.ts";
import { eventBus, isQueue, objectPrefix, QUEUE_EXPECTED, templatePlace } from "./places.ts";
import { schedule } from "./schedule.ts";
import { anyTarget, type TargetKinds } from "./target.ts";
import { DEFAULT_TIMING, timingOver } from "./timing.ts";

const DEPLOYMENT = "default";
const RETENTION_DAYS = 30;
const LONGEST_RETENTION_DAYS = 3650;

/** Schema of the configuration document. A further part of it is a further field here. Of `kinds` and parts, only what `has` is true for need be made. */
export function configuration(kinds: TargetKinds, timing: Timing, has: (part: string) => boolean = () => true) {
  /** A part that the document does not have is never held against its schema. */
  const part = <Schema extends z.ZodMiniType>(name: string, make: () => Schema): Schema =>
    has(name) ? make() : (z.unknown() as z.ZodMiniType as Schema);
  const document = z.strictObject({
    deployment: optionalField(
      `Part of every name that is given; "${DEPLOYMENT}" when not said. Two with tables of their own that launch at one place must differ in it.`,
      z.string().check(z.regex(/^[a-z0-9-]{1,32}$/, "expected 1 to 32 lower-case letters, digits and hyphens")),
    ),
    targets: described("The places to run, in the order in which they are tried.", z.array(anyTarget(kinds)).check(z.minLength(1))),
    retention_days: optionalField(
      `Days for which a run is remembered after its end; ${RETENTION_DAYS} when not said.`,
      z.int().check(z.gte(1), z.lte(LONGEST_RETENTION_DAYS)),
    ),
    timing: optionalField(
      "Durations of the protocol.",
      part("timing", () => timingOver(timing)),
    ),
    schedules: optionalField(
      "Runs that are asked for again and again.",
      part("schedules", () => z.array(schedule())),
    ),
    templates: optionalField(
      "Templates that runs and targets name by path.",
      part("templates", () => placesOf(templatePlace(), "Folders, and s3:// and gs:// prefixes, that they may be in.")),
    ),
    http: optionalField("Who may use the HTTP interface.", part("http", http)),
    requests: optionalField(
      "Requests too large for the queue.",
      part("requests", () => placesOf(objectPrefix(), "The s3:// and gs:// prefixes that they may be in.")),
    ),
    payloads: optionalField("Prefix, s3:// or gs://, for what does not fit an item of the table.", objectPrefix()),
    notify: optionalField("Name or ARN of the event bus that state changes are published to.", eventBus()),
    table: optionalField("Name of the run table.", filledText()),
    queue: optionalField("URL of the SQS queue, or name of the Pub/Sub topic.", z.string().check(z.refine(isQueue, QUEUE_EXPECTED))),
  });
  return z.pipe(
    document,
    z.transform((parsed) => ({ deployment: DEPLOYMENT, retentionDays: RETENTION_DAYS, timing, ...camelCased(parsed) })),
  );
}

function placesOf<Place extends z.ZodMiniType<string>>(place: Place, meaning: string) {
  return z.pipe(
    z.strictObject({ from: optionalField(meaning, z.array(place)) }),
    z.transform(({ from }) => ({ from: from ?? [] })),
  );
}

/** Parses the configuration document. `timing` is what its own `timing` overrides. Throws `Refusal` with all that is wrong with it. */
export function parseConfiguration(document: Json, launchers: TargetKinds, options: { readonly timing?: Timing } = {}): Configuration {
  const json = asJson(document, "INVALID_CONFIGURATION");
  const has = (part: string) => isObject(json) && Object.hasOwn(json, part);
  const checked = check(configuration(kindsIn(json, launchers), options.timing ?? DEFAULT_TIMING, has), json);
  const issues: readonly Issue[] = [...(checked.ok ? [] : checked.issues), ...issuesBetweenFields(json, launchers)];
  if (!checked.ok || issues.length > 0) throw refusal("INVALID_CONFIGURATION", issues);
  const { schedules, ...rest } = checked.value;
  return schedules === undefined ? rest : { ...rest, schedules: asWritten(schedules, json) };
}

/** The kinds that a document's targets are of; all, where one is of none that is known. */
function kindsIn(document: Json, kinds: TargetKinds): TargetKinds {
  const targets = isObject(document) && isList(document["targets"]) ? document["targets"] : [];
  const types = targets.map((target) => (isObject(target) ? target["type"] : undefined));
  const areKnown = types.length > 0 && types.every((type) => typeof type === "string" && Object.hasOwn(kinds, type));
  return areKnown ? Object.fromEntries(Object.entries(kinds).filter(([type]) => types.includes(type))) : kinds;
}

/** A schedule's request is a message to come: it is sent as the operator wrote it. */
function asWritten(schedules: readonly Omit<Schedule, "request">[], document: Json): readonly Schedule[] {
  const written = isObject(document) && isList(document["schedules"]) ? document["schedules"] : [];
  return schedules.map((schedule, index) => {
    const entry = written[index];
    return { ...schedule, request: isObject(entry) && isObject(entry["request"]) ? entry["request"] : {} };
  });
}
