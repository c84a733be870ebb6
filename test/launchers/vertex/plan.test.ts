import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import type { RunRequest, VertexRun } from "../../../shared/core/run.ts";
import { SCHEDULING, WORKER_POOL } from "../../../shared/launchers/vertex/fields.ts";
import { plannedRun } from "../../support/runs.ts";
import { fieldsOfProtos } from "./fields-of-protos.ts";
import { planOf, type TargetParts, vertexRun, vertexTarget } from "./support.ts";

test("the checked-in fields are those of the installed client's protos", () => {
  expect({ SCHEDULING, WORKER_POOL }).toEqual(fieldsOfProtos());
});

test("the whole call of a plain run, byte for byte", () => {
  const run = vertexRun({}, { name: "jolly-otter", flow: { name: "Nightly ETL" }, command: ["python", "-m", "etl"] });
  expect(planOf(run)).toMatchObject({
    parent: "projects/p/locations/europe-west4",
    customJob: {
      displayName: "nightly-etl-jolly-otter",
      jobSpec: {
        workerPoolSpecs: [
          {
            containerSpec: {
              args: ["python", "-m", "etl"],
              env: [
                { name: "SLIPWAY_ATTEMPT", value: "1" },
                { name: "SLIPWAY_FLOW_NAME", value: "Nightly ETL" },
                { name: "SLIPWAY_RUN_ID", value: "run-1" },
                { name: "SLIPWAY_RUN_NAME", value: "jolly-otter" },
                { name: "SLIPWAY_TARGET", value: "gpu" },
              ],
              imageUri: "img:1",
            },
            machineSpec: { machineType: "e2-standard-4" },
            replicaCount: 1,
          },
        ],
      },
      labels: { slipway_attempt: "1", slipway_deployment: "test", slipway_key: run.key, slipway_target: "gpu" },
    },
  });
});

test("the order of keys in a run config makes no other bytes", () => {
  const spec = { machine_spec: { machine_type: "m", accelerator_count: 1 }, replica_count: 1 };
  const turned = { replica_count: 1, machine_spec: { accelerator_count: 1, machine_type: "m" } };
  const [one, other] = [spec, turned].map((pool) =>
    JSON.stringify(planOf(vertexRun({ workerPoolSpecs: [pool], env: { A: "1" } })).customJob),
  );
  expect(one).toBe(other);
});

/** Rule, run config, target, what is in the job's spec. */
const MACHINES: readonly [string, Partial<VertexRun> | "UniversalRun", TargetParts, unknown][] = [
  ["the run config's machine type", { machineType: "n1-highmem-8" }, {}, { machineType: "n1-highmem-8" }],
  ["the run config's wins over the target's", { machineType: "n1" }, { settings: { machineType: "t" } }, { machineType: "n1" }],
  ["null: the target's", { machineType: undefined as never }, { settings: { machineType: "t" } }, { machineType: "t" }],
  ["null, and the target has none: none is sent", { machineType: undefined as never }, {}, undefined],
  ["an empty text counts as given", { machineType: "" }, { settings: { machineType: "t" } }, { machineType: "" }],
  ["a UniversalRun: the target's", "UniversalRun", { settings: { machineType: "t" } }, { machineType: "t" }],
  ["a UniversalRun, and the target has none: the default", "UniversalRun", {}, { machineType: "e2-standard-4" }],
];

test.each(MACHINES)("machine type: %s", (_rule, config, parts, expected) => {
  const run = config === "UniversalRun" ? plannedRun() : withoutUndefined(config);
  const { pools } = planOf(run, vertexTarget(parts));
  expect(pools).toHaveLength(1);
  expect(pools[0]?.["machineSpec"]).toEqual(expected);
  expect(pools[0]?.["replicaCount"]).toBe(1);
});

function withoutUndefined(config: Partial<VertexRun>) {
  const run = vertexRun();
  const runConfig = Object.fromEntries(Object.entries({ ...run.request.runConfig, ...config }).filter(([, value]) => value !== undefined));
  return plannedRun({ runConfig: runConfig as unknown as VertexRun });
}

