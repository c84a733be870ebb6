/** A role of another account: assumed once, in the target's region, again before its credentials end. */
import { ListClustersCommand } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { ecsClient } from "../../../shared/launchers/ecs/client.ts";
import { sdkHandler } from "../../doubles/ecs/transport.ts";
import { type EcsWorld, ecsConfiguration, ecsRequest, ecsTargetDocument, inEcsWorld } from "../../harness/ecs-world.ts";

const MINUTE = 60_000;
const ROLE = "arn:aws:iam::444455556666:role/launch";
const ROLES = { [ROLE]: { externalId: "slipway" } };
const other = { role_arn: ROLE, external_id: "slipway", region: "ap-southeast-2" };
const configuration = ecsConfiguration([ecsTargetDocument(other)]);

async function running(world: EcsWorld, id: string): Promise<void> {
  world.submit(ecsRequest(id));
  await world.until(() => world.item(id)?.state === "RUNNING");
  expect(world.tasksOf(id)).toHaveLength(1);
}

describe("role_arn", () => {
  test("with the external id, in the target's region; one assumption for many launches; tasks in its account", () =>
    inEcsWorld({ configuration, double: { roles: ROLES } }, async (world) => {
      world.feed(() => 10);
      for (const id of ["a", "b", "c"]) world.submit(ecsRequest(id));
      await running(world, "d");
      const assumed = world.ecs.requests.filter(({ operation }) => operation === "AssumeRole");
      expect(assumed).toMatchObject([
        { region: "ap-southeast-2", input: { RoleArn: ROLE, ExternalId: "slipway", RoleSessionName: "slipway" }, answer: "ok" },
      ]);
      expect(world.ecs.tasks().map(({ account, region }) => `${account} ${region}`)).toEqual(Array(4).fill("444455556666 ap-southeast-2"));
    }));

  test("assumed again before its credentials end, and no call is made with ended ones", () =>
    inEcsWorld({ configuration, double: { roles: ROLES } }, async (world) => {
      world.feed(() => 10);
      await running(world, "a");
      await world.time.sleep(53 * MINUTE);
      const before = world.ecs.counter("AssumeRole").calls;
      await world.time.sleep(4 * MINUTE);
      await running(world, "b");
      await world.time.sleep(90 * MINUTE);
      await running(world, "c");
      expect(before).toBe(1);
      expect(world.ecs.counter("AssumeRole")).toMatchObject({ calls: 3, ok: 3 });
      expect(world.ecs.requests.map(({ answer }) => answer)).not.toContain("ExpiredTokenException");
    }));

  test.each([
    ["the role's trust wants another external id", { roles: { [ROLE]: { externalId: "another" } } }],
    ["the role does not exist", { roles: {} }],
  ])("%s: tried once, rejected, naming sts:AssumeRole and the role", (_what, double) =>
    inEcsWorld({ configuration, double }, async (world) => {
      world.feed(() => 10);
      world.submit(ecsRequest("a"));
      await world.until(() => world.item("a")?.state === "REJECTED");
      const message = expect.stringMatching(`sts:AssumeRole on resource: ${ROLE}`);
      expect(world.item("a")).toMatchObject({ attempt: 1, error: { class: "denied", message } });
      expect(world.ecs.counter("AssumeRole").calls).toBe(1);
      expect(world.ecs.counter("RunTask").calls).toBe(0);
    }),
  );

  test("STS does not answer when the credentials end: nothing was sent, so the run waits; then it is launched", () =>
    inEcsWorld({ configuration, double: { roles: ROLES } }, async (world) => {
      world.feed(() => 10);
      await running(world, "a");
      await world.time.sleep(61 * MINUTE);
      world.ecs.loseAnswer({ operation: "AssumeRole", when: "before", times: 40 });
      world.submit(ecsRequest("b"));
      await world.time.sleep(15_000);
      expect(world.item("b")).toMatchObject({ state: "WAITING", error: { class: "unavailable" } });
      await world.until(() => world.item("b")?.state === "RUNNING");
      expect(world.tasksOf("b")).toHaveLength(1);
    }));

  test.each([
    ["a private endpoint of ECS is not STS's", "https://vpce-1.ecs.eu-west-1.vpce.amazonaws.com", "sts.eu-west-1.amazonaws.com"],
    ["an emulator is the whole of AWS", "http://127.0.0.1:4566", "127.0.0.1:4566"],
  ])("%s", async (_what, endpoint, host) => {
    const hosts: (string | undefined)[] = [];
    const requestHandler = sdkHandler(async ({ headers }) => {
      hosts.push(headers["host"]);
      throw new Error("seen enough");
    });
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIATESTER", AWS_SECRET_ACCESS_KEY: "secret" });
    const client = await ecsClient({ region: "eu-west-1", roleArn: ROLE, endpoint }, requestHandler);
    await expect(client.send(new ListClustersCommand())).rejects.toThrow("seen enough");
    expect(hosts[0]).toBe(host);
  });
});
