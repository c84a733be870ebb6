/** What `slipway doctor` looks at: whether all that Slipway needs can be reached. Nothing is launched or changed. */
import { DescribeTableCommand, type TableDescription } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { tableDefinition } from "../../shared/adapters/table.ts";
import { adviceFor } from "../../shared/core/advice.ts";
import { type Context, rememberedSeconds } from "../../shared/core/context.ts";
import { Refusal } from "../../shared/core/errors.ts";
import { classify, type FailureRow, type ServiceError, UnderstoodFailure } from "../../shared/core/failure.ts";
import type { Owned } from "../../shared/core/launcher.ts";
import { launcherOf } from "../../shared/core/prepare.ts";
import type { Configuration, Target } from "../../shared/core/target.ts";
import type { Settings } from "../../shared/schema/settings.ts";
import { compose } from "../compose.ts";
import { clients, eventBridge } from "./clients.ts";
import type { Embedded } from "./options.ts";
import type { EnvironmentVariables } from "./planning.ts";

/** One thing that was looked at. */
export interface Finding {
  /** `table`, `queue`, `target prod`, … */
  readonly check: string;
  readonly status: "ok" | "warning" | "failed";
  readonly finding: string;
  readonly remedy?: string;
}

/** A service that does not answer within this time is not reached. */
const PATIENCE_MILLISECONDS = 10_000;

/** Where table and queue are, and what else is to be looked at. */
export interface Patient {
  readonly settings: Settings & { readonly table: string; readonly queue: string };
  readonly embedded: Embedded;
  readonly configuration: Configuration;
  readonly environment: EnvironmentVariables;
}

export async function checkTable({ settings, embedded }: Patient): Promise<Finding> {
  const { dynamodb } = clients(settings, embedded);
  const name = `the table ${settings.table}`;
  try {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: settings.table }), signal());
    const lacking = lackingOf(Table ?? {});
    if (lacking.length === 0) return { check: "table", status: "ok", finding: `${name} is there with its indexes` };
    const remedy = "Make a table as serverless.yml describes it, and name that one.";
    return { check: "table", status: "failed", finding: `${name} lacks ${lacking.join(", ")}`, remedy };
  } catch (error) {
    const missing = error instanceof Error && error.name === "ResourceNotFoundException";
    const remedy = missing
      ? "Deploy Slipway, or mend SLIPWAY_TABLE (`table` in the configuration) or the region."
      : remedyFor([], told(error));
    return {
      check: "table",
      status: "failed",
      finding: missing ? `there is no ${name.slice(4)}` : `${name} can't be reached: ${said(error)}`,
      remedy,
    };
  } finally {
    dynamodb.destroy();
  }
}

/** What a table lacks of the one that the adapters work with. */
function lackingOf(table: TableDescription): readonly string[] {
  const wanted = tableDefinition("");
  const keys = (schema: readonly { AttributeName?: string | undefined; KeyType?: string | undefined }[] = []) =>
    schema.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join();
  const lacking = keys(table.KeySchema) === keys(wanted.KeySchema) ? [] : ["the key pk"];
  for (const index of wanted.GlobalSecondaryIndexes ?? []) {
    const there = table.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === index.IndexName);
    const shown = there?.Projection?.NonKeyAttributes ?? [];
    const all = there?.Projection?.ProjectionType === "ALL";
    const absent = all ? [] : (index.Projection?.NonKeyAttributes ?? []).filter((attribute) => !shown.includes(attribute));
    if (there === undefined || keys(there.KeySchema) !== keys(index.KeySchema)) lacking.push(`the index ${index.IndexName}`);
    else if (absent.length > 0) lacking.push(`${absent.join(", ")} in the index ${index.IndexName}`);
  }
  return lacking;
}

