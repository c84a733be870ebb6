import type { Issue } from "../core/errors.ts";
import { refusal } from "./issues.ts";
import { BUS_EXPECTED, isEventBus, isHttpUrl, isObjectPrefix, isQueue, PREFIX_EXPECTED, QUEUE_EXPECTED } from "./places.ts";

/** The dispatcher's own environment variables. An empty one counts as not set. */
export interface Settings {
  /** `SLIPWAY_CONFIG`: a path, an `s3://` or `gs://` URL, or the configuration itself. */
  readonly config?: string;
  /** `SLIPWAY_TABLE` */
  readonly table?: string;
  /** `SLIPWAY_QUEUE`: an SQS URL, or a Pub/Sub topic. */
  readonly queue?: string;
  /** `SLIPWAY_PAYLOADS`: prefix, `s3://` or `gs://`, for what does not fit an item of the table. */
  readonly payloads?: string;
  /** `SLIPWAY_NOTIFY`: name or ARN of the event bus that state changes are published to. */
  readonly notify?: string;
  /** `SLIPWAY_STATE`: the folder of what outlives the process. */
  readonly state?: string;
  /** `AWS_REGION` */
  readonly region?: string;
  /** `AWS_ENDPOINT_URL_DYNAMODB`, `…_SQS`, `…_S3`, `…_EVENTBRIDGE`, `…_SECRETS_MANAGER` and `…_SSM`, each else `AWS_ENDPOINT_URL`. */
  readonly endpoints: {
    readonly dynamodb?: string;
    readonly sqs?: string;
    readonly s3?: string;
    readonly eventbridge?: string;
    readonly secretsManager?: string;
    readonly ssm?: string;
  };
  /** `STORAGE_EMULATOR_HOST`: stands in for Cloud Storage. */
  readonly storageEmulator?: string;
  /** `AWS_ACCESS_KEY_ID` and its companions, where they are set. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
  /**
   * `SLIPWAY_CALLERS` and `SLIPWAY_AUDIENCE`: the service accounts (addresses with commas between) that push messages and ticks on
   * Google Cloud, and the audience of their tokens.
   */
  readonly callers?: { readonly audience: string; readonly accounts: readonly string[] };
  /** A cloud function's process is frozen or ended with its invocation: nothing may go on in it. */
  readonly isFunction: boolean;
  /** On Lambda, CloudWatch takes metrics out of the log. */
  readonly isLambda: boolean;
}

/** The variables that a function's platform sets, by which it is known: Lambda, and Cloud Functions and Run. */
const FUNCTION_VARIABLES = ["AWS_LAMBDA_FUNCTION_NAME", "K_SERVICE"];

/** Reads the settings. Throws `Refusal` that names each variable with a value of the wrong form, never the value. */
export function parseSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const issues: Issue[] = [];
  const given = (name: string): string | undefined => env[name] || undefined;
  const url = (name: string): string | undefined => {
    const value = given(name);
    if (value !== undefined && !isHttpUrl(value)) issues.push({ path: name, message: "expected an http:// or https:// URL" });
    return value;
  };
  const queue = given("SLIPWAY_QUEUE");
  if (queue !== undefined && !isQueue(queue)) {
    issues.push({ path: "SLIPWAY_QUEUE", message: QUEUE_EXPECTED });
  }
  const payloads = given("SLIPWAY_PAYLOADS");
  if (payloads !== undefined && !isObjectPrefix(payloads)) issues.push({ path: "SLIPWAY_PAYLOADS", message: PREFIX_EXPECTED });
  const notify = given("SLIPWAY_NOTIFY");
  if (notify !== undefined && !isEventBus(notify)) issues.push({ path: "SLIPWAY_NOTIFY", message: BUS_EXPECTED });
  const endpoint = url("AWS_ENDPOINT_URL");
  const settings = {
    ...present({
      config: given("SLIPWAY_CONFIG"),
      table: given("SLIPWAY_TABLE"),
      queue,
      payloads,
      notify,
      state: given("SLIPWAY_STATE"),
      region: given("AWS_REGION"),
    }),
    endpoints: present({
      dynamodb: url("AWS_ENDPOINT_URL_DYNAMODB") ?? endpoint,
      sqs: url("AWS_ENDPOINT_URL_SQS") ?? endpoint,
      s3: url("AWS_ENDPOINT_URL_S3") ?? endpoint,
      eventbridge: url("AWS_ENDPOINT_URL_EVENTBRIDGE") ?? endpoint,
      secretsManager: url("AWS_ENDPOINT_URL_SECRETS_MANAGER") ?? endpoint,
      ssm: url("AWS_ENDPOINT_URL_SSM") ?? endpoint,
    }),
    ...present({ storageEmulator: storageEmulator(given("STORAGE_EMULATOR_HOST")) }),
    ...present({ credentials: credentials(given("AWS_ACCESS_KEY_ID"), given("AWS_SECRET_ACCESS_KEY"), given("AWS_SESSION_TOKEN")) }),
    ...present({ callers: callers(given("SLIPWAY_CALLERS"), given("SLIPWAY_AUDIENCE"), issues) }),
    isFunction: FUNCTION_VARIABLES.some((name) => given(name) !== undefined),
    isLambda: given("AWS_LAMBDA_FUNCTION_NAME") !== undefined,
  };
  if (issues.length > 0) throw refusal("INVALID_CONFIGURATION", issues);
  return settings;
}

function callers(accounts: string | undefined, audience: string | undefined, issues: Issue[]): Settings["callers"] {
  if (accounts === undefined && audience === undefined) return undefined;
  if (accounts !== undefined && audience !== undefined) return { audience, accounts: accounts.split(",").map((account) => account.trim()) };
  const missing = accounts === undefined ? "SLIPWAY_CALLERS" : "SLIPWAY_AUDIENCE";
  issues.push({ path: missing, message: "SLIPWAY_CALLERS and SLIPWAY_AUDIENCE are set together, or neither" });
  return undefined;
}

/** Some of Google's clients take a host without a scheme. */
function storageEmulator(host: string | undefined): string | undefined {
  return host === undefined || isHttpUrl(host) ? host : `http://${host}`;
}

/** An incomplete pair counts as none, as in the SDK's own lookup, which then goes on to profiles and roles. */
function credentials(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
): Settings["credentials"] {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...present({ sessionToken }) };
}

function present<Values extends Readonly<Record<string, unknown>>>(values: Values): { [Key in keyof Values]?: NonNullable<Values[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Values]?: NonNullable<Values[Key]>;
  };
}
