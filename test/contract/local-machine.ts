/** The real machine, whose next wrapper or read goes wrong when a world says so. */

import { type Machine, thisMachine } from "../../shared/launchers/local/machine.ts";
import type { WrapperAnswer } from "../../shared/launchers/local/wrapper-files.ts";
import type { WrapperProcess } from "../../shared/launchers/local/wrapper-process.ts";
import type { WrapperSpec } from "../../shared/launchers/local/wrapper-spec.ts";
import type { Fault, Held } from "./subject.ts";

/** What becomes of the next wrapper. */
type Fate =
  | Fault
  | { readonly failed: string }
  | { readonly reached: () => void; readonly until: Promise<void>; readonly applied: () => void };

/** A machine with faults on demand. */
export interface FaultyMachine {
  readonly machine: Machine;
  spawnNext(fate: Fault | { readonly failed: string }): void;
  holdSpawn(): Held;
  /** The next file that is looked at cannot be read. */
  unreadableNext(): void;
  /** No file and no folder can be read, until they can. */
  unreadable(on: boolean): void;
  /** Resolves when every wrapper that was started has answered or is gone; how many took the marker of this folder. */
  taken(folder: string): Promise<number>;
}

export function faultyMachine(): FaultyMachine {
  const fates: Fate[] = [];
  const wrappers: { readonly folder: string; readonly answer: WrapperProcess["answer"] }[] = [];
  let unreadable = false;
  let outage = false;

  function start(spec: WrapperSpec, cache: string): WrapperProcess {
    const wrapper = thisMachine.startWrapper(spec, cache);
    wrappers.push({ folder: spec.folder, answer: wrapper.answer });
    return wrapper;
  }

  function startWrapper(spec: WrapperSpec, cache: string): WrapperProcess {
    const fate = fates.shift();
    if (fate === undefined) return start(spec, cache);
    if (fate === "never sent") return stillborn("EAGAIN");
    if (fate === "lost before") {
      const wrapper = start(spec, cache);
      // Node itself takes longer to start than this call to come back.
      if (wrapper.pid !== undefined) process.kill(wrapper.pid, "SIGKILL");
      return wrapper;
    }
    if (fate === "lost after") {
      const wrapper = start(spec, cache);
      return { ...wrapper, detach: () => {}, answer: wrapper.answer.then(() => ({ marker: "gone", message: "its pipe broke" })) };
    }
    return "failed" in fate ? stillborn(fate.failed) : later(spec, cache, fate);
  }

  function later(spec: WrapperSpec, cache: string, { reached, until, applied }: Exclude<Fate, Fault | { failed: string }>): WrapperProcess {
    reached();
    const started = until.then(() => start(spec, cache));
    const answer = started.then((wrapper) => wrapper.answer);
    void answer.then(applied);
    return { pid: undefined, answer, exited: started.then((wrapper) => wrapper.exited), detach: () => {} };
  }

  return {
    machine: {
      ...thisMachine,
      startWrapper,
      readText(path) {
        if (!unreadable && !outage) return thisMachine.readText(path);
        unreadable = false;
        return Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" }));
      },
      namesIn: (folder) => (outage ? Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" })) : thisMachine.namesIn(folder)),
    },
    spawnNext: (fate) => void fates.push(fate),
    holdSpawn() {
      const reached = Promise.withResolvers<void>();
      const until = Promise.withResolvers<void>();
      const applied = Promise.withResolvers<void>();
      fates.push({ reached: reached.resolve, until: until.promise, applied: applied.resolve });
      return {
        reached: reached.promise,
        release() {
          until.resolve();
          return applied.promise;
        },
      };
    },
    unreadableNext() {
      unreadable = true;
    },
    unreadable(on) {
      outage = on;
    },
    async taken(folder) {
      const answers = await Promise.all(wrappers.map(async (wrapper) => ({ folder: wrapper.folder, answer: await wrapper.answer })));
      return answers.filter((one) => one.folder === folder && one.answer.marker === "taken").length;
    },
  };
}

/** A wrapper that the system would not start. */
function stillborn(code: string): WrapperProcess {
  const answer: WrapperAnswer = { marker: "failed", code, message: `spawn ${code}` };
  return { pid: undefined, answer: Promise.resolve(answer), exited: Promise.resolve(), detach: () => {} };
}
