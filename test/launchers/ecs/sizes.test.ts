import { describe, expect, test } from "vitest";
import { cpuUnits, fargateProblem, memoryMib } from "../../../shared/launchers/ecs/sizes.ts";
import type { EcsSettings } from "../../../shared/launchers/ecs/target.ts";
import { refusalOf } from "../../support/refusal.ts";
import { ecsRun, ecsTarget, planOf } from "./support.ts";

/** The table of the facts, in GiB, written down pair by pair. */
const OFFERED_GIB: Readonly<Record<number, readonly number[]>> = {
  256: [0.5, 1, 2],
  512: [1, 2, 3, 4],
  1024: [2, 3, 4, 5, 6, 7, 8],
  2048: [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  4096: [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30],
  8192: [16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60],
  16384: [32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120],
  32768: [60, 120, 244],
};
const CPUS = [128, 256, 384, 512, 1024, 1536, 2048, 3072, 4096, 8192, 12288, 16384, 32768, 65536];
const MEMORIES = [128, 256, 500, 511, 512, 513, 768, ...Array.from({ length: 260 }, (_, index) => (index + 1) * 1024), 2049, 61439];

const isOffered = (cpu: number, mib: number) => OFFERED_GIB[cpu]?.includes(mib / 1024) === true;
const OFFERED = Object.entries(OFFERED_GIB).flatMap(([cpu, sizes]) => sizes.map((gib) => [Number(cpu), gib * 1024] as const));

test.each(CPUS)("%d CPU units with every memory: offered or refused as the table of the facts has it", (cpu) => {
  const wrong = MEMORIES.filter((mib) => (fargateProblem(String(cpu), String(mib)) === undefined) !== isOffered(cpu, mib));
  expect(wrong).toEqual([]);
});

test.each(CPUS)("%d CPU units: what is refused names pairs that are offered, none nearer for the same CPU or memory", (cpu) => {
  for (const mib of MEMORIES.filter((each) => !isOffered(cpu, each))) {
    const named = [
      ...((fargateProblem(String(cpu), String(mib)) ?? "").split("the nearest are ")[1]?.matchAll(/(\d+) CPU units with (\d+) MiB/g) ?? []),
    ].map(([, units, memory]) => [Number(units), Number(memory)] as const);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(([units, memory]) => !isOffered(units, memory))).toEqual([]);
    const sameCpu = OFFERED.filter(([units]) => units === cpu).map(([, memory]) => Math.abs(memory - mib));
    const sameMemory = OFFERED.filter(([, memory]) => memory === mib).map(([units]) => Math.abs(units - cpu));
    if (sameCpu.length > 0)
      expect(named.filter(([units]) => units === cpu).map(([, memory]) => Math.abs(memory - mib))).toEqual([Math.min(...sameCpu)]);
    if (sameMemory.length > 0)
      expect(named.filter(([, memory]) => memory === mib).map(([units]) => Math.abs(units - cpu))).toEqual([Math.min(...sameMemory)]);
  }
});

const cpuForms: readonly (readonly [written: string | number, units: string])[] = [
  ["1024", "1024"],
  [1024, "1024"],
  ["1 vcpu", "1024"],
  ["1vCPU", "1024"],
  [" 2 vCPU ", "2048"],
  ["0.25 vcpu", "256"],
  [".5 vcpu", "512"],
  ["0.5 VCPU", "512"],
  ["4.0 vcpu", "4096"],
  ["16 vcpu", "16384"],
  ["32 vCPU", "32768"],
];
test.each(cpuForms)("cpu %j is %s units", (written, units) => {
  expect(cpuUnits(written)).toBe(units);
});

const memoryForms: readonly (readonly [written: string | number, mib: string])[] = [
  ["2048", "2048"],
  [2048, "2048"],
  ["2 GB", "2048"],
  ["2gb", "2048"],
  ["2 GiB", "2048"],
  [" 4 gb ", "4096"],
  ["0.5 GB", "512"],
  ["512 MB", "512"],
  ["512 mib", "512"],
  ["244 GB", "249856"],
];
test.each(memoryForms)("memory %j is %s MiB", (written, mib) => {
  expect(memoryMib(written)).toBe(mib);
});

const problems: readonly (readonly [written: string | number, cpu: string, memory: string])[] = [
  ["lots", "expected CPU units", "expected MiB"],
  ["", "expected CPU units", "expected MiB"],
  ["-1", "expected CPU units", "expected MiB"],
  ["1e3", "expected CPU units", "expected MiB"],
  ["1,024", "expected CPU units", "expected MiB"],
  ["1 core", "expected CPU units", "expected MiB"],
  ["0.25", 'a fraction needs its unit: "0.25 vcpu"', 'a fraction needs its unit: "0.25 GB"'],
  [0.5, 'a fraction needs its unit: "0.5 vcpu"', 'a fraction needs its unit: "0.5 GB"'],
  ["0", "at least 1", "at least 1"],
  [Number.NaN, "expected CPU units", "expected MiB"],
  ["99999999999999999999", "no task is as large", "no task is as large"],
];
test.each(problems)("%j is refused with what it may look like", (written, cpu, memory) => {
  expect(cpuUnits(written)).toHaveProperty("problem", expect.stringContaining(cpu));
  expect(memoryMib(written)).toHaveProperty("problem", expect.stringContaining(memory));
});

