// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what a target may write as ${…} is tested here.
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../shared/core/json.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { LAUNCHERS } from "./kinds.ts";
import { issuesOf, refusalOf } from "./refused.ts";

const TIMING = { deadlineSeconds: 60, leaseSlackSeconds: 15, sweepSeconds: 60, visibilitySeconds: 360, waitScale: 1 };
const parsed = (document: Json) => parseConfiguration(document, LAUNCHERS);
const withTarget = (fields: JsonObject) => ({ targets: [{ name: "here", type: "local", ...fields }] });

describe("a configuration is accepted", () => {
  test("with one target, and the defaults for all else", () => {
    expect(parsed(withTarget({}))).toStrictEqual({
      deployment: "default",
      retentionDays: 30,
      timing: TIMING,
      targets: [
        {
          name: "here",
          type: "local",
          labels: [],
          env: {},
          enforcedEnv: {},
          secrets: {},
          tags: {},
          fallback: [],
          relaunch: 2,
          settings: {},
        },
      ],
    });
  });

  test("with every field", () => {
    const target = {
      name: "prod.eu-1_a",
      type: "ecs",
      labels: ["b", "a"],
      env: { A: "${run.id} $$ $", N: 1, U: null },
      enforced_env: { B: "${flow.version}" },
      secrets: { S: "arn:x" },
      image: "i",
      command: ["run", "${run.name}"],
      entrypoint: [],
      tags: { team: "${target.name}" },
      timeout_seconds: 5,
      start_timeout_seconds: 6,
      fallback: ["other"],
      give_up_seconds: 7,
      relaunch: 0,
      allow: { images: ["a/*"], task_roles: [], privileged: true },
      task_role_arn: "r",
      run_task_kwargs: { network_thing: { a_b: 1 } },
    };
    const document = {
      deployment: "prod-1",
      targets: [target, { name: "other", type: "local", allow: "*", working_dir: null, max_parallel: 2 }],
      retention_days: 7,
      timing: { sweep_seconds: 0.5 },
      table: "t",
      queue: "https://sqs/q",
    };
    const configuration = parsed(document);
    expect(configuration).toMatchObject({
      deployment: "prod-1",
      retentionDays: 7,
      timing: { ...TIMING, sweepSeconds: 0.5 },
      table: "t",
      queue: "https://sqs/q",
    });
    const { enforced_env, timeout_seconds, start_timeout_seconds, give_up_seconds, task_role_arn, run_task_kwargs, ...same } = target;
    expect(configuration.targets[0]).toStrictEqual({
      ...same,
      enforcedEnv: enforced_env,
      timeoutSeconds: timeout_seconds,
      startTimeoutSeconds: start_timeout_seconds,
      giveUpSeconds: give_up_seconds,
      settings: { taskRoleArn: task_role_arn, runTaskKwargs: run_task_kwargs },
    });
    expect(configuration.targets[1]).toMatchObject({ allow: "*", settings: { maxParallel: 2 } });
    expect(configuration.targets[1]?.settings).not.toHaveProperty("workingDir");
  });

  test("with empty YAML values, which are null and count as absent", () => {
    expect(parsed({ ...withTarget({ labels: null, env: null, image: null, allow: null }), deployment: null, timing: null })).toStrictEqual(
      parsed(withTarget({})),
    );
  });

  test("with other durations to start from", () => {
    const timing = { deadlineSeconds: 10, leaseSlackSeconds: 3, sweepSeconds: 1, visibilitySeconds: 15, waitScale: 1 };
    expect(parseConfiguration({ ...withTarget({}), timing: { wait_scale: 2 } }, LAUNCHERS, { timing }).timing).toEqual({
      ...timing,
      waitScale: 2,
    });
  });
});

const KNOWN =
  "${run.id}, ${run.name}, ${run.attempt}, ${flow.id}, ${flow.name}, ${flow.version}, ${target.name}, ${image}; $$ stands for a dollar";
const NAMES = "expected 1 to 64 letters, digits, dots, underscores and hyphens";

