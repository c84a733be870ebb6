import { expect, test } from "vitest";
import { loadConfiguration } from "../functions/composition/planning.ts";
import { chooseCommand } from "../shared/core/command.ts";
import { composeEnvironment } from "../shared/core/environment.ts";
import { chooseImage } from "../shared/core/image.ts";
import type { Environment, PlannedRun, RunConfig } from "../shared/core/run.ts";

/** The types of targets whose agents set a variable. */
const ALL = ["ecs", "kubernetes", "vertex", "docker", "local"];
const IMAGES = ["ecs", "kubernetes", "vertex", "docker"];

/** What the agents of Prefect 1.4.1 set: the variable, its value, and which agents. */
const AGENTS_SET: readonly (readonly [name: string, value: string, types: readonly string[]])[] = [
  ["PREFECT__BACKEND", "cloud", ALL],
  ["PREFECT__CLOUD__API", "https://api.prefect.io", ALL],
  ["PREFECT__CLOUD__TENANT_ID", "11111111-2222-3333-4444-555555555555", ALL],
  ["PREFECT__CLOUD__AGENT__LABELS", "['prod']", ALL],
  ["PREFECT__CONTEXT__FLOW_RUN_ID", "run-1", ALL],
  ["PREFECT__CONTEXT__FLOW_ID", "flow-1", ALL],
  ["PREFECT__CONTEXT__IMAGE", "me/img:1", ["ecs", "kubernetes", "docker"]],
  ["PREFECT__CLOUD__USE_LOCAL_SECRETS", "false", ALL],
  ["PREFECT__ENGINE__FLOW_RUNNER__DEFAULT_CLASS", "prefect.engine.cloud.CloudFlowRunner", ALL],
  ["PREFECT__LOGGING__LOG_TO_CLOUD", "true", IMAGES],
  ["PREFECT__LOGGING__LEVEL", "INFO", ALL],
  ["PREFECT__CLOUD__SEND_FLOW_RUN_LOGS", "true", ALL],
];

const CONFIGS: Readonly<Record<string, RunConfig>> = {
  ecs: { type: "ECSRun", env: {}, labels: ["prod"], image: "me/img:1" },
  kubernetes: { type: "KubernetesRun", env: {}, labels: ["prod"], image: "me/img:1" },
  vertex: { type: "VertexRun", env: {}, labels: ["prod"], image: "me/img:1" },
  docker: { type: "DockerRun", env: {}, labels: ["prod"], image: "me/img:1" },
  local: { type: "LocalRun", env: {}, labels: ["prod"] },
};

async function targetNamed(name: string) {
  const { targets } = await loadConfiguration("examples/prefect1.yml");
  return targets.find((target) => target.name === name) ?? expect.fail(`no target ${name}`);
}

function runWith(runConfig: RunConfig | undefined, env: Environment = {}): PlannedRun {
  if (runConfig === undefined) throw new Error("no such type");
  return {
    deployment: "default",
    key: "k",
    attempt: 1,
    request: { id: "run-1", flow: { id: "flow-1", name: "Flow" }, runConfig: { ...runConfig, env } },
  };
}

async function prefectEnvironment(type: string, env: Environment = {}) {
  const target = await targetNamed(type);
  const run = runWith(CONFIGS[type], env);
  const image = chooseImage({ run, target });
  const composed = composeEnvironment(run, target, image === undefined ? {} : { image });
  return Object.fromEntries(Object.entries(composed).filter(([name]) => name.startsWith("PREFECT__")));
}

test.each(ALL)("prefect1.yml sets on %s what its agent set, and nothing else", async (type) => {
  const set = AGENTS_SET.filter(([, , types]) => types.includes(type)).map(([name, value]) => [name, value]);
  expect(await prefectEnvironment(type)).toEqual(Object.fromEntries(set));
});

test.each(ALL)("on %s a run may set what the agent let it set", async (type) => {
  const own = Object.fromEntries(AGENTS_SET.map(([name]) => [name, "own"]));
  const environment = await prefectEnvironment(type, own);
  const free = Object.keys(environment).filter((name) => environment[name] === "own");
  const everywhere = ["PREFECT__CLOUD__SEND_FLOW_RUN_LOGS", "PREFECT__LOGGING__LEVEL"];
  // Variables that the agent did not set at all are the run's own as well.
  const unset = AGENTS_SET.flatMap(([name, , types]) => (types.includes(type) ? [] : [name]));
  expect(free.toSorted()).toEqual([...everywhere, ...unset, ...(type === "docker" ? ["PREFECT__CLOUD__API"] : [])].toSorted());
});

test.each([
  ["ecs", ["/bin/sh", "-c", "prefect execute flow-run"]],
  ["kubernetes", ["prefect", "execute", "flow-run"]],
  ["vertex", ["prefect", "execute", "flow-run"]],
  ["docker", ["prefect", "execute", "flow-run"]],
  ["docker-0-12", ["prefect", "execute", "cloud-flow"]],
  ["local", ["python", "-m", "prefect", "execute", "flow-run"]],
])("the command of %s is its agent's", async (name, command) => {
  const target = await targetNamed(name);
  expect(chooseCommand(runWith(CONFIGS[target.type]), target).command).toEqual(command);
});

test("the API key is in no variable: the services that resolve secrets are given references", async () => {
  const { targets } = await loadConfiguration("examples/prefect1.yml");
  for (const { name, type, env, enforcedEnv, secrets } of targets) {
    expect(Object.keys({ ...env, ...enforcedEnv }), name).not.toContain("PREFECT__CLOUD__API_KEY");
    const expected = type === "ecs" || type === "kubernetes" ? ["PREFECT__CLOUD__API_KEY", "PREFECT__CLOUD__AUTH_TOKEN"] : [];
    expect(Object.keys(secrets), name).toEqual(expected);
  }
});
