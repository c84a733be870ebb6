import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  type ListTaskDefinitionsCommandInput,
} from "@aws-sdk/client-ecs";
import { expect } from "vitest";
import { DEFINITION_QUIRKS } from "./quirks.ts";
import { quirkRows } from "./rows.ts";
import { refusalOf, type Scenario } from "./scenario.ts";

const describe = ({ ecs }: Scenario, taskDefinition: string, ...include: "TAGS"[]) =>
  ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition, include }));
const deregister = ({ ecs }: Scenario, taskDefinition: string) => ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));

quirkRows("Task definitions", DEFINITION_QUIRKS, {
  "revisions count up, and a family alone is its latest ACTIVE one": async (scenario) => {
    const { run, register } = scenario;
    const arn = "arn:aws:ecs:eu-west-1:111122223333:task-definition/etl:";
    expect([await register(), await register()]).toEqual([`${arn}2`, `${arn}3`]);
    await deregister(scenario, "etl:3");
    expect((await run()).tasks?.[0]?.taskDefinitionArn).toBe(`${arn}2`);
    expect((await run({ taskDefinition: "etl:1" })).tasks?.[0]?.taskDefinitionArn).toBe(`${arn}1`);
    expect(await register()).toBe(`${arn}4`);
  },
  "RunTask of an INACTIVE definition: InvalidParameterException": async (scenario) => {
    await deregister(scenario, "etl:1");
    expect(await refusalOf(scenario.run({ taskDefinition: "etl:1" }))).toBe("InvalidParameterException: TaskDefinition is inactive");
    expect(await refusalOf(scenario.run({ taskDefinition: "etl" }))).toBe("ClientException: TaskDefinition not found.");
  },
  "RunTask of an unknown definition: ClientException": async ({ run }) => {
    for (const taskDefinition of ["nobody", "etl:9", "arn:aws:ecs:us-east-1:111122223333:task-definition/etl:1"]) {
      expect(await refusalOf(run({ taskDefinition }))).toBe("ClientException: TaskDefinition not found.");
    }
  },
  "an unknown definition can't be described: ClientException": async (scenario) => {
    expect(await refusalOf(describe(scenario, "nobody"))).toBe("ClientException: Unable to describe task definition.");
  },
  "an INACTIVE definition can still be described": async (scenario) => {
    await deregister(scenario, "etl:1");
    expect((await describe(scenario, "etl:1")).taskDefinition).toMatchObject({ status: "INACTIVE", deregisteredAt: expect.any(Date) });
    expect(await refusalOf(describe(scenario, "etl"))).toBe("ClientException: Unable to describe task definition.");
  },
  "only an INACTIVE definition can be deleted, and then it goes": async (scenario) => {
    const { ecs, pass } = scenario;
    const remove = () => ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: ["etl:1"] }));
    expect((await remove()).failures?.[0]?.reason).toMatch(/still in ACTIVE status/);
    await deregister(scenario, "etl:1");
    expect((await remove()).taskDefinitions?.[0]?.status).toBe("DELETE_IN_PROGRESS");
    expect(await refusalOf(scenario.run({ taskDefinition: "etl:1" }))).toBe("InvalidParameterException: TaskDefinition is inactive");
    pass(60_000);
    expect(await refusalOf(describe(scenario, "etl:1"))).toBe("ClientException: Unable to describe task definition.");
  },
  "deregistering wants a revision that exists": async (scenario) => {
    expect(await refusalOf(deregister(scenario, "etl"))).toMatch(/^InvalidParameterException/);
    expect(await refusalOf(deregister(scenario, "etl:7"))).toBe("ClientException: The specified task definition does not exist.");
  },
  "a description has the service's defaults written in": async (scenario) => {
    expect((await describe(scenario, "etl")).taskDefinition).toMatchObject({
      family: "etl",
      revision: 1,
      status: "ACTIVE",
      cpu: "256",
      memory: "512",
      compatibilities: ["EC2", "FARGATE"],
      requiresCompatibilities: ["FARGATE"],
      volumes: [],
      containerDefinitions: [{ name: "flow", image: "python:3.12", cpu: 0, essential: true, environment: [], portMappings: [] }],
    });
    await scenario.register({ cpu: "1 vCPU", memory: "2 GB" });
    expect((await describe(scenario, "etl")).taskDefinition).toMatchObject({ cpu: "1024", memory: "2048" });
  },
  "tags are described only where asked for": async (scenario) => {
    const tags = [{ key: "team", value: "data" }];
    await scenario.register({ tags });
    expect((await describe(scenario, "etl")).tags).toBeUndefined();
    expect((await describe(scenario, "etl", "TAGS")).tags).toEqual(tags);
  },
  "definitions are listed by family and status": async (scenario) => {
    const { ecs, register } = scenario;
    await register();
    await register({ family: "other" });
    await deregister(scenario, "etl:1");
    const list = async (input: ListTaskDefinitionsCommandInput) => {
      const { taskDefinitionArns = [] } = await ecs.send(new ListTaskDefinitionsCommand(input));
      return taskDefinitionArns.map((arn) => arn.slice(arn.indexOf("/") + 1));
    };
    expect(await list({})).toEqual(["etl:2", "other:1"]);
    expect(await list({ familyPrefix: "etl", status: "INACTIVE" })).toEqual(["etl:1"]);
    expect(await list({ sort: "DESC" })).toEqual(["other:1", "etl:2"]);
  },
});
