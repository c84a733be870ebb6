import { Refusal } from "../../shared/core/errors.ts";
import type { Configuration } from "../../shared/core/target.ts";
import { parseSettings } from "../../shared/schema/settings.ts";
import type { Finding, Patient } from "../composition/doctor.ts";
import { defaultConfiguration } from "../local/default-configuration.ts";
import { isRunning, readStackFile } from "../local/stack-file.ts";
import { configurationSetting, stateFolder, unreadConfiguration } from "./connection.ts";
import { oneLine, table } from "./format.ts";
import { type NamedConfiguration, usedConfiguration } from "./planning.ts";
import { about, documentOf } from "./refusal.ts";

/** `slipway doctor`: status 1 where something that is needed can't be had. */
export async function doctor(options: { config?: string; json?: boolean }): Promise<void> {
  const findings = await examined(options.config);
  if (findings.some(({ status }) => status === "failed")) process.exitCode = 1;
  if (options.json) console.log(JSON.stringify(findings, undefined, 2));
  else console.log(described(findings));
}

async function examined(option: string | undefined): Promise<readonly Finding[]> {
  const found = await configurationOf(option);
  if ("status" in found) return [found];
  const { name, configuration } = found;
  const readable: Finding = {
    check: "configuration",
    status: "ok",
    finding: `${name} is valid: deployment ${configuration.deployment}, ${configuration.targets.length} ${configuration.targets.length === 1 ? "target" : "targets"}`,
  };
  const patient = await patientOf(option, configuration);
  if ("status" in patient) return [readable, patient];
  // Loads the SDK: a configuration that can't be read is told without it.
  const { checkBus, checkQueue, checkRest, checkTable } = await import("../composition/doctor.ts");
  const { notify } = configuration;
  const checks = [
    checkTable(patient),
    checkQueue(patient),
    ...(notify === undefined ? [] : [checkBus(patient, notify)]),
    checkRest(patient),
  ];
  const unread = await unreadConfiguration();
  const stale: readonly Finding[] =
    unread === undefined ? [] : [{ check: "running Slipway", status: "warning", finding: unread, remedy: "Start Slipway again." }];
  return [readable, ...stale, ...(await Promise.all(checks)).flat()];
}

async function configurationOf(option: string | undefined): Promise<NamedConfiguration | Finding> {
  try {
    return await usedConfiguration(option);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const name = documentOf(error) ?? "the configuration";
    const remedy = "Mend each; `slipway schema config` prints every field.";
    return { check: "configuration", status: "failed", finding: `${name}: ${error.message.replaceAll("\n", "; ")}`, remedy };
  }
}

/** Where table and queue are: named by the environment or the configuration, else the embedded stack's of this folder. */
async function patientOf(option: string | undefined, configuration: Configuration): Promise<Patient | Finding> {
  const settings = await about("the environment", async () => parseSettings(process.env));
  const table = settings.table ?? configuration.table;
  const queue = settings.queue ?? configuration.queue;
  const stack = table !== undefined && queue !== undefined ? undefined : await readStackFile(stateFolder());
  if ((table === undefined || queue === undefined) && (stack === undefined || !(await isRunning(stack)))) {
    return {
      check: "table and queue",
      status: "failed",
      finding: `neither is named, and ${stack === undefined ? "no Slipway runs in this folder" : "the Slipway of this folder ended without a word, killed perhaps"} (${stateFolder()})`,
      remedy: "Start one with `npm start`, or set SLIPWAY_TABLE and SLIPWAY_QUEUE (`table` and `queue` in the configuration).",
    };
  }
  const embedded = {
    ...(table === undefined && stack ? { dynamodb: stack.endpoints.dynamodb } : {}),
    ...(queue === undefined && stack ? { sqs: stack.endpoints.sqs } : {}),
  };
  return {
    settings: {
      ...settings,
      config: configurationSetting(option) ?? (await defaultConfiguration(process.env)),
      table: table ?? stack?.table ?? "",
      queue: queue ?? stack?.queue ?? "",
    },
    embedded,
    configuration,
    environment: process.env,
  };
}

function described(findings: readonly Finding[]): string {
  const rows = findings.map(({ check, status, finding }) => [status, check, oneLine(finding)]);
  const remedies = findings.flatMap(({ check, remedy }) => (remedy === undefined ? [] : [`${check}: ${oneLine(remedy)}`]));
  const list = table(["", "CHECKED", "FOUND"], rows);
  return remedies.length === 0
    ? `${list}\n\nAll is well.`
    : `${list}\n\nWhat to do:\n${remedies.map((remedy) => `  ${remedy}`).join("\n")}`;
}