export async function checkQueue({ settings, embedded, configuration }: Patient): Promise<Finding> {
  const name = `the queue ${settings.queue}`;
  if (!/^https?:/.test(settings.queue))
    return {
      check: "queue",
      status: "warning",
      finding: `${name} is a Pub/Sub topic, which is not looked at`,
      remedy: "Look at it with gcloud.",
    };
  const { sqs } = clients(settings, embedded);
  try {
    const AttributeNames = ["VisibilityTimeout", "RedrivePolicy", "ApproximateNumberOfMessages"] as const;
    const { Attributes = {} } = await (await sqs()).send(
      new GetQueueAttributesCommand({ QueueUrl: settings.queue, AttributeNames: [...AttributeNames] }),
      signal(),
    );
    const { VisibilityTimeout, RedrivePolicy, ApproximateNumberOfMessages: waiting = "0" } = Attributes;
    const ok: Finding = { check: "queue", status: "ok", finding: `${name} is there, ${waiting} messages wait` };
    // The embedded one is made for a dispatcher that lives as long as it does.
    if (embedded.sqs !== undefined) return ok;
    const { deadlineSeconds } = configuration.timing;
    if (Number(VisibilityTimeout) < 6 * deadlineSeconds) {
      const finding = `${name} hides a message for ${VisibilityTimeout} s only, so that one still being worked on may come again`;
      return { check: "queue", status: "warning", finding, remedy: `Set its visibility timeout to ${6 * deadlineSeconds} s or more.` };
    }
    if (RedrivePolicy === undefined) {
      const remedy = "Give it a redrive policy with a dead-letter queue and maxReceiveCount 10.";
      return { check: "queue", status: "warning", finding: `${name} has no dead-letter queue`, remedy };
    }
    return ok;
  } catch (error) {
    const missing = error instanceof Error && /QueueDoesNotExist|NonExistentQueue/.test(error.name);
    const remedy = missing
      ? "Deploy Slipway, or mend SLIPWAY_QUEUE (`queue` in the configuration) or the region."
      : remedyFor([], told(error));
    return {
      check: "queue",
      status: "failed",
      finding: missing ? `there is no ${name.slice(4)}` : `${name} can't be reached: ${said(error)}`,
      remedy,
    };
  } finally {
    (await sqs()).destroy();
  }
}

/** A bus that is not there takes every event and says nothing of it. */
export async function checkBus({ settings, embedded }: Patient, notify: string): Promise<Finding> {
  const name = `the event bus ${notify}`;
  try {
    const [{ DescribeEventBusCommand }, client] = await Promise.all([
      import("@aws-sdk/client-eventbridge"),
      eventBridge(settings, embedded)(),
    ]);
    await client.send(new DescribeEventBusCommand({ Name: notify }), signal());
    client.destroy();
    return { check: "event bus", status: "ok", finding: `${name} is there` };
  } catch (error) {
    const missing = error instanceof Error && error.name === "ResourceNotFoundException";
    const finding = missing
      ? `there is no ${name.slice(4)}: what is told to it is lost without a word`
      : `${name} can't be looked at: ${said(error)}`;
    const remedy = missing ? "Make the bus, or mend `notify` or the region." : remedyFor([], told(error));
    // Who may tell a bus need not have the right to look at it.
    return { check: "event bus", status: missing ? "failed" : "warning", finding, remedy };
  }
}

/** Each target as the dispatcher reaches it, and each secret of the HTTP interface. */
export async function checkRest(patient: Patient): Promise<readonly Finding[]> {
  const { settings, embedded, environment, configuration } = patient;
  const { context, secret, http } = await compose({ settings, embedded, environment });
  const references = [
    ...http.tokens.map((token) => ({ check: `token ${token.name}`, reference: token.secret })),
    ...http.webhooks.flatMap(({ name, secrets }) => secrets.map((reference) => ({ check: `webhook ${name}`, reference }))),
  ];
  const readable = async ({ check, reference }: { check: string; reference: string }): Promise<Finding> => {
    try {
      await secret(reference);
      return { check, status: "ok", finding: "its secret can be read" };
    } catch (error) {
      return { check, status: "failed", finding: said(error), remedy: remedyFor([], told(error)) };
    }
  };
  const reached = async (target: Target): Promise<Finding> => {
    const check = `target ${target.name}`;
    const launcher = launcherOf(context.planning, target);
    try {
      const backend = await context.backends(target);
      if (backend.check === undefined && backend.owned === undefined) {
        return {
          check,
          status: "warning",
          finding: `its launcher (${target.type}) has nothing to be looked at by`,
          remedy: "Launch something on it.",
        };
      }
      await backend.check?.(signal().abortSignal);
      const answers = `${target.type} answers at ${launcher.place(target, context.planning.services)}`;
      const strange = backend.owned && (await withoutRun(backend.owned(configuration.deployment, signal().abortSignal), context));
      if (strange === undefined) return { check, status: "ok", finding: answers };
      return {
        check,
        status: "warning",
        finding: `${answers}; ${strange} there has the mark of deployment ${configuration.deployment}, and no run of the table ${settings.table} is its own`,
        remedy: `If another Slipway of this name launches there, give each a \`deployment\` of its own: they would take each other's runs for theirs. If not, look whether the table is the one that it was launched from.`,
      };
    } catch (error) {
      const remedy =
        error instanceof UnderstoodFailure ? adviceFor(error.failure).step : remedyFor(launcher.failures, told(error, target.type));
      return { check, status: "failed", finding: said(error), remedy };
    }
  };
  return Promise.all([...configuration.targets.map(reached), ...references.map(readable)]);
}

