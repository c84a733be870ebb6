/** The sizes of Fargate, written down here again so that a mistake in the launcher's own table is found (AWS documentation, "Fargate task size"). */
const FARGATE: ReadonlyMap<number, (mib: number) => boolean> = new Map([
  [256, (mib) => [512, 1024, 2048].includes(mib)],
  [512, stepped(1024, 4096, 1024)],
  [1024, stepped(2048, 8192, 1024)],
  [2048, stepped(4096, 16_384, 1024)],
  [4096, stepped(8192, 30_720, 1024)],
  [8192, stepped(16_384, 61_440, 4096)],
  [16_384, stepped(32_768, 122_880, 8192)],
  [32_768, (mib) => [61_440, 122_880, 249_856].includes(mib)],
]);

function stepped(from: number, to: number, step: number): (mib: number) => boolean {
  return (mib) => mib >= from && mib <= to && (mib - from) % step === 0;
}

export function fargateOffers(cpu: number, memory: number): boolean {
  return FARGATE.get(cpu)?.(memory) ?? false;
}

/** CPU units of a task's `cpu`: digits, or vCPUs with their unit. */
export function cpuUnitsOf(text: string): number | undefined {
  const [, digits, unit] = /^\s*(\d*\.?\d+)\s*(vcpu)?\s*$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const units = unit === undefined ? Number(digits) : Number(digits) * 1024;
  return Number.isInteger(units) ? units : undefined;
}

/** MiB of a task's `memory`: digits, or GB with their unit. */
export function memoryMibOf(text: string): number | undefined {
  const [, digits, unit] = /^\s*(\d*\.?\d+)\s*(gb)?\s*$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const mib = unit === undefined ? Number(digits) : Number(digits) * 1024;
  return Number.isInteger(mib) ? mib : undefined;
}
