import { randomBytes } from "node:crypto";
import { mkdir, open, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DevStack } from "../support/dev-stack.ts";

/** Nothing is started in it: these commands need no running Slipway. */
let stack: DevStack;

const CONFIGURATION = `
deployment: prod
targets:
  - {name: first, type: local, labels: [gpu, etl], fallback: [second], allow: {images: ["example/*"], secrets: []}}
  - {name: second, type: local}
  - {name: third, type: local, allow: "*"}
`;

const at = (name: string) => join(stack.folder, name);

beforeAll(async () => {
  stack = await DevStack.create();
  const files: Readonly<Record<string, string | Uint8Array>> = {
    "good.yml": CONFIGURATION,
    "bad.yml": "deployment: PROD\ntarget: []\ntargets: [{name: a, type: locl}, {name: '', type: local, max_parallel: 0}]\n",
    "tab.yml": "targets:\n\t- {}",
    "unlabelled.json": '{"command": ["true"], "run_config": {"type": "LocalRun"}}',
    "labelled.json": '{"command": ["true"], "run_config": {"type": "LocalRun", "labels": ["etl"]}}',
    "pinned.json": '{"target": "third", "command": ["true"], "run_config": {"type": "LocalRun", "labels": ["elsewhere"]}}',
    "commandless.json": '{"type": "LocalRun"}',
    "elsewhere.json": '{"target": "thrid", "command": ["true"], "run_config": {"type": "LocalRun"}}',
    "misnamed.yml": "target:\n  - {name: a, type: local}\n",
    "list.yml": "- {name: a, type: local}\n",
    "blank.yml": "# nothing yet\n",
    "scheduled.yml": `targets: [{name: a, type: local}]
schedules:
  - {name: good, cron: "0 3 * * *", request: {command: ["true"], run_config: {type: LocalRun}}}
  - {name: vain, cron: "0 3 * * *", request: {target: b, command: ["true"], run_config: {type: LocalRun}}}
  - {name: idle, cron: "0 3 * * *", request: {run_config: {type: LocalRun}}}
`,
    "nowhere.json": '{"type": "ECSRun", "labels": ["etl", "arm"]}',
    "bad.json": '{"run_config": {"type": "LocalRun", "working_dri": "/", "env": {"A": [1]}}, "comand": []}',
    "cut.json": '{"run_config": {"type": ',
    "request.yml": "run_config:\n  type: LocalRun\n",
    "wake.json": '{"run": "nightly-1"}',
    "empty.json": "",
    "binary.json": randomBytes(4096),
    "control.json": `{"run_config": {"type": "LocalRun"}, "a\\u001b[31m\\nb": 1}`,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(at(name), content);
  await mkdir(at("folder.json"));
  await symlink(at("loop.json"), at("loop.json"));
  const huge = await open(at("huge.json"), "w");
  await huge.truncate(3 * 1024 ** 3);
  await huge.close();
});
afterAll(() => stack.remove());

describe("validate names all that is wrong, one a line with its path, and ends with 1", () => {
  test.each([
    [
      "a request",
      ["bad.json"],
      [
        /bad\.json: INVALID_REQUEST$/,
        /^ {2}run_config\.env\.A: expected .*found a list$/,
        /^ {2}run_config\.working_dri: .*"working_dir"/,
        /^ {2}comand: .*"command"/,
      ],
    ],
    [
      "a configuration",
      ["bad.yml"],
      [
        /bad\.yml: INVALID_CONFIGURATION$/,
        /^ {2}deployment: /,
        /^ {2}targets\[0\]\.type: .*"local".* \(line 3\)$/,
        /^ {2}targets\[1\]\.name: /,
        /^ {2}targets\[1\]\.max_parallel: /,
        /^ {2}target: .*"targets"/,
      ],
    ],
    [
      "a request and the configuration named with it",
      ["bad.json", "--config", "bad.yml"],
      [/bad\.json: INVALID_REQUEST$/, /bad\.yml: INVALID_CONFIGURATION$/],
    ],
    ["a request that is cut off", ["cut.json"], [/NOT_JSON: .*line 1, column 25/]],
    ["a request in YAML", ["request.yml"], [/NOT_JSON: .*line 1, column 1/]],
    ["a configuration with tabs", ["tab.yml"], [/NOT_YAML: .*line 2, column 1.*tab/]],
    ["a configuration without targets, by its name", ["misnamed.yml"], [/INVALID_CONFIGURATION$/, /^ {2}target: .*"targets"/]],
    ["a list where a configuration belongs", ["list.yml"], [/INVALID_CONFIGURATION: expected an object, found a list/]],
    ["a configuration in which nothing is said", ["blank.yml"], [/INVALID_CONFIGURATION: expected an object/]],
    ["nothing", ["empty.json"], [/the document is empty/]],
    ["a binary", ["binary.json"], [/NOT_UTF8/]],
    ["a disk image", ["huge.json"], [/TOO_LARGE: .*1048576 bytes/]],
    ["a name with control characters", ["control.json"], [/INVALID_REQUEST: \["a\\u001b\[31m\\nb"\]: unknown field/]],
  ] as const)("%s", async (_, files, lines) => {
    const args = files.map((word) => (word.startsWith("-") ? word : at(word)));
    const { status, stdout, stderr } = await stack.cli(["validate", ...args]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    const printed = stderr.trimEnd().split("\n");
    for (const line of lines) expect(printed).toContainEqual(expect.stringMatching(line));
  });
});

test("validate --json says the same for programs", async () => {
  const { status, stdout, stderr } = await stack.cli(["validate", at("bad.json"), "--config", at("bad.yml"), "--json"]);
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  const { ok, errors } = JSON.parse(stdout);
  expect(ok).toBe(false);
  expect(
    errors.map(({ document, code, issues }: { document: string; code: string; issues: unknown[] }) => [document, code, issues.length]),
  ).toEqual([
    [at("bad.json"), "INVALID_REQUEST", 3],
    [at("bad.yml"), "INVALID_CONFIGURATION", 5],
  ]);
});

describe("validate says in one line what a valid document is", () => {
  test.each([
    ["good.yml", /^valid configuration: deployment prod, 3 targets: first \(local\), second \(local\), third \(local\)\n$/],
    [
      "unlabelled.json",
      /^valid run request: LocalRun with no labels; goes to target second \(local\) of .*good\.yml: the first that .*\n$/,
    ],
    ["labelled.json", /^valid run request: LocalRun with the labels "etl"; goes to target first \(local\) .*\n$/],
    ["pinned.json", /goes to target third \(local\) .*: the request pins it, whatever the labels\n$/],
    ["wake.json", /is valid: a wake-up for the run nightly-1\n$/],
  ])("%s", async (file, text) => {
    const { status, stdout, stderr } = await stack.cli(["validate", at(file), "--config", at("good.yml")]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(text);
  });

  test("a request that no target takes, with the reason of each", async () => {
    const { status, stdout } = await stack.cli(["validate", at("nowhere.json"), "--config", at("good.yml")]);
    expect(status).toBe(1);
    const [first, , ...answers] = stdout.trimEnd().split("\n");
    expect(first).toMatch(/^a well-formed run request: ECSRun with the labels "arm", "etl"; no target of .*good\.yml takes it$/);
    expect(answers).toHaveLength(3);
    for (const answer of answers) expect(answer).toContain("runs LocalRun and UniversalRun, not ECSRun");
    const json = await stack.cli(["validate", at("nowhere.json"), "--config", at("good.yml"), "--json"]);
    expect(json.status).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, kind: "request", target: null, errors: [{ code: "NO_TARGET" }] });
  });

  test.each([
    [
      "a request that its target can't launch",
      ["commandless.json", "--config", "good.yml"],
      /^a well-formed run request: LocalRun with no labels; target second \(local\) of .*good\.yml takes it, and can't launch it\n {2}COMMAND_MISSING: command: .*\n$/,
      ["COMMAND_MISSING", "command"],
    ],
    [
      "a request that pins a target which there is not",
      ["elsewhere.json", "--config", "good.yml"],
      /no target of .*good\.yml takes it\n {2}TARGET_UNKNOWN: target: .*did you mean "third".*\n {4}What to do: .*\n$/,
      ["TARGET_UNKNOWN", "target"],
    ],
    [
      "a configuration whose schedules ask for what would be refused",
      ["scheduled.yml"],
      /^a well-formed configuration: .*would be refused\n {2}INVALID_CONFIGURATION\n {4}schedules\[1\]\.request\.target: .*\n {4}schedules\[2\]\.request\.command: .*\n$/,
      ["INVALID_CONFIGURATION", "schedules[1].request.target"],
    ],
  ])("%s is told so, and ends with 1", async (_what, words, text, [code, path]) => {
    const args = words.map((word) => (word.startsWith("-") ? word : at(word)));
    const { status, stdout, stderr } = await stack.cli(["validate", ...args]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toMatch(text);
    const json = JSON.parse((await stack.cli(["validate", ...args, "--json"])).stdout);
    expect(json).toMatchObject({ ok: false, errors: [{ document: args[0], code, path }] });
  });

  test("a configuration that is named by --config alone, and one on standard input", async () => {
    expect(await stack.cli(["validate", "--config", at("good.yml")])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^valid configuration/),
    });
    expect(await stack.cli(["validate", "-"], CONFIGURATION)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^valid configuration/),
    });
    expect(await stack.cli(["validate", "--config", at("unlabelled.json")])).toMatchObject({ status: 1 });
  });
});

