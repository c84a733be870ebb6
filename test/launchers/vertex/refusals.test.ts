import { expect, test } from "vitest";
import type { RefusalCode } from "../../../shared/core/errors.ts";
import type { Json, JsonObject } from "../../../shared/core/json.ts";
import type { RunRequest, VertexRun } from "../../../shared/core/run.ts";
import { refusalOf } from "../../support/refusal.ts";
import { planOf, type TargetParts, vertexRun, vertexTarget } from "./support.ts";

type Pools = readonly (JsonObject | null)[];
const POOLS = "run_config.worker_pool_specs";

/** Pools or a scheduling that the service would not take: rule, given, path, what is said. */
const DOCUMENTS: readonly [string, { workerPoolSpecs?: Pools; scheduling?: JsonObject }, string, RegExp][] = [
  ["no pool", { workerPoolSpecs: [] }, POOLS, /one pool at least/],
  ["a first pool that is null", { workerPoolSpecs: [null, {}] }, `${POOLS}[0]`, /runs the run itself/],
  [
    "a Python package in the first pool",
    { workerPoolSpecs: [{ python_package_spec: {} }] },
    `${POOLS}[0].python_package_spec`,
    /must not be set/,
  ],
  ["the same in camelCase", { workerPoolSpecs: [{ pythonPackageSpec: {} }] }, `${POOLS}[0].pythonPackageSpec`, /must not be set/],
  [
    "an unknown field, with the nearest",
    { workerPoolSpecs: [{ machine_spce: {} }] },
    `${POOLS}[0].machine_spce`,
    /did you mean "machine_spec"/,
  ],
  [
    "one below, in camelCase",
    { workerPoolSpecs: [{ machineSpec: { machineTyp: "m" } }] },
    `${POOLS}[0].machineSpec.machineTyp`,
    /did you mean "machineType"/,
  ],
  [
    "one of a later pool",
    { workerPoolSpecs: [{}, { disk_spec: { boot_disk_size_g: 1 } }] },
    `${POOLS}[1].disk_spec.boot_disk_size_g`,
    /boot_disk_size_gb/,
  ],
  ["a field that is nothing like any", { workerPoolSpecs: [{ zzzzzzzzz: 1 }] }, `${POOLS}[0].zzzzzzzzz`, /^unknown field$/],
  [
    "a name of every object",
    { workerPoolSpecs: [JSON.parse('{"__proto__": {}, "constructor": 1}') as JsonObject] },
    `${POOLS}[0].__proto__`,
    /unknown field/,
  ],
  ["both spellings of a field", { workerPoolSpecs: [{ replica_count: 1, replicaCount: 2 }] }, `${POOLS}[0].replicaCount`, /given twice/],
  [
    "an object in place of a text",
    { workerPoolSpecs: [{ machine_spec: { machine_type: {} } }] },
    `${POOLS}[0].machine_spec.machine_type`,
    /expected a string/,
  ],
  ["a text in place of an object", { workerPoolSpecs: [{ machine_spec: "n1" }] }, `${POOLS}[0].machine_spec`, /expected an object/],
  ["an object in place of a list", { workerPoolSpecs: [{ nfs_mounts: {} }] }, `${POOLS}[0].nfs_mounts`, /expected a list/],
  ["a broken number", { workerPoolSpecs: [{ replica_count: 1.5 }] }, `${POOLS}[0].replica_count`, /whole number/],
  ["a number in words", { workerPoolSpecs: [{ replica_count: "two" }] }, `${POOLS}[0].replica_count`, /whole number/],
  [
    "an accelerator that there is not, with the nearest",
    { workerPoolSpecs: [{ machine_spec: { accelerator_type: "NVIDIA_TESLA_T5" } }] },
    `${POOLS}[0].machine_spec.accelerator_type`,
    /did you mean "NVIDIA_TESLA_/,
  ],
  ["an unknown field of scheduling", { scheduling: { time_out: "1s" } }, "run_config.scheduling.time_out", /did you mean "timeout"/],
  ["a strategy that there is not", { scheduling: { strategy: "SPOTTY" } }, "run_config.scheduling.strategy", /SPOT/],
  ["a timeout in words", { scheduling: { timeout: "1h" } }, "run_config.scheduling.timeout", /3600s/],
  ["a timeout below zero", { scheduling: { timeout: -1 } }, "run_config.scheduling.timeout", /duration/],
  [
    "a timeout object with more in it",
    { scheduling: { timeout: { seconds: 1, minutes: 1 } } },
    "run_config.scheduling.timeout",
    /duration/,
  ],
  ["a timeout of no time", { scheduling: { timeout: "0s" } }, "run_config.scheduling.timeout", /longer than no time/],
  ["yes in place of true", { scheduling: { disable_retries: "yes" } }, "run_config.scheduling.disable_retries", /true or false/],
];

