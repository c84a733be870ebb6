import { expect, onTestFinished, test } from "vitest";
import { defaultConfiguration } from "../../functions/local/default-configuration.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { readYaml } from "../../shared/schema/json-document.ts";
import { engineDouble } from "../doubles/docker/engine-double.ts";
import { gate } from "../doubles/docker/gate.ts";

async function targetsWith(dockerHost: string): Promise<readonly string[]> {
  const { targets } = parseConfiguration(readYaml(await defaultConfiguration({ DOCKER_HOST: dockerHost })), launchers);
  return targets.map(({ name, type }) => `${name} (${type})`);
}

async function daemon() {
  const entry = await gate(engineDouble().handle);
  onTestFinished(() => entry.close());
  return entry;
}

test("where a Docker daemon answers on its socket there is a target for it, after this machine's own", async () => {
  expect(await targetsWith(`unix://${(await daemon()).path}`)).toEqual(["local (local)", "docker (docker)"]);
});

test.each(["5xx", "hang", "reset"] as const)("a daemon that does not answer keeps nobody waiting, and is no target: %s", async (outage) => {
  const entry = await daemon();
  entry.outage = outage;
  expect(await targetsWith(`unix://${entry.path}`)).toEqual(["local (local)"]);
});

test.each(["unix:///nonexistent/docker.sock", "tcp://127.0.0.1:2375", "ssh://user@host"])("no target for %s", async (dockerHost) => {
  expect(await targetsWith(dockerHost)).toEqual(["local (local)"]);
});
