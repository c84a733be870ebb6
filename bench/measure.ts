import { readFile } from "node:fs/promises";

/** What a series took. */
export interface Measured {
  readonly runs: number;
  readonly seconds: number;
  /** For each run, children included. */
  readonly cpuMilliseconds: number;
  /** The part of it that the dispatcher's own process took. */
  readonly dispatcherMilliseconds?: number;
}

/** Linux counts CPU time in ticks of 10 ms (`getconf CLK_TCK` is 100 on every usual kernel). */
const TICK = 10;

/** CPU time of a process itself, in milliseconds. Linux only. */
export async function ownCpuMilliseconds(pid: number): Promise<number> {
  const fields = await statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/** CPU time of a process's children that have ended, in milliseconds. Linux only. */
export async function childCpuMilliseconds(pid: number): Promise<number> {
  const fields = await statFields(pid);
  return (Number(fields[13]) + Number(fields[14])) * TICK;
}

/** The fields behind the command's name, which may hold blanks: `state` is number 0. */
async function statFields(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}
