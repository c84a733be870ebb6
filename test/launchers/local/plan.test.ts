import { expect, test } from "vitest";
import { Refusal } from "../../../shared/core/errors.ts";
import { canonicalJson } from "../../../shared/core/json.ts";
import { planLocal } from "../../../shared/launchers/local/plan.ts";
import { localTarget, plannedRun } from "./support.ts";

type Run = ReturnType<typeof plannedRun>;
type HereTarget = ReturnType<typeof localTarget>;

const argvCases: readonly (readonly [rule: string, run: Run, target: HereTarget, argv: readonly string[]])[] = [
  ["the request's command", plannedRun({ command: ["a", "b"] }), localTarget(), ["a", "b"]],
  ["entrypoint before command", plannedRun({ entrypoint: ["e"], command: ["a"] }), localTarget(), ["e", "a"]],
  ["an entrypoint alone is enough", plannedRun({ entrypoint: ["e", "x"] }), localTarget(), ["e", "x"]],
  ["the target's command where the request has none", plannedRun(), localTarget({ command: ["t"] }), ["t"]],
  ["the request's command beats the target's", plannedRun({ command: ["a"] }), localTarget({ command: ["t"] }), ["a"]],
  ["the target's entrypoint wraps the request's command", plannedRun({ command: ["a"] }), localTarget({ entrypoint: ["w"] }), ["w", "a"]],
  [
    "the target's texts are filled in, the request's are not",
    plannedRun({ command: ["${run.id}"] }),
    localTarget({ entrypoint: ["${run.id}"] }),
    ["run-1", "${run.id}"],
  ],
  ["empty arguments stay", plannedRun({ command: ["a", ""] }), localTarget(), ["a", ""]],
];

test.each(argvCases)("argv: %s", (_rule, run, target, argv) => {
  const { command, args } = planLocal(run, target).calls[0].input;
  expect([command, ...args]).toEqual(argv);
});

const withDir = localTarget({ settings: { workingDir: "/srv" } });
const cwdCases: readonly (readonly [rule: string, run: Run, target: HereTarget, cwd: string])[] = [
  ["the dispatcher's folder by default", plannedRun({ command: ["a"] }), localTarget(), "."],
  ["the target's", plannedRun({ command: ["a"] }), withDir, "/srv"],
  ["the run config's beats the target's", plannedRun({ command: ["a"] }, { workingDir: "/run" }), withDir, "/run"],
  ["an empty one is the dispatcher's", plannedRun({ command: ["a"] }, { workingDir: "" }), withDir, "."],
  ["an empty one of the target too", plannedRun({ command: ["a"] }), localTarget({ settings: { workingDir: "" } }), "."],
  ["a UniversalRun has the target's", plannedRun({ command: ["a"] }, { type: "UniversalRun" }), withDir, "/srv"],
];

test.each(cwdCases)("cwd: %s", (_rule, run, target, cwd) => {
  expect(planLocal(run, target).calls[0].input.cwd).toBe(cwd);
});

const nul = "x\0y";
const refusals: readonly (readonly [rule: string, run: Run, target: HereTarget, code: string, path: string])[] = [
  ["no command anywhere", plannedRun(), localTarget(), "COMMAND_MISSING", "command"],
  ["an empty command", plannedRun({ command: [] }), localTarget(), "COMMAND_MISSING", "command"],
  ["an empty program", plannedRun({ command: [""] }), localTarget(), "COMMAND_MISSING", "command"],
  ["an empty command overrides the target's", plannedRun({ command: [] }), localTarget({ command: ["t"] }), "COMMAND_MISSING", "command"],
  [
    "Docker storage",
    plannedRun({ command: ["a"], flow: { storage: { type: "Docker", image_name: "i", image_tag: "t" } } }),
    localTarget(),
    "STORAGE_NOT_SUPPORTED",
    "flow.storage",
  ],
  ["NUL in an argument", plannedRun({ command: ["a", nul] }), localTarget(), "INVALID_REQUEST", "command[1]"],
  ["NUL in the entrypoint", plannedRun({ entrypoint: [nul], command: ["a"] }), localTarget(), "INVALID_REQUEST", "entrypoint[0]"],
  ["NUL in a variable", plannedRun({ command: ["a"] }, { env: { A: nul } }), localTarget(), "INVALID_REQUEST", "run_config.env.A"],
  ["NUL in the folder", plannedRun({ command: ["a"] }, { workingDir: nul }), localTarget(), "INVALID_REQUEST", "run_config.working_dir"],
  ["NUL in a name that is injected", plannedRun({ command: ["a"], name: nul }), localTarget(), "INVALID_REQUEST", "name"],
  [
    "NUL in a name that the target fills in",
    plannedRun({ flow: { name: nul } }),
    localTarget({ command: ["${flow.name}"] }),
    "INVALID_REQUEST",
    "flow.name",
  ],
  ["NUL in the target", plannedRun({ command: ["a"] }), localTarget({ env: { A: nul } }), "INVALID_CONFIGURATION", "targets.here.env.A"],
  [
    "a name that would set another variable",
    plannedRun({ command: ["a"] }, { env: { "PATH=/evil": "" } }),
    localTarget({ enforcedEnv: { PATH: "/bin" } }),
    "INVALID_REQUEST",
    "run_config.env.PATH=/evil",
  ],
  ["a variable without a name", plannedRun({ command: ["a"] }, { env: { "": "v" } }), localTarget(), "INVALID_REQUEST", "run_config.env."],
];

test.each(refusals)("refused: %s", (_rule, run, target, code, path) => {
  const refusal = refusalOf(() => planLocal(run, target));
  expect([refusal.code, refusal.path]).toEqual([code, path]);
  expect(refusal.message).not.toContain("x\0y");
});

test("other storage is the workload's business", () => {
  const run = plannedRun({ command: ["a"], flow: { storage: { type: "S3", bucket: "b" } } });
  expect(planLocal(run, localTarget()).calls[0].input.env["SLIPWAY_FLOW_STORAGE"]).toBe('{"bucket":"b","type":"S3"}');
});

test("null stays in the plan, to unset what is inherited", () => {
  const run = plannedRun({ command: ["a"] }, { env: { A: null, B: 1 } });
  expect(planLocal(run, localTarget({ env: { A: "1" } })).calls[0].input.env).toMatchObject({ A: null, B: "1" });
});

test("the same run, target and attempt give the same bytes, whatever the order of their keys", () => {
  const one = planLocal(plannedRun({ command: ["a"] }, { env: { A: "1", B: "2" } }), localTarget({ env: { X: "1", Y: "2" } }));
  const two = planLocal(plannedRun({ command: ["a"] }, { env: { B: "2", A: "1" } }), localTarget({ env: { Y: "2", X: "1" } }));
  expect(JSON.stringify(one)).toBe(JSON.stringify(two));
  expect(canonicalJson({ ...one.calls[0].input })).toBe(
    '{"args":[],"command":"a","cwd":".","env":{"A":"1","B":"2","SLIPWAY_ATTEMPT":"1","SLIPWAY_RUN_ID":"run-1","SLIPWAY_TARGET":"here","X":"1","Y":"2"}}',
  );
});

function refusalOf(act: () => unknown): Refusal {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
