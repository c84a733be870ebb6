/** Whatever documents come: a plan, or a refusal of ours. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Refusal } from "../../../shared/core/errors.ts";
import type { Json, JsonObject } from "../../../shared/core/json.ts";
import { planEcs } from "../../../shared/launchers/ecs/plan.ts";
import type { EcsSettings } from "../../../shared/launchers/ecs/target.ts";
import { nearly } from "../../schema/arbitrary.ts";
import { ecsRun, ecsTarget } from "./support.ts";

const ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/fam:3";

describe("nothing but a Refusal is ever thrown", () => {
  const documents: readonly JsonObject[] = [
    {
      cluster: "c",
      launchType: "FARGATE",
      cpu: 256,
      memory: "1 GB",
      capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }],
      networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-t"], securityGroups: ["sg-t"], assignPublicIp: "DISABLED" } },
      overrides: {
        cpu: "512",
        memory: 1024,
        taskRoleArn: "r",
        containerOverrides: [
          { name: "flow", command: ["a"], environment: [{ name: "A", value: "1" }], resourceRequirements: [{ type: "GPU", value: "1" }] },
        ],
      },
      tags: [{ key: "a", value: "b" }],
    },
    {
      family: "f",
      networkMode: "awsvpc",
      cpu: 256,
      memory: "512",
      requiresCompatibilities: ["FARGATE"],
      executionRoleArn: "e",
      volumes: [{ name: "v", host: { sourcePath: "/" } }],
      tags: [{ key: "a", value: "b" }],
      containerDefinitions: [
        {
          name: "flow",
          image: "i",
          environment: [{ name: "A", value: "1" }],
          secrets: [{ name: "S", valueFrom: "arn" }],
          restartPolicy: { enabled: false },
          logConfiguration: { logDriver: "awslogs", options: { a: "b" }, secretOptions: [{ name: "s", valueFrom: "v" }] },
          dockerLabels: { a: "b" },
        },
        { name: "side", image: "s" },
      ],
    },
  ];
  const anything: fc.Arbitrary<Json> = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);
  const object = (value: Json): JsonObject =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : { overrides: value };
  const document = fc.oneof(nearly(documents, anything), anything).map(object);
  const launchType = fc.constantFrom<NonNullable<EcsSettings["launchType"]>[]>("FARGATE", "EC2");

  test("whatever run_task_kwargs and task_definition hold, of the run and of the target", () => {
    let planned = 0;
    fc.assert(
      fc.property(
        document,
        document,
        document,
        document,
        launchType,
        fc.boolean(),
        (runKwargs, runDefinition, kwargsOfTarget, ofTarget, type, open) => {
          const run = ecsRun({ runTaskKwargs: runKwargs, taskDefinition: runDefinition });
          const settings = { launchType: type, runTaskKwargs: kwargsOfTarget, taskDefinition: ofTarget };
          try {
            planEcs(run, ecsTarget({ settings, ...(open ? { allow: "*" } : {}) }));
            planned++;
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            expect(error.path).not.toBe("");
          }
        },
      ),
      { numRuns: 1000 },
    );
    // One side at a time, so that it is reached, too.
    fc.assert(
      fc.property(
        document,
        fc.constantFrom("kwargs", "definition", "targetKwargs", "targetDefinition", "arn"),
        fc.boolean(),
        (value, where, open) => {
          const run = ecsRun({
            ...(where === "kwargs" || where === "arn" ? { runTaskKwargs: value } : {}),
            ...(where === "arn" ? { taskDefinitionArn: ARN } : {}),
            ...(where === "definition" ? { taskDefinition: value } : {}),
          });
          const settings = {
            ...(where === "targetKwargs" ? { runTaskKwargs: value } : {}),
            ...(where === "targetDefinition" ? { taskDefinition: value } : {}),
          };
          try {
            planEcs(run, ecsTarget({ settings, ...(open ? { allow: "*" } : {}) }));
            planned++;
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
          }
        },
      ),
      { numRuns: 2500 },
    );
    expect(planned).toBeGreaterThan(100);
  });
});