const POOLS: readonly [string, readonly (JsonObject | null)[], readonly unknown[]][] = [
  [
    "snake_case becomes camelCase",
    [{ machine_spec: { machine_type: "m" }, replica_count: 1 }],
    [{ machineSpec: { machineType: "m" }, replicaCount: 1 }],
  ],
  [
    "camelCase stays",
    [{ machineSpec: { machineType: "m", acceleratorType: "NVIDIA_L4", acceleratorCount: 2 } }],
    [{ machineSpec: { machineType: "m", acceleratorType: "NVIDIA_L4", acceleratorCount: 2 } }],
  ],
  [
    "a null counts as an absent key",
    [{ machine_spec: { machine_type: "m", tpu_topology: null }, disk_spec: null }],
    [{ machineSpec: { machineType: "m" } }],
  ],
  ["numbers may be texts of digits", [{ replica_count: "2" }], [{ replicaCount: "2" }]],
  [
    "lists and objects below",
    [{ nfs_mounts: [{ server: "s", path: "/p", mount_point: "m" }], disk_spec: { boot_disk_size_gb: 200 } }],
    [{ nfsMounts: [{ server: "s", path: "/p", mountPoint: "m" }], diskSpec: { bootDiskSizeGb: 200 } }],
  ],
  ["an empty first pool gets the container, and no machine", [{}], [{}]],
  [
    "a container in the first pool is replaced whole",
    [{ container_spec: { image_uri: "theirs", command: ["x"], env: [{ name: "A", value: "1" }] } }],
    [{}],
  ],
  ["a pool left out keeps the place of those behind it", [{}, null, { replica_count: 1 }], [{}, {}, { replicaCount: 1 }]],
  [
    "another pool's container is sent as it is",
    [{}, { container_spec: { image_uri: "i", args: ["$(A)"] } }],
    [{}, { containerSpec: { imageUri: "i", args: ["$(A)"] } }],
  ],
  [
    "another pool may run a Python package",
    [{}, { python_package_spec: { executor_image_uri: "e", package_uris: ["gs://p"], python_module: "m" } }],
    [{}, { pythonPackageSpec: { executorImageUri: "e", packageUris: ["gs://p"], pythonModule: "m" } }],
  ],
];

test.each(POOLS)("worker pools: %s", (_rule, workerPoolSpecs, expected) => {
  const { pools, container } = planOf(vertexRun({ workerPoolSpecs, machineType: "ignored", image: "ours:1" }));
  const { containerSpec: _ours, ...first } = pools[0] ?? {};
  expect([first, ...pools.slice(1)]).toEqual(expected);
  expect(container["imageUri"]).toBe("ours:1");
  expect(container["command"]).toBeUndefined();
});

const SCHEDULINGS: readonly [string, JsonObject | undefined, Partial<RunRequest>, number | undefined, unknown][] = [
  ["nothing said: nothing sent", undefined, {}, undefined, undefined],
  ["an empty one is sent", {}, {}, undefined, {}],
  ["a timeout as protobuf's text", { timeout: "3600s" }, {}, undefined, { timeout: "3600s" }],
  ["a timeout as a number of seconds", { timeout: 3600 }, {}, undefined, { timeout: "3600s" }],
  ["a timeout as half a second", { timeout: 0.5 }, {}, undefined, { timeout: "0.5s" }],
  ["a timeout as a duration's object", { timeout: { seconds: 3600 } }, {}, undefined, { timeout: { seconds: 3600 } }],
  [
    "a timeout as an object of texts",
    { timeout: { seconds: "3600", nanos: 5 } },
    {},
    undefined,
    { timeout: { seconds: "3600", nanos: 5 } },
  ],
  ["restart alone, in snake_case", { restart_job_on_worker_restart: true }, {}, undefined, { restartJobOnWorkerRestart: true }],
  ["restart alone, in camelCase", { restartJobOnWorkerRestart: false }, {}, undefined, { restartJobOnWorkerRestart: false }],
  ["strategy alone", { strategy: "SPOT" }, {}, undefined, { strategy: "SPOT" }],
  ["retries alone", { disable_retries: true }, {}, undefined, { disableRetries: true }],
  [
    "flexible start with its wait",
    { strategy: "FLEX_START", max_wait_duration: 1800 },
    {},
    undefined,
    { strategy: "FLEX_START", maxWaitDuration: "1800s" },
  ],
  ["the request's limit", undefined, { timeoutSeconds: 60 }, undefined, { timeout: "60s" }],
  ["the target's limit, where it is smaller", undefined, { timeoutSeconds: 60 }, 30, { timeout: "30s" }],
  [
    "a limit shortens the scheduling's timeout",
    { timeout: "3600s", strategy: "SPOT" },
    { timeoutSeconds: 60 },
    undefined,
    { timeout: "60s", strategy: "SPOT" },
  ],
  ["a limit does not lengthen it", { timeout: { seconds: 10 } }, { timeoutSeconds: 60 }, undefined, { timeout: { seconds: 10 } }],
  ["nulls are left out", { timeout: null, strategy: "SPOT" }, {}, undefined, { strategy: "SPOT" }],
];

