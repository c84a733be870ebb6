/** What the double's own tests are made of: a double on a clock that is set by hand, and the real SDK before it. */
import {
  ECSClient,
  ECSServiceException,
  type NetworkConfiguration,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  type RunTaskCommandInput,
  type RunTaskCommandOutput,
} from "@aws-sdk/client-ecs";
import { type EcsDouble, startEcsDouble } from "./ecs-double.ts";
import type { EcsDoubleOptions } from "./options.ts";

export const START = Date.UTC(2026, 10, 2, 9);

export const DEFINITION: RegisterTaskDefinitionCommandInput = {
  family: "etl",
  networkMode: "awsvpc",
  requiresCompatibilities: ["FARGATE"],
  cpu: "256",
  memory: "512",
  containerDefinitions: [{ name: "flow", image: "python:3.12" }],
};

/** On instances, without network interfaces of its own. */
export const INSTANCE_DEFINITION: RegisterTaskDefinitionCommandInput = {
  family: "batch",
  networkMode: "bridge",
  requiresCompatibilities: ["EC2"],
  containerDefinitions: [{ name: "flow", image: "python:3.12", memory: 512 }],
  cpu: "256",
  memory: "512",
};

export const NETWORK: NetworkConfiguration = { awsvpcConfiguration: { subnets: ["subnet-1"] } };

export interface Scenario {
  readonly double: EcsDouble;
  readonly ecs: ECSClient;
  /** Moves the double's time. */
  pass(milliseconds: number): void;
  client(region?: string, key?: string): ECSClient;
  register(input?: Partial<RegisterTaskDefinitionCommandInput>): Promise<string>;
  /** RunTask on Fargate of the family `etl`, which must be registered. */
  run(input?: Partial<RunTaskCommandInput>): Promise<RunTaskCommandOutput>;
}

/** Runs one row on a double of its own, with the definition `etl` where `registered` is not false. */
export async function inScenario(options: EcsDoubleOptions, row: (scenario: Scenario) => Promise<void>, registered = true): Promise<void> {
  let now = START;
  const double = await startEcsDouble({ clock: { now: () => now }, registerMs: 0, ...options });
  const clients: ECSClient[] = [];

  function client(region = "eu-west-1", key = "AKIATESTER"): ECSClient {
    const credentials = { accessKeyId: key, secretAccessKey: "secret" };
    const made = new ECSClient({ endpoint: double.endpoint, region, credentials, maxAttempts: 1 });
    clients.push(made);
    return made;
  }

  function pass(milliseconds: number): void {
    now += milliseconds;
  }

  const ecs = client();

  async function register(input: Partial<RegisterTaskDefinitionCommandInput> = {}): Promise<string> {
    const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand({ ...DEFINITION, ...input }));
    return taskDefinition?.taskDefinitionArn ?? "";
  }

  const run = (input: Partial<RunTaskCommandInput> = {}) =>
    ecs.send(new RunTaskCommand({ taskDefinition: "etl", launchType: "FARGATE", networkConfiguration: NETWORK, ...input }));

  try {
    if (registered) await register();
    await row({ double, ecs, client, register, run, pass });
  } finally {
    for (const made of clients) made.destroy();
    await double.close();
  }
}

/** The only task of an answer. */
export function onlyArn({ tasks = [], failures = [] }: RunTaskCommandOutput): string {
  const [task] = tasks;
  if (tasks.length !== 1 || failures.length > 0 || task?.taskArn === undefined) throw new Error("expected one task and no failure");
  return task.taskArn;
}

/** `Name: message` of the refusal that a call ends with; `undefined` where it succeeds. */
export async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof ECSServiceException) return `${error.name}: ${error.message}`;
    throw error;
  }
}

/** How many of so many calls at once get through, and how the others are refused. */
export async function burst(
  times: number,
  call: (index: number) => Promise<unknown>,
): Promise<{ readonly passed: number; readonly refused: readonly string[] }> {
  const outcomes = await Promise.all(Array.from({ length: times }, (_, index) => refusalOf(call(index))));
  const refused = outcomes.filter((outcome) => outcome !== undefined);
  return { passed: times - refused.length, refused: [...new Set(refused)] };
}
