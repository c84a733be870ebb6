import { expect, test } from "vitest";
import { Refusal } from "../../shared/core/errors.ts";
import type { Launcher } from "../../shared/core/launcher.ts";
import { fallbacks, type Routing, route } from "../../shared/core/route.ts";
import type { RunConfigType, RunRequest } from "../../shared/core/run.ts";
import type { Target } from "../../shared/core/target.ts";
import { doubleTarget, runConfig, runRequest } from "../support/runs.ts";
import { serviceDouble } from "../support/service-double.ts";
import { virtualClock } from "../support/virtual-clock.ts";

const { launcher } = serviceDouble(virtualClock());
const LAUNCHERS: Readonly<Record<string, Launcher>> = {
  ecs: { ...launcher, type: "ecs", runs: ["ECSRun", "UniversalRun"] },
  docker: { ...launcher, type: "docker", runs: ["DockerRun", "UniversalRun"] },
};

const PLAIN = doubleTarget({ name: "plain", type: "docker" });
const PROD = doubleTarget({ name: "prod", type: "ecs", labels: ["prod", "etl"] });
const PROD_BOX = doubleTarget({ name: "prod-box", type: "docker", labels: ["prod"], fallback: ["gone", "plain", "prod", "test"] });
const TEST = doubleTarget({ name: "test", type: "docker", labels: ["test"] });
const TARGETS: readonly Target[] = [PLAIN, PROD, PROD_BOX, TEST];

function routing(senderTargets?: readonly string[], targets = TARGETS): Routing {
  const launcherOf = (target: Target) => LAUNCHERS[target.type] ?? launcher;
  return { targets, launcherOf, ...(senderTargets === undefined ? {} : { senderTargets }) };
}

function request(labels: readonly string[], type: RunConfigType = "UniversalRun", over: Partial<RunRequest> = {}): RunRequest {
  return runRequest({ runConfig: runConfig({ type, labels }), ...over });
}

function refusal(run: RunRequest, how: Routing): Pick<Refusal, "code" | "path" | "message"> {
  try {
    route(run, how);
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, path: error.path, message: error.issues[0]?.message ?? "" };
    throw error;
  }
  throw new Error("it was routed");
}

test.each<[string, RunRequest, readonly string[] | undefined, string]>([
  ["a run without labels goes to a target without labels", request([]), undefined, "plain"],
  ["a run with labels goes to the first target that has them all", request(["prod"]), undefined, "prod"],
  ["all labels are needed", request(["etl", "prod"]), undefined, "prod"],
  ["a target may have more labels than the run", request(["etl"]), undefined, "prod"],
  ["a target that can't run the type is passed over", request(["prod"], "DockerRun"), undefined, "prod-box"],
  ["a target that the sender may not use is passed over", request(["prod"]), ["prod-*"], "prod-box"],
  ["a pinned target is taken whatever the labels", request(["test"], "UniversalRun", { target: "prod" }), undefined, "prod"],
  ["a pinned target is taken by a run without labels", request([], "ECSRun", { target: "prod" }), undefined, "prod"],
  ["the sender's globs may allow all", request(["test"]), ["*"], "test"],
])("route: %s", (_rule, run, senderTargets, expected) => {
  expect(route(run, routing(senderTargets)).name).toBe(expected);
});

test.each<[string, RunRequest, Routing, Pick<Refusal, "code" | "path" | "message">]>([
  [
    "no target has the labels: the reason for each is told",
    request(["prod", "gpu"], "DockerRun"),
    routing(["p*", "test"]),
    {
      code: "NO_TARGET",
      path: "run_config.labels",
      message:
        'no target takes a DockerRun with the labels "prod", "gpu". plain: it lacks the labels "prod", "gpu" (it has none); prod: type ecs runs ECSRun and UniversalRun, not DockerRun; prod-box: it lacks the label "gpu" (it has "prod"); test: it lacks the labels "prod", "gpu" (it has "test")',
    },
  ],
  [
    "no target runs the type: it is the type that is told, whatever the labels",
    request(["prod"], "ECSRun"),
    routing(undefined, [TEST]),
    {
      code: "NO_TARGET",
      path: "run_config.type",
      message: 'no target takes an ECSRun with the labels "prod". test: type docker runs DockerRun and UniversalRun, not ECSRun',
    },
  ],
  [
    "a run without labels says that it needs a target without",
    request([]),
    routing(undefined, [TEST]),
    {
      code: "NO_TARGET",
      path: "run_config.labels",
      message:
        'no target takes a UniversalRun with no labels. test: the run has no labels, so it needs a target without labels (this one has "test")',
    },
  ],
  [
    "a target that the sender may not use is not named",
    request(["test"]),
    routing(["prod"], [TEST]),
    {
      code: "NO_TARGET",
      path: "run_config.labels",
      message: 'no target takes a UniversalRun with the labels "test". the sender may not use any other',
    },
  ],
  [
    "a pinned target that is not there: near names are offered",
    request([], "UniversalRun", { target: "prd" }),
    routing(),
    {
      code: "TARGET_UNKNOWN",
      path: "target",
      message: 'no target is named "prd" (did you mean "prod"?); the configuration has "plain", "prod", "prod-box", "test"',
    },
  ],
  [
    "a pinned target that is not there: only names that the sender may use are told",
    request([], "UniversalRun", { target: "text" }),
    routing(["te*"]),
    { code: "TARGET_UNKNOWN", path: "target", message: 'no target is named "text" (did you mean "test"?); the configuration has "test"' },
  ],
  [
    "a pinned target that the sender could not use if it were there: whether it is there is not told",
    request([], "UniversalRun", { target: "prd" }),
    routing(["test"]),
    { code: "TARGET_NOT_ALLOWED", path: "target", message: 'the sender may not use the target "prd"; it may use "test"' },
  ],
  [
    "a pinned target that the sender may not use",
    request([], "UniversalRun", { target: "prod" }),
    routing(["test"]),
    { code: "TARGET_NOT_ALLOWED", path: "target", message: 'the sender may not use the target "prod"; it may use "test"' },
  ],
  [
    "a pinned target that can't run the type",
    request([], "DockerRun", { target: "prod" }),
    routing(),
    { code: "TYPE_NOT_SUPPORTED", path: "run_config.type", message: 'target "prod": type ecs runs ECSRun and UniversalRun, not DockerRun' },
  ],
])("refused: %s", (_rule, run, how, expected) => {
  expect(refusal(run, how)).toEqual(expected);
});

test.each<[string, RunRequest, readonly string[] | undefined, readonly string[]]>([
  [
    "in the order that the target names, whatever their labels; one that is gone is left out",
    request(["prod"]),
    undefined,
    ["plain", "prod", "test"],
  ],
  ["those that can run the type", request(["prod"], "DockerRun"), undefined, ["plain", "test"]],
  ["those that the sender may use", request(["prod"]), ["prod*", "test"], ["prod", "test"]],
])("fallback targets: %s", (_rule, run, senderTargets, names) => {
  expect(fallbacks(run, PROD_BOX, routing(senderTargets)).map(({ name }) => name)).toEqual(names);
});

test("a target without fallback has none", () => {
  expect(fallbacks(request([]), PLAIN, routing())).toEqual([]);
});