test.each(SCHEDULINGS)("scheduling: %s", (_rule, scheduling, request, timeoutSeconds, expected) => {
  const target = vertexTarget(timeoutSeconds === undefined ? {} : { timeoutSeconds });
  expect(planOf(vertexRun(scheduling === undefined ? {} : { scheduling }, request), target).jobSpec["scheduling"]).toEqual(expected);
});

const NETWORKS: readonly [string, Partial<VertexRun>, TargetParts["settings"], object][] = [
  ["nothing said: nothing sent", {}, {}, {}],
  ["the target's", {}, { network: "n", serviceAccount: "s@p" }, { network: "n", serviceAccount: "s@p" }],
  [
    "the run config's over them",
    { network: "m", serviceAccount: "r@p" },
    { network: "n", serviceAccount: "s@p" },
    { network: "m", serviceAccount: "r@p" },
  ],
  [
    "an empty text counts as given",
    { network: "", serviceAccount: "" },
    { network: "n", serviceAccount: "s@p" },
    { network: "", serviceAccount: "" },
  ],
];

test.each(NETWORKS)("network and service account: %s", (_rule, config, settings, expected) => {
  const { workerPoolSpecs: _pools, ...rest } = planOf(vertexRun(config), vertexTarget(settings === undefined ? {} : { settings })).jobSpec;
  expect(rest).toEqual(expected);
});

describe("command", () => {
  test("what Docker calls ENTRYPOINT and CMD are command and args", () => {
    const { container } = planOf(vertexRun({}, { entrypoint: ["/init"], command: ["a", "b"] }));
    expect(container).toMatchObject({ command: ["/init"], args: ["a", "b"] });
  });

  test("neither said: the image's own", () => {
    expect(planOf(vertexRun()).container).not.toHaveProperty("args");
    expect(planOf(vertexRun()).container).not.toHaveProperty("command");
  });

  test("the target's serve where the request has none", () => {
    const { container } = planOf(vertexRun({}, { command: ["mine"] }), vertexTarget({ command: ["c"], entrypoint: ["/e"] }));
    expect(container).toMatchObject({ command: ["/e"], args: ["mine"] });
  });
});

const ESCAPES: readonly [string, string, string][] = [
  ["a reference", "$(HOME)", "$$(HOME)"],
  ["one that is escaped already stays what it says", "$$(HOME)", "$$$$(HOME)"],
  ["three dollars", "$$$(A)", "$$$$$$(A)"],
  ["a dollar before anything else", "a$ $b $$ $", "a$ $b $$ $"],
  ["several", "$(A)-$(B)", "$$(A)-$$(B)"],
  ["an open one", "$(", "$$("],
];

test.each(ESCAPES)("nothing that a user writes is expanded: %s", (_rule, given, sent) => {
  const { container, env } = planOf(vertexRun({ env: { A: given } }, { entrypoint: [given], command: ["x", given] }));
  expect(env["A"]).toBe(sent);
  expect(container).toMatchObject({ command: [sent], args: ["x", sent] });
});

