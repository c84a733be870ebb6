import {
  AccessDeniedException,
  BlockedException,
  ClientException,
  ClusterNotFoundException,
  InvalidParameterException,
  PlatformTaskDefinitionIncompatibilityException,
  PlatformUnknownException,
  ServerException,
  UnsupportedFeatureException,
} from "@aws-sdk/client-ecs";
import { expect } from "vitest";
import { WIRE_QUIRKS } from "./quirks.ts";
import type { RefusalName } from "./refusal.ts";
import { quirkRows } from "./rows.ts";
import type { Scenario } from "./scenario.ts";

const CLASSES = {
  accessDenied: AccessDeniedException,
  blocked: BlockedException,
  provisioningLimit: ClientException,
  clusterNotFound: ClusterNotFoundException,
  definitionInactive: InvalidParameterException,
  platformIncompatible: PlatformTaskDefinitionIncompatibilityException,
  platformUnknown: PlatformUnknownException,
  server: ServerException,
  unsupported: UnsupportedFeatureException,
} as const satisfies Partial<Record<RefusalName | "accessDenied", unknown>>;

async function post(
  { double }: Scenario,
  target: string,
  body: object,
): Promise<{ readonly status: number; readonly body: Record<string, string> }> {
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": `AmazonEC2ContainerServiceV20141113.${target}`,
    authorization: "AWS4-HMAC-SHA256 Credential=AKIATESTER/20261102/eu-west-1/ecs/aws4_request, SignedHeaders=host, Signature=0",
  };
  const answer = await fetch(double.endpoint, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

const launch = { taskDefinition: "etl", launchType: "FARGATE", networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } } };

quirkRows("Wire", WIRE_QUIRKS, {
  "every error of RunTask arrives as the SDK's class": async ({ double, run }) => {
    for (const [error, expected] of Object.entries(CLASSES)) {
      double.refuse({ operation: "RunTask", error: error as keyof typeof CLASSES });
      const refused = await run().catch((thrown: unknown) => thrown);
      expect(refused, error).toBeInstanceOf(expected);
      expect(refused, error).toMatchObject({
        $metadata: { httpStatusCode: error === "server" ? 500 : 400, requestId: expect.any(String) },
      });
      expect((refused as Error).message.length, error).toBeGreaterThan(10);
    }
    expect(double.tasks()).toEqual([]);
  },
  "a wrong type: SerializationException": async (scenario) => {
    const rows: readonly (readonly [object, string])[] = [
      [{ overrides: { cpu: 256 } }, "NUMBER_VALUE can not be converted to a String"],
      [{ count: "1" }, "STRING_VALUE can not be converted to an Integer"],
      [{ enableExecuteCommand: "true" }, "STRING_VALUE can not be converted to a Boolean"],
      [{ overrides: { containerOverrides: { name: "flow" } } }, "Expected list or null"],
      [{ startedBy: ["me"] }, "Start of structure or map found where not expected."],
      [{ networkConfiguration: "subnet-1" }, "Unexpected value type in payload"],
    ];
    for (const [input, message] of rows) {
      expect(await post(scenario, "RunTask", { ...launch, ...input })).toEqual({
        status: 400,
        body: { __type: "SerializationException", message },
      });
    }
    expect((await post(scenario, "RunTask", { ...launch, group: null })).status).toBe(200);
  },
  "unknown members are ignored": async (scenario) => {
    const input = { ...launch, netwrokConfiguration: {}, overrides: { containerOverrides: [{ name: "flow", img: "x" }] } };
    expect((await post(scenario, "RunTask", input)).status).toBe(200);
    expect(scenario.double.requests.at(-1)?.unknown).toEqual(["netwrokConfiguration", "overrides.containerOverrides[0].img"]);
  },
  "an unknown operation: UnknownOperationException": async (scenario) => {
    expect(await post(scenario, "RunTasks", {})).toMatchObject({ status: 400, body: { __type: "UnknownOperationException" } });
  },
});
