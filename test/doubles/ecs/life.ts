/** A task's way through its states, driven by the timeline or by a test. Every change has an event with the next version. */
import type { TaskLife } from "./options.ts";
import type { EcsTask } from "./task.ts";
import type { Timeline } from "./timeline.ts";

/** How a task ends, as a test says it. */
export interface Finish {
  /** Of the container `container`; the task ran then, even if it was only starting. */
  readonly exitCode?: number;
  /** Of the container, such as `OutOfMemoryError: Container killed due to memory usage`. */
  readonly reason?: string;
  /** The container that this is about; `flow`, or the first. */
  readonly container?: string;
  readonly stopCode?: string;
  readonly stoppedReason?: string;
}

export interface Lives {
  /** Starts a task's life. With `wait` it stays in PROVISIONING until there is room. */
  begin(task: EcsTask, life: TaskLife, at: number, wait?: Wait): void;
  /** StopTask: the end comes by itself. */
  stop(task: EcsTask, at: number, stopCode: string, stoppedReason: string): void;
  finish(task: EcsTask, at: number, finish: Finish): void;
}

/** A task that a capacity provider could not place yet. */
export interface Wait {
  /** Why it can't be placed now; `undefined` where it can. */
  shortage(at: number): string | undefined;
  readonly until: number;
}

/** How often a waiting task is tried again. */
const RETRY_MS = 15_000;

export function lives(times: Timeline, changed: (task: EcsTask, at: number) => void): Lives {
  const known = new WeakMap<EcsTask, TaskLife>();

  function change(task: EcsTask, at: number, over: Partial<EcsTask>): void {
    Object.assign(task, over);
    task.version++;
    changed(task, at);
  }

  /** Only while nothing else has happened to the task. */
  function after(task: EcsTask, at: number, happen: (at: number) => void): void {
    const { version } = task;
    times.schedule(at, (due) => {
      if (task.version === version) happen(due);
    });
  }

  function provision(task: EcsTask, life: TaskLife, at: number, wait: Wait | undefined): void {
    const shortage = wait?.shortage(at);
    if (wait === undefined || shortage === undefined) after(task, at + life.provisioningMs, (due) => pend(task, life, due));
    else if (at >= wait.until) end(task, at, { stopCode: "TaskFailedToStart", stoppedReason: shortage });
    else after(task, Math.min(at + RETRY_MS, wait.until), (due) => provision(task, life, due, wait));
  }

  function pend(task: EcsTask, life: TaskLife, at: number): void {
    change(task, at, { status: "PENDING" });
    starting(task, life, at);
  }

  function starting(task: EcsTask, life: TaskLife, at: number): void {
    after(task, at + life.pendingMs, (due) => {
      if (life.failToStart === undefined) run(task, life, due);
      else end(task, due, { stopCode: "TaskFailedToStart", stoppedReason: life.failToStart });
    });
  }

  function run(task: EcsTask, life: TaskLife, at: number): void {
    for (const container of task.containers) container.status = "RUNNING";
    change(task, at, { status: "RUNNING", startedAt: at });
    const { runMs, exitCode } = life;
    if (runMs !== undefined) after(task, at + runMs, (due) => finish(task, due, { exitCode }));
  }

  /** STOPPED, with whatever the containers' exit codes are by then. */
  function end(
    task: EcsTask,
    at: number,
    { stopCode, stoppedReason }: { readonly stopCode: string; readonly stoppedReason: string },
  ): void {
    for (const container of task.containers) container.status = "STOPPED";
    change(task, at, {
      status: "STOPPED",
      desiredStatus: "STOPPED",
      stoppingAt: task.stoppingAt ?? at,
      stoppedAt: at,
      stopCode,
      stoppedReason,
    });
  }

  function finish(task: EcsTask, at: number, told: Finish): void {
    if (task.status === "STOPPED") return;
    const { exitCode, reason } = told;
    if (exitCode !== undefined && task.startedAt === undefined) {
      if (task.status === "PROVISIONING") change(task, at, { status: "PENDING" });
      const { runMs: _runMs, ...life } = known.get(task) as TaskLife;
      run(task, life, at);
    }
    const wanted = told.container ?? "flow";
    const named = task.containers.find(({ name }) => name === wanted) ?? task.containers[0];
    for (const container of task.containers) {
      // Those beside the one that ended are killed with it.
      if (task.startedAt !== undefined && container !== named) container.exitCode ??= 137;
    }
    if (named !== undefined) Object.assign(named, exitCode === undefined ? {} : { exitCode }, reason === undefined ? {} : { reason });
    const ran = task.startedAt !== undefined;
    end(task, at, {
      stopCode: told.stopCode ?? task.stopCode ?? (ran ? "EssentialContainerExited" : "TaskFailedToStart"),
      stoppedReason: told.stoppedReason ?? task.stoppedReason ?? (ran ? "Essential container in task exited" : "Task failed to start"),
    });
  }

  return {
    begin(task, life, at, wait) {
      known.set(task, life);
      changed(task, at);
      if (task.status === "PROVISIONING") provision(task, life, at, wait);
      else starting(task, life, at);
    },
    stop(task, at, stopCode, stoppedReason) {
      if (task.desiredStatus === "STOPPED") return;
      if (task.startedAt === undefined) {
        end(task, at, { stopCode, stoppedReason });
        return;
      }
      const life = known.get(task) as TaskLife;
      change(task, at, { desiredStatus: "STOPPED", stopCode, stoppedReason, stoppingAt: at });
      const stopped = (due: number) => {
        for (const container of task.containers) container.exitCode ??= life.stopExitCode;
        end(task, due, { stopCode, stoppedReason });
      };
      if (life.stopMs === 0) stopped(at);
      else after(task, at + life.stopMs, stopped);
    },
    finish,
  };
}
