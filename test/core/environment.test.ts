import { expect, test } from "vitest";
import { chooseCommand, chooseTimeout } from "../../shared/core/command.ts";
import { composeEnvironment } from "../../shared/core/environment.ts";
import { runKey } from "../../shared/core/identity.ts";
import type { Environment, EnvironmentValue, RunRequest } from "../../shared/core/run.ts";
import { doubleTarget, plannedRun, runConfig } from "../support/runs.ts";

/** The five layers, weakest first. `injected` is Slipway's own: only its names can clash. */
interface Layers {
  readonly template?: Environment;
  readonly target?: Environment;
  readonly run?: Environment;
  readonly enforced?: Environment;
}

function composed({ template, target, run, enforced }: Layers, request: Partial<RunRequest> = {}, attempt = 1) {
  return composeEnvironment(
    plannedRun({ runConfig: runConfig({ env: run ?? {} }), ...request }, attempt),
    doubleTarget({ env: target ?? {}, enforcedEnv: enforced ?? {} }),
    template === undefined ? {} : { template },
  );
}

const OWN = { SLIPWAY_RUN_ID: "run-1", SLIPWAY_ATTEMPT: "1", SLIPWAY_TARGET: "one" };

test.each<[string, Layers, Record<string, string | null>]>([
  ["the template's value serves where nobody else says anything", { template: { A: "template" } }, { A: "template" }],
  ["the target's wins over the template's", { template: { A: "template" }, target: { A: "target" } }, { A: "target" }],
  ["the run's wins over the target's", { target: { A: "target" }, run: { A: "run" } }, { A: "run" }],
  ["the enforced wins over the run's", { run: { A: "run" }, enforced: { A: "enforced" } }, { A: "enforced" }],
  ["Slipway's own wins over the run's", { run: { SLIPWAY_TARGET: "mine" } }, {}],
  ["the enforced wins even over Slipway's own", { enforced: { SLIPWAY_TARGET: "enforced" } }, { SLIPWAY_TARGET: "enforced" }],
  ["null of the template takes away", { template: { A: null } }, { A: null }],
  ["null of the target takes the template's away", { template: { A: "template" }, target: { A: null } }, { A: null }],
  ["null of the run takes the target's away", { target: { A: "target" }, run: { A: null } }, { A: null }],
  ["null of the enforced takes the run's away", { run: { A: "run" }, enforced: { A: null } }, { A: null }],
  ["null of the enforced takes Slipway's own away", { enforced: { SLIPWAY_TARGET: null } }, { SLIPWAY_TARGET: null }],
  ["a value wins over a null further down", { target: { A: null }, run: { A: "run" } }, { A: "run" }],
  ["the empty text is a value", { target: { A: "target" }, run: { A: "" } }, { A: "" }],
])("environment: %s", (_rule, layers, expected) => {
  expect(composed(layers)).toEqual({ ...OWN, ...expected });
});

test.each<[string, EnvironmentValue, string]>([
  ["an integer", 3, "3"],
  ["a fraction", 0.5, "0.5"],
  ["a great one", 1e21, "1e+21"],
  ["a negative zero", -0, "0"],
  ["true", true, "true"],
  ["false", false, "false"],
])("a value that is no text is written as JSON writes it: %s", (_rule, value, text) => {
  expect(composed({ run: { A: value } })["A"]).toBe(text);
  expect(composed({ target: { A: value } })["A"]).toBe(text);
});

const FULL: Partial<RunRequest> = {
  name: "nightly",
  flow: { id: "f1", name: "etl", version: 7, storage: { type: "S3", bucket: "b" } },
  parameters: { z: 1, a: [null] },
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

test("Slipway's own variables are set where there is a value", () => {
  const key = runKey("run-1");
  const environment = composed({}, FULL, 2);
  expect(environment).toEqual({
    SLIPWAY_RUN_ID: "run-1",
    SLIPWAY_ATTEMPT: "2",
    SLIPWAY_TARGET: "one",
    SLIPWAY_RUN_NAME: "nightly",
    SLIPWAY_FLOW_ID: "f1",
    SLIPWAY_FLOW_NAME: "etl",
    SLIPWAY_FLOW_VERSION: "7",
    SLIPWAY_FLOW_STORAGE: '{"bucket":"b","type":"S3"}',
    SLIPWAY_PARAMETERS: '{"a":[null],"z":1}',
    TRACEPARENT: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/),
  });
  expect(key).toHaveLength(26);
});

test("nothing is set for what the request does not say", () => {
  expect(composed({})).toEqual(OWN);
});

test("a target's values are interpolated, in both of its layers", () => {
  const environment = composed({ target: { A: "${run.id} ${flow.name}" }, enforced: { B: "${target.name}/${run.attempt}" } }, FULL, 3);
  expect(environment).toMatchObject({ A: "run-1 etl", B: "one/3" });
});

test("a request's values and a template's are not interpolated", () => {
  expect(composed({ run: { A: "${run.id} $$" }, template: { B: "${run.id}" } })).toMatchObject({ A: "${run.id} $$", B: "${run.id}" });
});

test("the image is filled in where it is known", () => {
  const target = doubleTarget({ env: { A: "${image}" } });
  expect(composeEnvironment(plannedRun(), target, { image: "busybox" })).toMatchObject({ A: "busybox" });
  expect(composeEnvironment(plannedRun(), target)).toMatchObject({ A: "" });
});

test("variables are sorted by name", () => {
  const names = Object.keys(composed({ run: { b: 1, B: 1, a: 1, Z: 1, _: 1 } }));
  expect(names).toEqual([...names].sort());
});

test("a variable named __proto__ does no harm and is kept", () => {
  const run: Environment = JSON.parse('{"__proto__":"x","constructor":"y"}');
  const environment = composed({ run });
  expect(Object.getPrototypeOf(environment)).toBe(Object.prototype);
  expect(Object.entries(environment)).toContainEqual(["__proto__", "x"]);
  expect(Object.entries(environment)).toContainEqual(["constructor", "y"]);
});

test.each<[string, readonly string[] | undefined, readonly string[] | undefined, readonly string[] | undefined]>([
  ["the request's serves first", ["request"], ["target"], ["request"]],
  ["the target's serves where the request has none", undefined, ["target", "${run.id}"], ["target", "run-1"]],
  ["without either the image's serves", undefined, undefined, undefined],
  ["an empty one is one", [], ["target"], []],
  ["the request's is not interpolated", ["${run.id}"], undefined, ["${run.id}"]],
])("command and entrypoint: %s", (_rule, ofRequest, ofTarget, chosen) => {
  for (const field of ["command", "entrypoint"] as const) {
    const run = plannedRun(ofRequest === undefined ? {} : { [field]: ofRequest });
    expect(chooseCommand(run, doubleTarget(ofTarget === undefined ? {} : { [field]: ofTarget }))).toEqual(
      chosen === undefined ? {} : { [field]: chosen },
    );
  }
});

test.each<[string, number | undefined, number | undefined, number | undefined]>([
  ["the request's, where it is smaller", 5, 10, 5],
  ["the target's, where it is smaller", 10, 5, 5],
  ["the one that there is: request", 10, undefined, 10],
  ["the one that there is: target", undefined, 5, 5],
  ["none", undefined, undefined, undefined],
])("time limit: %s", (_rule, ofRequest, ofTarget, chosen) => {
  const run = plannedRun(ofRequest === undefined ? {} : { timeoutSeconds: ofRequest });
  expect(chooseTimeout(run, doubleTarget(ofTarget === undefined ? {} : { timeoutSeconds: ofTarget }))).toBe(chosen);
});