test.each([
  ["2 GB", "expected CPU units"],
  ["1 vcpu", "expected MiB"],
])("a unit of the other kind is refused: %s", (written, message) => {
  expect((message.includes("CPU") ? cpuUnits : memoryMib)(written)).toHaveProperty("problem", expect.stringContaining(message));
});

describe("where sizes are held to the table", () => {
  const kwargs = (runTaskKwargs: NonNullable<EcsSettings["runTaskKwargs"]>): EcsSettings => ({ runTaskKwargs });
  const spot = { capacityProvider: "FARGATE_SPOT" };
  const onDemand = { capacityProvider: "FARGATE" };
  const held: readonly (readonly [rule: string, settings: EcsSettings, isHeld: boolean])[] = [
    ["launch type FARGATE", { launchType: "FARGATE" }, true],
    ["a strategy of FARGATE_SPOT", kwargs({ capacityProviderStrategy: [spot] }), true],
    ["a strategy of both of Fargate's", kwargs({ capacityProviderStrategy: [spot, onDemand] }), true],
    ["a strategy with another provider", kwargs({ capacityProviderStrategy: [onDemand, { capacityProvider: "gpu" }] }), false],
    ["EC2", { launchType: "EC2" }, false],
    ["EXTERNAL", { launchType: "EXTERNAL" }, false],
  ];
  test.each(held)("%s", (_rule, settings, isHeld) => {
    const plan = () => planOf(ecsRun({ cpu: "300", memory: "700" }), ecsTarget({ settings }));
    if (isHeld) expect(refusalOf(plan).code).toBe("SIZE_NOT_OFFERED");
    else expect(plan().overrides).toMatchObject({ cpu: "300", memory: "700" });
  });

  test("the seed's example 18: 2 vcpu over the default memory names 4096", () => {
    const refusal = refusalOf(() => planOf(ecsRun({ cpu: "2 vcpu" })));
    expect([refusal.code, refusal.path]).toEqual(["SIZE_NOT_OFFERED", "run_config.cpu"]);
    expect(refusal.message).toContain("2048 CPU units with 4096 MiB");
    expect(refusal.message).toContain("1024 CPU units with 2048 MiB");
  });

  test("overrides come before the definition", () => {
    const taskDefinition = { networkMode: "awsvpc", cpu: "256", memory: "512" };
    expect(planOf(ecsRun({ taskDefinition, cpu: "1 vcpu", memory: "2 GB" })).overrides).toMatchObject({ cpu: "1024", memory: "2048" });
    expect(refusalOf(() => planOf(ecsRun({ taskDefinition, memory: "4 GB" }))).path).toBe("run_config.memory");
    const mixed = { networkMode: "awsvpc", cpu: "256", memory: "4096" };
    expect(refusalOf(() => planOf(ecsRun({ taskDefinition: mixed }))).path).toBe("run_config.task_definition.memory");
  });

  test("with an arn a pair is held to the table, and one size alone can't be", () => {
    const taskDefinitionArn = "fam:3";
    const target = ecsTarget({ allow: "*" });
    expect(refusalOf(() => planOf(ecsRun({ taskDefinitionArn, cpu: "256", memory: "4 GB" }), target)).code).toBe("SIZE_NOT_OFFERED");
    expect(planOf(ecsRun({ taskDefinitionArn, cpu: "2 vcpu" }), target).overrides).toMatchObject({ cpu: "2048" });
  });

  const paths: readonly (readonly [path: string, run: Parameters<typeof ecsRun>[0], settings: EcsSettings])[] = [
    ["run_config.cpu", { cpu: "lots" }, {}],
    ["run_config.memory", { memory: "0.5" }, {}],
    ["run_task_kwargs.overrides.cpu", { runTaskKwargs: { overrides: { cpu: "lots" } } }, {}],
    ["run_config.task_definition.cpu", { taskDefinition: { cpu: 0.5 } }, {}],
    ["targets.prod.task_definition.memory", {}, { taskDefinition: { memory: "lots" } }],
    ["run_config.task_definition.memory", { taskDefinition: { memory: true } }, {}],
  ];
  test.each(paths)("what can't be understood is told with its place: %s", (path, config, settings) => {
    expect(refusalOf(() => planOf(ecsRun(config), ecsTarget({ settings }))).path).toBe(path);
  });
});
