/**
 * The process that stays with one command. It takes the attempt's marker, runs the command, writes down how it ended,
 * and outlives the dispatcher. It reads what to do from its standard input: arguments would show environment values in
 * `ps`, a file would leave them on the disk. Started for each run, so it imports little.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { identityOf } from "./process-identity.ts";
import { closeInherited, messageOf, takeMarker, tell, writeJson } from "./wrapper-files.ts";
import { readSpec, type WrapperSpec } from "./wrapper-spec.ts";

/** Why the command was ended from outside; only the first reason counts. */
type Cause = { readonly stopped: string } | { readonly interrupted: true } | { readonly timed_out: number };

type Ending =
  | { readonly exit_code: number | null; readonly signal: string | null }
  | { readonly error: { readonly code: string; readonly message: string } };

/** The longest wait that a timer takes; a longer one fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

let cause: Cause | undefined;
let command: number | undefined;
/** From the command's end on its process id may be another's. */
let over = false;
const timers = new Set<NodeJS.Timeout>();

const spec = readSpec();
if (spec !== undefined) await run(spec);

async function run(todo: WrapperSpec): Promise<void> {
  // Before the marker: whoever sees the marker may send signals.
  for (const signal of ["SIGHUP", "SIGINT"]) process.on(signal, () => {});
  process.on("SIGTERM", () => end(stopCause(todo) ?? { interrupted: true }, todo));

  closeInherited(dirname(dirname(todo.folder)));
  const taken = takeMarker(todo);
  tell(taken);
  if (taken.marker !== "taken") return;

  const status = await runCommand(todo);
  over = true;
  for (const timer of timers) clearTimeout(timer);
  // Like a container, whose other processes go with the first one; after an end of its own they may stay.
  if (cause !== undefined) signalCommand("SIGKILL");
  await writeStatus(todo, { ...status, ended_at: Date.now(), ...cause });
}

async function runCommand(todo: WrapperSpec): Promise<Ending & { readonly started_at?: number }> {
  let log: number;
  try {
    log = openSync(`${todo.folder}/output.log`, "a", 0o600);
  } catch (error) {
    const { code } = messageOf(error);
    return { error: { code, message: `the log could not be opened (${code})` } };
  }
  // A signal's handler runs only between two turns of the event loop, so one that came meanwhile needs a turn; a stop's
  // file is there before its signal, and is looked for as late as can be.
  await new Promise((resolve) => setImmediate(resolve));
  const stop = stopCause(todo);
  if (stop !== undefined) end(stop, todo);
  if (cause !== undefined) return { exit_code: null, signal: null };

  const started_at = Date.now();
  const ending = await new Promise<Ending>((resolve) => {
    try {
      const { cwd, env } = todo;
      const child = spawn(todo.command, todo.args, { cwd, env, detached: true, stdio: ["ignore", log, log] });
      child.once("error", (error) => resolve(startError(todo, error)));
      // Not `close`: a grandchild may keep the log open for as long as it likes.
      child.once("exit", (exit_code, signal) => resolve({ exit_code, signal }));
      // The command has it now: a log that fills the disk must be gone when it is deleted.
      closeSync(log);
      if (child.pid !== undefined) started(todo, child.pid);
    } catch (error) {
      resolve(startError(todo, error));
    }
  });
  return "error" in ending ? ending : { ...ending, started_at };
}

function started(todo: WrapperSpec, pid: number): void {
  command = pid;
  if (todo.timeoutSeconds !== undefined) endAfter(todo.timeoutSeconds, todo);
  try {
    writeJson(`${todo.folder}/command.json`, identityOf(pid) ?? { pid, started: "" });
  } catch {
    // Only the explanation of a killed wrapper needs it.
  }
}

function endAfter(seconds: number, todo: WrapperSpec): void {
  const due = performance.now() + seconds * 1000;
  const wait = () => {
    const left = due - performance.now();
    if (left <= 0) end({ timed_out: seconds }, todo);
    else after(Math.min(left, LONGEST_TIMER), wait);
  };
  wait();
}

function end(because: Cause, todo: WrapperSpec): void {
  if (cause !== undefined || over) return;
  cause = because;
  signalCommand("SIGTERM");
  after(todo.graceSeconds * 1000, () => signalCommand("SIGKILL"));
}

/** Reaches the command's whole group; where nothing is left of it, that is what was wanted. */
function signalCommand(signal: NodeJS.Signals): void {
  if (command === undefined) return;
  try {
    process.kill(-command, signal);
  } catch {
    return;
  }
}

function after(milliseconds: number, act: () => void): void {
  timers.add(setTimeout(act, milliseconds));
}

/** The reason that `stop` left, where it did. */
function stopCause(todo: WrapperSpec): Cause | undefined {
  try {
    const left: unknown = JSON.parse(readFileSync(`${todo.folder}/stop.json`, "utf8"));
    const reason = typeof left === "object" && left !== null && "reason" in left ? left.reason : undefined;
    return { stopped: String(reason ?? "") };
  } catch {
    return undefined;
  }
}

function startError(todo: WrapperSpec, error: unknown): Ending {
  const { code } = messageOf(error);
  const name = JSON.stringify(todo.command);
  // The system says ENOENT for a missing folder too.
  if (code === "ENOENT" && !existsSync(todo.cwd)) return { error: { code, message: `the working directory was not found (${code})` } };
  const what = code === "ENOENT" ? "was not found" : code === "EACCES" ? "may not be executed" : "could not be started";
  return { error: { code, message: `command ${name} ${what} (${code})` } };
}

/** A full disk is the likely reason to fail, and it may pass, of which no system tells; without a status the run would count as lost. */
async function writeStatus(todo: WrapperSpec, status: object): Promise<void> {
  for (let left = 720; left > 0; left--) {
    try {
      return writeJson(`${todo.folder}/status.json`, status, { durable: true });
    } catch (error) {
      if (messageOf(error).code === "ENOENT") return;
      await new Promise((resolve) => setTimeout(resolve, 5000));
    }
  }
}