test.each(DOCUMENTS)("refused: %s", (_rule, config, path, says) => {
  const refusal = refusalOf(() => planOf(vertexRun(config)));
  expect(refusal.code).toBe("INVALID_REQUEST");
  expect(refusal.issues.find((issue) => issue.path === path)?.message, JSON.stringify(refusal.issues)).toMatch(says);
});

test("everything that is wrong is told at once", () => {
  const refusal = refusalOf(() => planOf(vertexRun({ workerPoolSpecs: [{ a: 1 }, { b: 1 }], scheduling: { c: 1 } })));
  expect(refusal.issues.map(({ path }) => path)).toEqual([`${POOLS}[0].a`, `${POOLS}[1].b`, "run_config.scheduling.c"]);
});

test("a wrong value of a variable in a pool is not repeated", () => {
  const env: Json = [{ name: "A", value: { secret: "canary" } }];
  expect(refusalOf(() => planOf(vertexRun({ workerPoolSpecs: [{}, { container_spec: { env } }] }))).message).not.toContain("canary");
});

/** Runs and targets that can't be a job: rule, run config, request, target, code, path, what is said. */
const OTHERS: readonly [string, Partial<VertexRun>, Partial<RunRequest>, TargetParts, RefusalCode, string, RegExp][] = [
  [
    "a variable that no C program could name",
    { env: { "a-b": "1" } },
    {},
    {},
    "INVALID_REQUEST",
    "run_config.env.a-b",
    /letter or underscore/,
  ],
  ["one that begins with a digit", { env: { "1A": "1" } }, {}, {}, "INVALID_REQUEST", "run_config.env.1A", /letter or underscore/],
  ["one of other letters", { env: { Ä: "1" } }, {}, {}, "INVALID_REQUEST", "run_config.env.Ä", /ASCII/],
  ["one of the target", {}, {}, { env: { "a.b": "1" } }, "INVALID_CONFIGURATION", "targets.gpu.env.a.b", /letter or underscore/],
  [
    "one that is enforced",
    {},
    {},
    { enforcedEnv: { "a b": "1" } },
    "INVALID_CONFIGURATION",
    "targets.gpu.enforced_env.a b",
    /letter or underscore/,
  ],
  [
    "more than a hundred variables",
    { env: Object.fromEntries(Array.from({ length: 98 }, (_, index) => [`V${index}`, "1"])) },
    {},
    {},
    "INVALID_REQUEST",
    "run_config.env",
    /101 variables/,
  ],
  ["no image anywhere", {}, {}, { image: "" }, "IMAGE_MISSING", "run_config.image", /no image/],
  [
    "a tag whose key is no label's",
    {},
    {},
    { tags: { "Cost Centre": "7" } },
    "INVALID_CONFIGURATION",
    "targets.gpu.tags.Cost Centre",
    /lower-case/,
  ],
  [
    "a tag whose key is too long",
    {},
    {},
    { tags: { ["k".repeat(64)]: "7" } },
    "INVALID_CONFIGURATION",
    `targets.gpu.tags.${"k".repeat(64)}`,
    /63/,
  ],
  [
    "more labels than a job takes",
    {},
    {},
    { tags: Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`k${index}`, "1"])) },
    "INVALID_CONFIGURATION",
    "targets.gpu.tags",
    /leave out 1 tag/,
  ],
];

test.each(OTHERS)("refused: %s", (_rule, config, request, target, code, path, says) => {
  const refusal = refusalOf(() => planOf(vertexRun(config, request), vertexTarget(target)));
  expect({ code: refusal.code, path: refusal.path }).toEqual({ code, path });
  expect(refusal.message).toMatch(says);
});

