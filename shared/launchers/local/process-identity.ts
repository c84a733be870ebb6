import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** One process for ever: process ids are given out again, a pid with its start is not. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

interface Seen extends ProcessIdentity {
  /** Ended, and not yet collected by its parent; stays so for ever in a container without an init. */
  readonly zombie: boolean;
}

/** The identity of a process of this machine; undefined when there is none with that id. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const seen = look(pid);
  return seen && { pid, started: seen.started };
}

/** Whether this very process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const seen = look(identity.pid);
  return seen !== undefined && !seen.zombie && seen.started === identity.started;
}

function look(pid: number): Seen | undefined {
  return process.platform === "linux" ? lookInProc(pid) : lookWithPs(pid);
}

let bootId: string | undefined;

/** Start in clock ticks since the boot, which is named too: proc(5), /proc/pid/stat, field 22. */
function lookInProc(pid: number): Seen | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // Field 2 is the program's name, which may have blanks and parentheses in it: count from its end.
    const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return { pid, started: `${bootId}/${fields[18]}`, zombie: state === "Z" || state === "X" };
  } catch {
    return undefined;
  }
}

/** For systems without /proc. Times are written by locale and zone, so both are fixed. */
export function lookWithPs(pid: number): Seen | undefined {
  try {
    const line = execFileSync("/bin/ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      encoding: "latin1",
      env: { LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [state = "", ...start] = line.trim().split(/\s+/);
    return start.length === 0 ? undefined : { pid, started: start.join(" "), zombie: state.startsWith("Z") };
  } catch {
    return undefined;
  }
}
