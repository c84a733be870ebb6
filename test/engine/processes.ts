/** Processes of the tests' own: what was started here is ended here, by its id. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** A server that was started. */
export interface Server {
  readonly pid: number;
  readonly exited: Promise<void>;
  readonly process: ChildProcess;
}

/** Starts a program whose output goes into a file. */
export async function startServer(program: string, args: readonly string[], log: string): Promise<Server> {
  const file = await open(log, "a");
  const process = spawn(program, args, { stdio: ["ignore", file.fd, file.fd] });
  await file.close();
  const exited = new Promise<void>((resolve, reject) => {
    process.once("exit", () => resolve());
    process.once("error", reject);
  });
  exited.catch(() => {});
  if (process.pid === undefined) await exited;
  return { pid: process.pid ?? 0, exited, process };
}

/** Ends all that names a folder, and takes the folder away, when it is called or this process ends, however it ends. */
export function guardOf(folder: string): () => Promise<void> {
  const program = fileURLToPath(new URL("guard.ts", import.meta.url));
  // A group of its own: what interrupts the tests does not interrupt it.
  const guard = spawn(process.execPath, [program, folder], { stdio: ["pipe", "ignore", "inherit"], detached: true });
  const over = once(guard, "exit");
  guard.unref();
  return async () => {
    guard.ref();
    guard.stdin?.end();
    const [code] = await over;
    if (code !== 0) throw new Error(`what used ${folder} could not be ended: ${code}`);
  };
}

/** The processes whose command line names a folder, or something in it. */
export function pidsNaming(folder: string): readonly number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(folder) ? [Number(name)] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** The processes that a process has started, and those that these have started. */
export function descendantsOf(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (of: number): readonly number[] =>
    [...parents].filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

/** Whether a process has ended, also where nobody has taken note of that yet. */
export function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return true;
  }
}

/** Sends a signal to each that is still there. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended.
    }
  }
}

/** Asks until it is so; fails with what was last seen. */
export async function eventually<Value>(
  look: () => Promise<Value> | Value,
  wanted: (value: Value) => boolean,
  seconds = 30,
): Promise<Value> {
  for (const end = Date.now() + seconds * 1000; ; ) {
    const value = await look();
    if (wanted(value)) return value;
    if (Date.now() > end) throw new Error(`not so within ${seconds} s; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
