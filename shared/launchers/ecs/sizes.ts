/** What a task is given: CPU units (1024 to a vCPU) and MiB of memory, in every form that a run config may write them. */

/** A number without unit, or with one: `1024`, `"1 vcpu"`, `"2 GB"`, `"512 MiB"`. */
const CPU = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(vcpu)?\s*$/i;
const MEMORY = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(gb|gib|mb|mib)?\s*$/i;
const VCPU_UNITS = 1024;
const GB_MIB = 1024;

/** Why a size can't be understood. */
export interface BadSize {
  readonly problem: string;
}

/** CPU units as ECS writes them, `"1024"`; a fraction needs its unit, since `0.25` could be a quarter of a vCPU or of a unit. */
export function cpuUnits(value: string | number): string | BadSize {
  const [, digits, unit] = CPU.exec(String(value)) ?? [];
  if (digits === undefined) return { problem: 'expected CPU units (1024) or vCPUs with their unit ("0.25 vcpu")' };
  if (unit === undefined && digits.includes(".")) return { problem: `a fraction needs its unit: "${digits} vcpu"` };
  return whole(unit === undefined ? Number(digits) : Number(digits) * VCPU_UNITS);
}

/** MiB as ECS writes them, `"2048"`. */
export function memoryMib(value: string | number): string | BadSize {
  const [, digits, unit] = MEMORY.exec(String(value)) ?? [];
  if (digits === undefined) return { problem: 'expected MiB (2048) or a size with its unit ("2 GB")' };
  if (unit === undefined && digits.includes(".")) return { problem: `a fraction needs its unit: "${digits} GB"` };
  return whole(unit?.toLowerCase().startsWith("g") ? Number(digits) * GB_MIB : Number(digits));
}

function whole(number: number): string | BadSize {
  if (Math.round(number) < 1) return { problem: "expected a size of at least 1" };
  return Number.isSafeInteger(Math.round(number)) ? String(Math.round(number)) : { problem: "no task is as large" };
}

/** The sizes that Fargate offers (AWS documentation, "Fargate tasks", as of October 2026): CPU units → MiB. */
const FARGATE: ReadonlyMap<number, readonly number[]> = new Map([
  [256, [512, 1024, 2048]],
  [512, steps(1024, 4096, 1024)],
  [1024, steps(2048, 8192, 1024)],
  [2048, steps(4096, 16_384, 1024)],
  [4096, steps(8192, 30_720, 1024)],
  [8192, steps(16_384, 61_440, 4096)],
  [16_384, steps(32_768, 122_880, 8192)],
  [32_768, [61_440, 122_880, 249_856]],
]);

function steps(from: number, to: number, by: number): readonly number[] {
  return Array.from({ length: (to - from) / by + 1 }, (_, index) => from + index * by);
}

/** Whether Fargate offers a pair; if not, the nearest pairs that it does: for this CPU, and for this memory. */
export function fargateProblem(cpu: string, memory: string): string | undefined {
  const [units, mib] = [Number(cpu), Number(memory)];
  const offered = FARGATE.get(units);
  if (offered?.includes(mib)) return undefined;
  const forCpu = offered === undefined ? [] : [`${units} CPU units with ${nearestTo(mib, offered)} MiB`];
  const forMemory = [...FARGATE].filter(([, sizes]) => sizes.includes(mib)).map(([other]) => other);
  const other = forMemory.length === 0 ? undefined : nearestTo(units, forMemory);
  const near = [...forCpu, ...(other === undefined ? [] : [`${other} CPU units with ${mib} MiB`])];
  return `Fargate offers no ${units} CPU units with ${mib} MiB; the nearest are ${(near.length > 0 ? near : [nearestPair(units, mib)]).join(", or ")}`;
}

function nearestTo(wanted: number, offered: readonly number[]): number {
  return offered.reduce((best, candidate) => (Math.abs(candidate - wanted) < Math.abs(best - wanted) ? candidate : best));
}

function nearestPair(units: number, mib: number): string {
  const cpu = nearestTo(units, [...FARGATE.keys()]);
  return `${cpu} CPU units with ${nearestTo(mib, FARGATE.get(cpu) ?? [mib])} MiB`;
}