test("variables: template of none, target, run config, injected, enforced, each over the one before", () => {
  const target = vertexTarget({ env: { A: "t", B: "t", C: "${run.name}" }, enforcedEnv: { B: "e", SLIPWAY_TARGET: "mine" } });
  const { env } = planOf(vertexRun({ env: { A: "r", B: "r", N: 1, T: true, GONE: null } }, { name: "otter" }), target);
  expect(env).toMatchObject({ A: "r", B: "e", C: "otter", N: "1", T: "true", SLIPWAY_TARGET: "mine" });
  expect(env).not.toHaveProperty("GONE");
});

const NAMES: readonly [string, Partial<RunRequest>, string | RegExp][] = [
  ["flow and run", { flow: { name: "My Flow" }, name: "jolly otter" }, "my-flow-jolly-otter"],
  ["flow alone", { flow: { name: "My Flow" } }, "my-flow"],
  ["run alone", { name: "otter" }, "otter"],
  ["neither", {}, /^slipway-[a-z2-7]{26}-1$/],
  ["nothing but signs", { name: "!!! ???" }, /^slipway-[a-z2-7]{26}-1$/],
  ["letters of any script", { flow: { name: "Übersicht 日本" }, name: "Ёж" }, "übersicht-日本-ёж"],
  ["too long: cut where a word ends", { flow: { name: `${"word ".repeat(30)}` }, name: "run" }, new RegExp(`^${"word-".repeat(24)}word$`)],
  ["one endless word: cut", { name: "x".repeat(300) }, "x".repeat(128)],
  ["letters of two units are not cut in half", { name: `${"x".repeat(127)}${"𝒳".repeat(5)}` }, "x".repeat(127)],
];

test.each(NAMES)("display name: %s", (_rule, request, expected) => {
  const name = planOf(vertexRun({}, request)).customJob["displayName"];
  if (typeof expected === "string") expect(name).toBe(expected);
  else expect(name).toMatch(expected);
  expect(String(name).length).toBeLessThanOrEqual(128);
  expect(String(name).isWellFormed()).toBe(true);
});

const LABELS: readonly [string, Partial<RunRequest>, TargetParts, object][] = [
  ["a run's id that fits is its label", { id: "abc-1" }, {}, { slipway_run_id: "abc-1" }],
  [
    "capitals do not fit: they are made to, with a hash",
    { id: "ABC" },
    {},
    { slipway_run_id: expect.stringMatching(/^abc-[0-9a-f]{12}$/) },
  ],
  ["64 characters are one too many", { id: "x".repeat(64) }, {}, { slipway_run_id: expect.stringMatching(/^x{50}-[0-9a-f]{12}$/) }],
  ["63 are not", { id: "x".repeat(63) }, {}, { slipway_run_id: "x".repeat(63) }],
  [
    "flow names",
    { flow: { id: "f", name: "Nightly ETL", version: 3 } },
    {},
    { slipway_flow_id: "f", slipway_flow_version: "3", slipway_flow_name: expect.stringMatching(/^nightly_etl-[0-9a-f]{12}$/) },
  ],
  ["the target's tags", {}, { tags: { team: "data", cost_centre: "7" } }, { team: "data", cost_centre: "7" }],
  [
    "a tag's value is made to fit",
    { name: "Jolly Otter" },
    { tags: { run: "${run.name}" } },
    { run: expect.stringMatching(/^jolly_otter-[0-9a-f]{12}$/) },
  ],
  ["a tag can't take the place of ours", {}, { tags: { slipway_key: "mine" } }, { slipway_key: expect.stringMatching(/^[a-z2-7]{26}$/) }],
];

test.each(LABELS)("labels: %s", (_rule, request, parts, expected) => {
  const { labels } = planOf(vertexRun({}, request), vertexTarget(parts));
  expect(labels).toMatchObject(expected);
  for (const [key, value] of Object.entries(labels)) {
    expect(key).toMatch(/^[a-z][a-z0-9_-]{0,62}$/);
    expect(value).toMatch(/^[a-z0-9_-]{0,63}$/);
  }
});

test("two texts that are alike once they fit have labels of their own", () => {
  const [one, two] = ["A.b", "a.B"].map((id) => planOf(vertexRun({}, { id })).labels["slipway_run_id"]);
  expect(one).not.toBe(two);
});
