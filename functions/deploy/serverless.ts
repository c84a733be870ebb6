/** What serverless.yml takes from code: what follows from the configuration, or is defined there already. */
import { existsSync } from "node:fs";
import { tableDefinition } from "../../shared/adapters/table.ts";
import { Refusal } from "../../shared/core/errors.ts";
import type { Configuration } from "../../shared/core/target.ts";
import { loadConfiguration } from "../composition/planning.ts";
import { alarmResources, dashboard } from "./alarms.ts";
import { OWN_RIGHTS } from "./own-rights.ts";
import { checkName, checkRate, checkTopic, type Parameters, vpcOf } from "./parameters.ts";
import { resolvedLater } from "./policy.ts";
import { configuredRights, FUNCTION_NAMES, type FunctionName } from "./rights.ts";
import { roleOf } from "./role.ts";

/** The functions that reach targets, which may be hosts without a public address. */
const IN_VPC: readonly FunctionName[] = ["dispatch", "sweep"];

/** Days that a queue and a person may take before a run begins, and those until a run ends: its payload outlives its record. */
const PAYLOAD_SLACK_DAYS = 45;

/** What is packaged where there is no configuration yet: to look at, never to be deployed. */
export const EXAMPLE = "examples/slipway.yml";

/** The configuration that a deployment is made of: the one that is named, else ./slipway.yml, else the example. */
export function configurationPath(named: string): string {
  return named !== "" ? named : existsSync("slipway.yml") ? "slipway.yml" : EXAMPLE;
}

/** What in the configuration is to be seen to by a person. */
export async function notesOn(path: string): Promise<readonly string[]> {
  return configuredRights(await configurationAt(path)).notes;
}

/** The parts of serverless.yml that are not written there. */
export async function deployed(parameters: Parameters) {
  checkName(parameters.name);
  checkTopic(parameters.alarmTopic);
  checkRate(parameters.httpRate);
  const configuration = await configurationAt(configurationPath(parameters.config));
  const vpc = vpcOf(parameters);
  const { functions } = configuredRights(configuration);
  const role = (name: FunctionName) =>
    roleOf(name, parameters.name, [...OWN_RIGHTS[name], ...functions[name]], vpc !== undefined && IN_VPC.includes(name));
  return {
    vpc: vpc ?? null,
    table: tableOf(),
    payloadDays: configuration.retentionDays + PAYLOAD_SLACK_DAYS,
    startedByPrefix: `slipway/${configuration.deployment}/`,
    alarms: {
      Resources: {
        ...alarmResources(parameters.name, configuration.deployment, FUNCTION_NAMES, parameters.alarmTopic),
        Dashboard: {
          Type: "AWS::CloudWatch::Dashboard",
          Properties: {
            DashboardName: parameters.name,
            DashboardBody: resolvedLater(dashboard(parameters.name, configuration.deployment, FUNCTION_NAMES)),
          },
        },
      },
    },
    roles: Object.fromEntries(FUNCTION_NAMES.map((name) => [name, role(name)])),
  };
}

function tableOf() {
  const { TableName: _named, ...table } = tableDefinition("any");
  return {
    ...table,
    TimeToLiveSpecification: { AttributeName: "expires_at", Enabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    SSESpecification: { SSEEnabled: true },
  };
}

async function configurationAt(path: string): Promise<Configuration> {
  if (/^[a-z][a-z0-9+.-]+:/i.test(path))
    throw new Error(`--param config wants the path of a file, which goes into the package, not ${path}`);
  try {
    return await loadConfiguration(path);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const issues = error.issues.map((issue) => `  ${issue.path === "" ? "" : `${issue.path}: `}${issue.message}`);
    throw new Error([`${path} can't be deployed:`, ...issues].join("\n"));
  }
}