describe("targets", () => {
  test("lists each with what it runs, its fallback and what runs may bring", async () => {
    const { status, stdout } = await stack.cli(["targets", "--config", at("good.yml")]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/first +local +gpu, etl +LocalRun, UniversalRun +second +images: example\/\*; secrets: none\n/);
    expect(stdout).toMatch(/second +local +LocalRun, UniversalRun +what is safe\n/);
    expect(stdout).toMatch(/third +local +LocalRun, UniversalRun +anything\n/);
    const listed = JSON.parse((await stack.cli(["targets", "--config", at("good.yml"), "--json"])).stdout);
    expect(listed[0]).toEqual({
      name: "first",
      type: "local",
      labels: ["gpu", "etl"],
      runs: ["LocalRun", "UniversalRun"],
      fallback: ["second"],
      allow: { images: ["example/*"], secrets: [] },
    });
  });

  test.each([
    [
      "unlabelled.json",
      [
        /^ +first .*needs a target without labels/,
        /^→ +second .*the first that runs LocalRun/,
        /^ +third .*it could, but "second" comes first/,
      ],
    ],
    ["labelled.json", [/^→ +first/, /^ +second .*it lacks the label "etl"/, /^ +third .*it lacks the label "etl"/]],
    ["pinned.json", [/^ +first .*the request pins "third"/, /^ +second .*the request pins "third"/, /^→ +third .*the request pins it/]],
    ["nowhere.json", [/^ +first .*not ECSRun/, /^ +second .*not ECSRun/, /^ +third .*not ECSRun/]],
  ])("--for %s marks the one that takes it, and says of each why or why not", async (file, lines) => {
    const { status, stdout } = await stack.cli(["targets", "--config", at("good.yml"), "--for", at(file)]);
    expect(status).toBe(0);
    const answers = stdout.trimEnd().split("\n").slice(1);
    expect(answers).toHaveLength(lines.length);
    for (const [index, line] of lines.entries()) expect(answers[index]).toMatch(line);
    const view = JSON.parse((await stack.cli(["targets", "--config", at("good.yml"), "--for", at(file), "--json"])).stdout);
    const marked = answers.findIndex((answer) => answer.startsWith("→"));
    expect(view.targets.findIndex(({ chosen }: { chosen: boolean }) => chosen)).toBe(marked);
    expect(view.target).toBe(marked === -1 ? null : ["first", "second", "third"][marked]);
  });
});