/** So many things at a target are held against the table. */
const MOST_LOOKED_UP = 50;

/** The first of a target's own that no run of the table has launched. */
async function withoutRun(all: AsyncIterable<Owned>, context: Context): Promise<string | undefined> {
  const rememberedFrom = context.clock.now() - rememberedSeconds(context) * 1000;
  let looked = 0;
  for await (const owned of all) {
    if (owned.status === "ended" && (owned.endedAt ?? 0) < rememberedFrom) continue;
    // A table out of reach has a finding of its own, and says nothing of the target.
    const known = await context.store.read(owned.key).catch(() => "out of reach");
    if (known === undefined) return owned.handle;
    if (++looked === MOST_LOOKED_UP) return undefined;
  }
  return undefined;
}

function signal(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(PATIENCE_MILLISECONDS) };
}

function said(error: unknown): string {
  if (!(error instanceof Error)) return "no reason was given";
  const code = (error as NodeJS.ErrnoException).code;
  const text = error.message || code || "no reason was given";
  return isOurs(error) ? text : `${error.name}: ${text}`;
}

/** Whether its message is a sentence, to which the error's name adds nothing. */
function isOurs(error: Error): boolean {
  return error instanceof Refusal || error instanceof UnderstoodFailure || ["Error", "NotAuthorized"].includes(error.name);
}

function told(error: unknown, service = ""): ServiceError {
  if (!(error instanceof Error)) return { service, message: "" };
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  const named = error.name === "Error" || error.name === "Refusal" || error.name === "AggregateError" ? code : error.name;
  const status = $metadata?.httpStatusCode;
  return {
    service,
    message: error.message,
    ...(typeof named === "string" ? { code: named } : {}),
    ...(status === undefined ? {} : { status }),
  };
}

/** Failures that every service of AWS has. */
const USUAL: readonly FailureRow[] = [
  {
    code: [
      "CredentialsProviderError",
      "ExpiredToken",
      "ExpiredTokenException",
      "UnrecognizedClientException",
      "InvalidClientTokenId",
      "InvalidSignatureException",
    ],
    class: "denied",
    hint: "Set credentials that this process can use (AWS_PROFILE, a role, `aws sso login`), and look at the clock of this machine.",
  },
  {
    code: ["AccessDeniedException", "AccessDenied", "UnauthorizedOperation"],
    class: "denied",
    hint: "Give these credentials the right that the message names.",
  },
  {
    code: "NotAuthorized",
    class: "denied",
    hint: "Set credentials of Google Cloud that this process can use (`gcloud auth application-default login`, GOOGLE_APPLICATION_CREDENTIALS), or the target's `credentials`.",
  },
  { message: /region is missing/i, class: "invalid", hint: "Set AWS_REGION, or the target's `region`." },
  { code: ["ENOTFOUND", "EAI_AGAIN"], class: "unavailable", hint: "Look at the region and at the endpoint: no such host is known." },
  {
    code: ["ECONNREFUSED", "TimeoutError", "AbortError", "ETIMEDOUT", "EHOSTUNREACH"],
    class: "unavailable",
    hint: "Look whether the service can be reached from here: the endpoint, the network, a proxy.",
  },
];

function remedyFor(rows: readonly FailureRow[], error: ServiceError): string {
  const own = classify(rows, error);
  const failure = own.hint === undefined ? classify(USUAL, error) : own;
  return adviceFor(failure.recognised ? failure : own).step;
}
