import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { launchers } from "../../shared/launchers/registry.ts";
import { readYaml } from "../../shared/schema/json-document.ts";
import { JSON_SCHEMAS, jsonSchema } from "../../shared/schema/json-schema.ts";

const run = promisify(execFile);
const slipway = (...args: string[]) => run(process.execPath, ["functions/cli/slipway.mjs", ...args]);

describe("slipway schema", () => {
  test.each(JSON_SCHEMAS)("%s prints the JSON Schema", async (name) => {
    const { stdout } = await slipway("schema", name);
    expect(JSON.parse(stdout)).toEqual(jsonSchema(name, launchers));
  });

  test("of an unknown document is wrong usage, with the nearest", async () => {
    await expect(slipway("schema", "configs")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean "config"?); there are run-request, run-config, config'),
    });
  });
});

describe("the JSON Schemas say of the examples what the dispatcher says", () => {
  // An independent reading of the printed schema: made a validator again, without our own.
  const validator = (name: (typeof JSON_SCHEMAS)[number]) =>
    z.fromJSONSchema(JSON.parse(JSON.stringify(jsonSchema(name, launchers))) as Parameters<typeof z.fromJSONSchema>[0]);
  const request = validator("run-request");
  const runConfig = validator("run-config");
  const configuration = validator("config");

  test("every request of examples/ is valid, and so is its run config", async () => {
    const files = (await readdir("examples")).filter((name) => name.endsWith(".json"));
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const document: unknown = JSON.parse(await readFile(`examples/${file}`, "utf8"));
      const whole = typeof document === "object" && document !== null && "run_config" in document;
      if (whole) expect(request.safeParse(document).error, file).toBeUndefined();
      const config = whole ? document.run_config : document;
      expect(runConfig.safeParse(config).error, file).toBeUndefined();
      expect(runConfig.safeParse({ ...(config as object), imgae: "x" }).success, file).toBe(false);
    }
  });

  test("every configuration of examples/ is valid", async () => {
    for (const file of (await readdir("examples")).filter((name) => name.endsWith(".yml"))) {
      const document = readYaml(await readFile(`examples/${file}`));
      expect(configuration.safeParse(document).error, file).toBeUndefined();
      expect(configuration.safeParse({ ...(document as object), tragets: [] }).success, file).toBe(false);
    }
  });

  test.each<[string, unknown]>([
    ["a list of labels of numbers", { type: "LocalRun", labels: [1] }],
    ["an unknown type", { type: "LocalRum" }],
    ["a pull policy that there is not", { type: "KubernetesRun", image_pull_policy: "always" }],
    ["labels of null", { type: "LocalRun", labels: null }],
    ["a port of 0", { type: "DockerRun", ports: [0] }],
  ])("a run config with %s is not", (_, document) => {
    expect(runConfig.safeParse(document).success).toBe(false);
  });
});

test("the package's entry gives programs the run configs", async () => {
  const program =
    'import { parseRunConfig, Refusal, serializeRunConfig } from "slipway"; console.log(JSON.stringify(serializeRunConfig(parseRunConfig({ type: "LocalRun", labels: ["b", "a"] })))); try { parseRunConfig({ type: "x" }) } catch (error) { console.log(error instanceof Refusal, error.path) }';
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program]);
  expect(stdout).toBe('{"type":"LocalRun","working_dir":null,"env":null,"labels":["a","b"]}\ntrue type\n');
});
