import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { CANARY } from "../schema/arbitrary.ts";

const CLI = resolve("functions/cli/slipway.mjs");
const KUBERNETES = '{"targets": [{"name": "jobs", "type": "kubernetes", "cluster": "in_cluster"}]}';

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in a folder without a Slipway, with something on its standard input. */
function slipway(args: readonly string[], input: string | Uint8Array, configuration?: string): Promise<Ended> {
  const { SLIPWAY_CONFIG: _, ...inherited } = process.env;
  const env = configuration === undefined ? inherited : { ...inherited, SLIPWAY_CONFIG: configuration };
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: tmpdir(), env });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
    child.on("error", failed).on("close", (status) => done({ status, ...output }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

const request = (fields: object) => JSON.stringify({ run_config: { type: "LocalRun", env: { A: CANARY } }, command: ["true"], ...fields });

/** Bad whatever the configuration: refused by every command that takes a request. */
const REQUESTS: readonly (readonly [string, string | Uint8Array, string, string])[] = [
  ["nothing", "", "NOT_JSON", ""],
  ["words", `hello ${CANARY}`, "NOT_JSON", ""],
  ["latin1", Buffer.from(`{"run_config": {"type": "LocalRun", "env": {"A": "${CANARY} ü"}}}`, "latin1"), "NOT_UTF8", ""],
  ["more than 1 MiB", `"${"x".repeat(2 * 1024 * 1024)}"`, "TOO_LARGE", ""],
  ["lists without end", "[".repeat(100_000), "NOT_JSON", ""],
  ["lists in lists", `${"[".repeat(100)}${"]".repeat(100)}`, "TOO_DEEP", "[0]"],
  ["__proto__", '{"run_config": {"type": "LocalRun", "__proto__": {}}}', "INVALID_MESSAGE", "run_config.__proto__"],
  ["an unknown type", '{"type": "LocalRum"}', "INVALID_MESSAGE", "type"],
  ["an unknown field", request({ comand: [] }), "INVALID_REQUEST", "comand"],
  ["an id with bad characters", request({ id: "a\u001b[31m" }), "INVALID_REQUEST", "id"],
  ["a list as a variable", request({ run_config: { type: "LocalRun", env: { A: [CANARY] } } }), "INVALID_REQUEST", "run_config.env.A"],
  [
    "a YAML bomb",
    request({ run_config: { type: "KubernetesRun", job_template: `a: &a [${"*a,".repeat(99)}]` } }),
    "INVALID_REQUEST",
    "run_config.job_template",
  ],
];

/** Bad under a configuration, or beside a bad one. */
const PLANNED: readonly (readonly [string, string, string, string, string])[] = [
  [
    "labels of no target",
    request({ run_config: { type: "LocalRun", labels: ["gpu"] } }),
    '{"targets": [{"name": "a", "type": "local"}]}',
    "NO_TARGET",
    "run_config.labels",
  ],
  ["a Job that nobody gives an image", '{"type": "KubernetesRun"}', KUBERNETES, "IMAGE_MISSING", "run_config.image"],
  [
    "a secret as a literal",
    request({}),
    `{"targets": [{"name": "a", "type": "docker", "host": "unix:///s", "registry_auth": "${CANARY}"}]}`,
    "INVALID_CONFIGURATION",
    "targets[0].registry_auth",
  ],
];

describe("slipway plan --json - ends with status 1 and the path, for", () => {
  test.concurrent.each(REQUESTS)("%s", async (_, input, code, path) => {
    await expectRefused(slipway(["plan", "--json", "-"], input), code, path);
  });

  test.concurrent.each(PLANNED)("%s", async (_, input, configuration, code, path) => {
    await expectRefused(slipway(["plan", "--json", "-"], input, configuration), code, path);
  });
});

async function expectRefused(ended: Promise<Ended>, code: string, path: string): Promise<void> {
  const { status, stdout, stderr } = await ended;
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  const { ok, error } = JSON.parse(stdout) as { ok: boolean; error: { code: string; path: string } };
  expect({ ok, code: error.code }).toEqual({ ok: false, code });
  if (path === "[0]") expect(error.path).toMatch(/^(\[0\])+…?/);
  else expect(error.path).toBe(path);
  expect(stdout).not.toContain(CANARY);
}

describe("slipway submit - ends with status 1 and the path, and asks no Slipway, for", () => {
  test.concurrent.each(REQUESTS)("%s", async (_, input, code, path) => {
    const { status, stdout, stderr } = await slipway(["submit", "-"], input);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain(`: ${code}`);
    expect(stderr).toContain(path);
    expect(stderr).not.toContain(CANARY);
    // Neither a stack of ours nor one of Node's.
    expect(stderr).not.toMatch(/\n\s+at |\.ts:\d/);
  });
});
