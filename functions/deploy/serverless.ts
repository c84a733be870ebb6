/** What serverless.yml takes from code: what follows from the configuration, or is defined there already. */
import { existsSync } from "node:fs";
import { tableDefinition } from "../../shared/adapters/table.ts";
import { Refusal } from "../../shared/core/errors.ts";
import type { Right } from "../../shared/core/rights.ts";
import type { Configuration } from "../../shared/core/target.ts";
import { loadConfiguration } from "../composition/planning.ts";
import { alarmResources, dashboard } from "./alarms.ts";
import { OWN_RIGHTS } from "./own-rights.ts";
import { cloudFormationPolicy, resolvedLater } from "./policy.ts";
import { configuredRights, FUNCTION_NAMES, type FunctionName } from "./rights.ts";

/** Parameters of serverless.yml. */
export interface Parameters {
  /** Path of the configuration, or empty. */
  readonly config: string;
  /** Beginning of every name. */
  readonly name: string;
  /** JSON lists, or empty. */
  readonly subnets: string;
  readonly securityGroups: string;
  /** ARN of the topic that alarms are sent to, or empty. */
  readonly alarmTopic: string;
}

/** The functions that reach targets, which may be hosts without a public address. */
const IN_VPC: readonly FunctionName[] = ["dispatch", "sweep"];

/** AWS's own list of what a function in a VPC needs. */
const VPC_POLICY = "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole";

/** Days that a queue and a person may take before a run begins, and those until a run ends: its payload outlives its record. */
const PAYLOAD_SLACK_DAYS = 45;

/** What is packaged where there is no configuration yet: to look at, never to be deployed. */
export const EXAMPLE = "examples/slipway.yml";

/** The configuration that a deployment is made of: the one that is named, else ./slipway.yml, else the example. */
export function configurationPath(named: string): string {
  return named !== "" ? named : existsSync("slipway.yml") ? "slipway.yml" : EXAMPLE;
}

/** The parts of serverless.yml that are not written there. */
export async function deployed(parameters: Parameters) {
  const configuration = await configurationAt(configurationPath(parameters.config));
  const vpc = vpcOf(parameters);
  const { functions } = configuredRights(configuration);
  const role = (name: FunctionName) =>
    roleOf(name, parameters.name, [...OWN_RIGHTS[name], ...functions[name]], vpc && IN_VPC.includes(name));
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

function roleOf(name: FunctionName, names: string, rights: readonly Right[], inVpc: boolean | undefined) {
  const log = `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${names}-${name}:*`;
  const write = { sid: "Log", actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [log] };
  return {
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
    },
    Policies: [{ PolicyName: "calls", PolicyDocument: cloudFormationPolicy([write, ...rights]) }],
    ...(inVpc ? { ManagedPolicyArns: [resolvedLater(VPC_POLICY)] } : {}),
  };
}

function vpcOf({ subnets, securityGroups }: Parameters) {
  if (subnets === "") return undefined;
  return { subnetIds: listOf("subnets", subnets), securityGroupIds: listOf("security_groups", securityGroups) };
}

function listOf(name: string, text: string): readonly string[] {
  const list: unknown = JSON.parse(text === "" ? "[]" : text);
  if (Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === "string")) return list;
  throw new Error(`--param ${name} wants a JSON list of names, such as '["one","two"]'`);
}

async function configurationAt(path: string): Promise<Configuration> {
  try {
    return await loadConfiguration(path);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const issues = error.issues.map((issue) => `  ${issue.path === "" ? "" : `${issue.path}: `}${issue.message}`);
    throw new Error([`${path} can't be deployed:`, ...issues].join("\n"));
  }
}
