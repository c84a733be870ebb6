// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the descriptions speak of ${…}.
import * as z from "zod/mini";
import type { Issue } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { late } from "../core/late.ts";
import { GIVE_UP_SECONDS, START_TIMEOUT_SECONDS } from "../core/limits.ts";
import type { Target } from "../core/target.ts";
import { allow } from "./allow.ts";
import { described, filledText, optionalField, seconds, text } from "./fields.ts";
import { operatorEnvironment, operatorText } from "./interpolations.ts";
import { camelCased } from "./naming.ts";

/** What the schema of targets needs of a launcher. */
export interface TargetKind {
  readonly type: string;
  /** The zod/mini shape of the fields that only its targets have. */
  readonly fields: unknown;
  /** Whether the service behind it resolves a target's `secrets`. */
  readonly supportsSecrets: boolean;
  /** What is wrong between fields of a target as the document writes it; paths count from the target. */
  targetIssues?(target: JsonObject): readonly Issue[];
}

/** The launchers by type. */
export type TargetKinds = Readonly<Record<string, TargetKind>>;

const RELAUNCH = 2;

const commonFields = late(() => ({
  name: described(
    "Names the target.",
    z.string().check(z.regex(/^[A-Za-z0-9._-]{1,64}$/, "expected 1 to 64 letters, digits, dots, underscores and hyphens")),
  ),
  labels: optionalField("A run goes to a target that has all its labels.", z.array(filledText())),
  env: optionalField("Variables that a run config may override; its ${…} are filled in.", operatorEnvironment()),
  enforced_env: optionalField("Variables that win over all others; its ${…} are filled in.", operatorEnvironment()),
  secrets: optionalField(
    "Variables whose values the service itself resolves: name → reference.",
    z.record(z.string().check(z.minLength(1)), filledText()),
  ),
  image: optionalField("Image of runs that name none.", text()),
  command: optionalField("CMD of runs that give none.", z.array(operatorText())),
  entrypoint: optionalField("ENTRYPOINT of runs that give none.", z.array(operatorText())),
  tags: optionalField("Tags of what is launched.", z.record(z.string().check(z.minLength(1)), operatorText())),
  timeout_seconds: optionalField("Runs are stopped after so many seconds.", seconds()),
  start_timeout_seconds: optionalField(
    `A run that has not started so many seconds after its launch is stopped. When not said, ${START_TIMEOUT_SECONDS}, without the time that the service lets it wait on purpose: a Job suspended in a queue, a CustomJob's FLEX_START.`,
    seconds(),
  ),
  fallback: optionalField("Targets that are tried, in order, when this one lacks capacity.", z.array(filledText())),
  give_up_seconds: optionalField(
    `A run that this target refuses for a reason that may pass, such as want of room, is tried again for so many seconds; ${GIVE_UP_SECONDS} when not said.`,
    seconds(),
  ),
  relaunch: optionalField(
    `How often a run that never started is launched again; ${RELAUNCH} when not said.`,
    z.int().check(z.gte(0), z.lte(100)),
  ),
  allow: optionalField('What run requests may reach: "*", or lists of globs.', allow()),
}));

const DEFAULTS = {
  labels: [],
  env: {},
  enforcedEnv: {},
  secrets: {},
  tags: {},
  fallback: [],
  relaunch: RELAUNCH,
};

type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** Schema of the targets of one launcher: the common fields, and its own beside them, which become `settings`. */
function targetOf(kind: TargetKind): z.core.$ZodType<Target> {
  const shape = { type: described("The launcher.", z.literal(kind.type)), ...commonFields() };
  const isOwn = (name: string) => !Object.hasOwn(shape, name);
  const own = Object.fromEntries(Object.entries(kind.fields as Shape).filter(([name]) => isOwn(name)));
  const document = z.strictObject({ ...shape, ...own } as typeof shape);
  return z.pipe(
    kind.supportsSecrets ? document : document.check(noSecrets(kind.type)),
    z.transform((parsed): Target => {
      const [settings, common] = [isOwn, (name: string) => !isOwn(name)].map((belongs) =>
        Object.fromEntries(Object.entries(parsed).filter(([name]) => belongs(name))),
      );
      return { ...DEFAULTS, ...camelCased(common as typeof parsed), settings: camelCased(settings ?? {}) };
    }),
  );
}

function noSecrets(type: string): z.core.$ZodCheck<{ secrets?: Readonly<Record<string, string>> | null | undefined }> {
  const who = type === "local" ? "a local process" : `the service behind a target of type ${type}`;
  return z.check(
    ({ value, issues }) => {
      if (typeof value !== "object" || value === null || Object.keys(value.secrets ?? {}).length === 0) return;
      issues.push({ code: "custom", path: ["secrets"], input: undefined, message: `${who} resolves no secrets` });
    },
    { when: () => true },
  );
}

type Alternative = z.core.$ZodType<Target> & z.core.$ZodTypeDiscriminable;

/** Schema of any target. The launchers are known at run time only, so zod cannot see a tuple, or each one's type, in them. */
export function anyTarget(kinds: TargetKinds): z.ZodMiniType<Target> {
  const alternatives = Object.values(kinds).map(targetOf) as readonly z.core.$ZodType<Target>[] as unknown as readonly [
    Alternative,
    ...Alternative[],
  ];
  return z.discriminatedUnion("type", alternatives) as unknown as z.ZodMiniType<Target>;
}