describe("a configuration is refused", () => {
  test.each<[string, Json, readonly string[]]>([
    ["when it is empty", null, ["expected an object, found null"]],
    ["without targets", {}, ["targets: required: expected a list"]],
    ["with no target", { targets: [] }, ["targets: expected at least 1 entry"]],
    [
      "with an unknown field, with the nearest",
      { ...withTarget({}), retention: 1 },
      [
        "retention: unknown field; known are deployment, targets, retention_days, timing, schedules, templates, http, requests, payloads, notify, table, queue",
      ],
    ],
    ["with a mistyped field, with the nearest", { ...withTarget({}), tabel: "x" }, ['tabel: unknown field (did you mean "table"?)']],
    [
      "with a deployment that names cannot hold",
      { ...withTarget({}), deployment: "Prod" },
      ["deployment: expected 1 to 32 lower-case letters, digits and hyphens"],
    ],
    ["with a retention of no days", { ...withTarget({}), retention_days: 0 }, ["retention_days: expected at least 1"]],
    [
      "with a duration of nothing",
      { ...withTarget({}), timing: { sweep_seconds: 0, deadline: 1 } },
      [
        "timing.sweep_seconds: expected more than 0",
        "timing.deadline: unknown field; known are deadline_seconds, lease_slack_seconds, sweep_seconds, visibility_seconds, wait_scale",
      ],
    ],
    [
      "with a target of an unknown type, with the nearest",
      withTarget({ type: "lcoal" }),
      ['targets[0].type: expected one of "local", "ecs", "vertex", found another string (did you mean "local"?)'],
    ],
    ["with a target without a type", { targets: [{ name: "a" }] }, ['targets[0].type: required: expected one of "local", "ecs", "vertex"']],
    ["with a target that is no object", { targets: ["a"] }, ["targets[0]: expected an object, found a string"]],
    ["with a target without a name", { targets: [{ type: "local" }] }, ["targets[0].name: required: expected a string"]],
    ["with a name that is none", withTarget({ name: "a b" }), [`targets[0].name: ${NAMES}`]],
    [
      "with a name given twice",
      {
        targets: [
          { name: "a", type: "local" },
          { name: "b", type: "local" },
          { name: "a", type: "local" },
        ],
      },
      ["targets[2].name: targets[0] has this name already"],
    ],
    [
      "with a launcher's field that is wrong",
      withTarget({ max_parallel: "2" }),
      ["targets[0].max_parallel: expected an integer, found a string"],
    ],
    [
      "with a field of another launcher",
      withTarget({ task_role_arn: "x" }),
      [
        "targets[0].task_role_arn: unknown field; known are type, name, labels, env, enforced_env, secrets, image, command, entrypoint, tags, timeout_seconds, start_timeout_seconds, fallback, give_up_seconds, relaunch, allow, working_dir, max_parallel",
      ],
    ],
    ["with secrets at a local target", withTarget({ secrets: { A: "b" } }), ["targets[0].secrets: a local process resolves no secrets"]],
    [
      "with secrets where the service has no such field",
      { targets: [{ name: "v", type: "vertex", project: "p", secrets: { A: "b" } }] },
      ["targets[0].secrets: the service behind a target of type vertex resolves no secrets"],
    ],
    [
      "with a fallback that is no target, with the nearest",
      {
        targets: [
          { name: "a", type: "local", fallback: ["othr"] },
          { name: "other", type: "local" },
        ],
      },
      ['targets[0].fallback[0]: no target has this name (did you mean "other"?)'],
    ],
    ["with an empty label", withTarget({ labels: ["gpu", ""] }), ["targets[0].labels[1]: expected at least 1 character"]],
    ["with itself as fallback", withTarget({ fallback: ["here"] }), ["targets[0].fallback[0]: a target cannot be its own fallback"]],
    [
      "with an unknown ${…} in env",
      withTarget({ env: { A: "${flow.nam}" } }),
      [`targets[0].env.A: holds a \${…} that names nothing known (did you mean "flow.name"?); known are ${KNOWN}`],
    ],
    [
      "with an unknown ${…} in enforced_env",
      withTarget({ enforced_env: { A: "${zzzzzz}" } }),
      [`targets[0].enforced_env.A: holds a \${…} that names nothing known; known are ${KNOWN}`],
    ],
    [
      "with an unknown ${…} in command, entrypoint and tags",
      withTarget({ command: ["a", "${zzzzzz}"], entrypoint: ["${}"], tags: { t: "${zzzzzz}" } }),
      ["command[1]", "entrypoint[0]", "tags.t"].map(
        (field) => `targets[0].${field}: holds a \${…} that names nothing known; known are ${KNOWN}`,
      ),
    ],
    [
      "with a list as env value",
      withTarget({ env: { A: [] } }),
      ["targets[0].env.A: expected a string, a number, true or false or null, found a list"],
    ],
    ["with a tag that is no text", withTarget({ tags: { a: 1 } }), ["targets[0].tags.a: expected a string, found a number"]],
    [
      "with an allow that is neither * nor lists",
      withTarget({ allow: "all" }),
      ['targets[0].allow: expected "*" or an object, found a string'],
    ],
    [
      "with an unknown list in allow, with the nearest",
      withTarget({ allow: { image: ["*"], binds: "/" } }),
      [
        'targets[0].allow.binds: expected a list, as ["…"], found a string',
        'targets[0].allow.image: unknown field (did you mean "images"?)',
      ],
    ],
    ["with a negative relaunch", withTarget({ relaunch: -1 }), ["targets[0].relaunch: expected at least 0"]],
    [
      "with all its errors at once, between its targets too",
      {
        deployment: "",
        targets: [
          { name: "a", type: "local", relaunch: "x" },
          { name: "a", type: "nope" },
        ],
      },
      [
        "deployment: expected 1 to 32 lower-case letters, digits and hyphens",
        "targets[0].relaunch: expected an integer, found a string",
        'targets[1].type: expected one of "local", "ecs", "vertex", found another string',
        "targets[1].name: targets[0] has this name already",
      ],
    ],
  ])("%s", (_, document, issues) => {
    expect(issuesOf(() => parsed(document))).toEqual(issues);
    expect(refusalOf(() => parsed(document)).code).toBe("INVALID_CONFIGURATION");
  });
});