describe("every command that reads a document says what is wrong with the file", () => {
  const commands: readonly (readonly string[])[] = [["validate"], ["plan"], ["submit"], ["targets", "--for"]];
  const files = [
    ["missing.json", 2, /there is no file/],
    ["folder.json", 2, /is a folder/],
    ["binary.json", 1, /NOT_UTF8/],
  ] as const;
  test.each(commands.flatMap((command) => files.map(([file, status, text]) => ({ command: command.join(" "), file, status, text }))))(
    "$command $file",
    async ({ command, file, status, text }) => {
      const printed = await stack.cli([...command.split(" "), at(file)]);
      expect(printed).toMatchObject({ status, stdout: "", stderr: expect.stringMatching(text) });
      // One complaint, with no trace of the program's inside.
      expect(printed.stderr).not.toMatch(/^\s+at /m);
      expect(printed.stderr).toContain(file);
    },
  );

  test("a configuration where a request belongs", async () => {
    for (const command of ["plan", "submit"]) {
      expect(await stack.cli([command, at("good.yml")])).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/good\.yml: NOT_JSON: .*a request is JSON, and YAML is for configurations/),
      });
    }
  });

  test("a link to itself", async () => {
    expect(await stack.cli(["validate", at("loop.json")])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("can't be read (ELOOP)"),
    });
  });

  test("a device that does not end is read as far as a document may be long", async () => {
    expect(await stack.cli(["validate", "/dev/zero"])).toMatchObject({ status: 1, stderr: expect.stringContaining("TOO_LARGE") });
  });

  test("standard input that does not end is read as far as a document may be long", async () => {
    const endless = `{"run_config": {"type": "LocalRun", "env": {"A": "${"x".repeat(3 * 1024 * 1024)}"}}}`;
    expect(await stack.cli(["validate", "-"], endless)).toMatchObject({ status: 1, stderr: expect.stringContaining("TOO_LARGE") });
  });
});

test.each([
  [["sumbit", "x"], /submit/],
  [["validate"], /name a request's or a configuration's file/],
  [["validate", "a", "b"], /too many arguments/],
  [["validate", "--confg", "x"], /--config/],
  [["targets", "--for"], /argument missing/],
  [["submit"], /missing required argument/],
  [["plan", "x", "--attempt", "0"], /whole number/],
  [["show", "--id-like-an-option"], /comes after --/],
  [["show", "a\u001b[31mb"], /printable ASCII/],
  [["show", "--a\u001b[31mb"], /--a\\x1b\[31mb/],
])("wrong usage ends with 2: %j", async (args, text) => {
  const { status, stderr } = await stack.cli(args);
  expect(status).toBe(2);
  expect(stderr).toMatch(text);
  expect(stderr).not.toContain("\u001b");
});

test.each(["dev", "submit", "plan", "validate", "targets", "runs", "show", "schema"])("the help of %s has an example", async (command) => {
  const { status, stdout } = await stack.cli([command, "--help"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(new RegExp(`Example:\\n +slipway ${command} `));
});