const OWN = { serviceAccount: "own@p", network: "own", machineType: "own-2" };
const NFS: Pools = [{ nfs_mounts: [{ server: "s", path: "/", mount_point: "m" }] }];

/** What a run may bring to a target: rule, run config, request, target's `allow`, the path that is refused. */
const ALLOWED: readonly [
  string,
  Partial<VertexRun>,
  Partial<RunRequest>,
  NonNullable<TargetParts["allow"]> | undefined,
  string | undefined,
][] = [
  ["any image", { image: "theirs" }, {}, undefined, undefined],
  ["images of the list only", { image: "theirs" }, {}, { images: ["ours/*"] }, "run_config.image"],
  ["an image of the list", { image: "ours/a/b" }, {}, { images: ["ours/*"] }, undefined],
  [
    "an image by storage is asked about too",
    {},
    { flow: { storage: { type: "Docker", image_name: "theirs", image_tag: "1" } } },
    { images: ["ours/*"] },
    "flow.storage",
  ],
  ["the target's own image", { image: "img:1" }, {}, { images: [] }, undefined],
  [
    "an image of another pool",
    { workerPoolSpecs: [{}, { container_spec: { image_uri: "theirs" } }] },
    {},
    { images: ["ours/*"] },
    `${POOLS}[1].container_spec.image_uri`,
  ],
  [
    "an executor image of another pool",
    { workerPoolSpecs: [{}, { python_package_spec: { executor_image_uri: "theirs" } }] },
    {},
    { images: ["ours/*"] },
    `${POOLS}[1].python_package_spec.executor_image_uri`,
  ],
  ["a service account of its own", { serviceAccount: "theirs@p" }, {}, undefined, "run_config.service_account"],
  ["one of the list", { serviceAccount: "theirs@p" }, {}, { service_accounts: ["*@p"] }, undefined],
  ["the target's own", { serviceAccount: "own@p" }, {}, undefined, undefined],
  ["the service's agent in place of the target's account", { serviceAccount: "" }, {}, undefined, "run_config.service_account"],
  ["a network of its own", { network: "theirs" }, {}, undefined, "run_config.network"],
  ["no network in place of the target's", { network: "" }, {}, undefined, "run_config.network"],
  ["the target's own network", { network: "own" }, {}, undefined, undefined],
  ["any machine type", { machineType: "a3-megagpu-8g" }, {}, undefined, undefined],
  ["machine types of the list only", { machineType: "a3-megagpu-8g" }, {}, { machine_types: ["e2-*"] }, "run_config.machine_type"],
  ["the target's own machine type", { machineType: "own-2" }, {}, { machine_types: [] }, undefined],
  [
    "a pool's machine type",
    { workerPoolSpecs: [{ machineSpec: { machineType: "a3" } }] },
    {},
    { machine_types: ["e2-*"] },
    `${POOLS}[0].machine_spec.machine_type`,
  ],
  ["a machine type beside pools is not used", { machineType: "a3", workerPoolSpecs: [{}] }, {}, { machine_types: ["e2-*"] }, undefined],
  ["a file server", { workerPoolSpecs: NFS }, {}, undefined, `${POOLS}[0].nfs_mounts`],
  ["a file server, where everything is allowed", { workerPoolSpecs: NFS }, {}, "*", undefined],
  [
    "a reservation",
    { workerPoolSpecs: [{ machineSpec: { reservationAffinity: {} } }] },
    {},
    undefined,
    `${POOLS}[0].machineSpec.reservationAffinity`,
  ],
  ["disks and replicas", { workerPoolSpecs: [{ diskSpec: { bootDiskSizeGb: 1 }, replica_count: 2 }] }, {}, undefined, undefined],
];

test.each(ALLOWED)("allowed or not: %s", (_rule, config, request, allow, refused) => {
  const { allow: _any, ...rest } = vertexTarget({ settings: OWN });
  const plan = () => planOf(vertexRun(config, request), allow === undefined ? rest : { ...rest, allow });
  if (refused === undefined) expect(plan).not.toThrow();
  else expect({ code: refusalOf(plan).code, path: refusalOf(plan).path }).toEqual({ code: "NOT_ALLOWED", path: refused });
});
