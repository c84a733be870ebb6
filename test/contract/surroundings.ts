/** Watches what code reads of its surroundings while it runs: clock, chance, environment. Only for what runs at once. */

const RealDate = Date;

/** What the action read, by name. All is as it was when this returns. */
export function readsOf(action: () => unknown): readonly string[] {
  const read = new Set<string>();
  const undo: (() => void)[] = [];
  function replace<Own extends object, Name extends keyof Own>(owner: Own, name: Name, value: Own[Name]): void {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, { configurable: true, writable: true, value });
    undo.push(() => {
      if (before === undefined) delete owner[name];
      else Object.defineProperty(owner, name, before);
    });
  }
  const noting =
    <Result>(label: string, call: () => Result) =>
    (): Result => {
      read.add(label);
      return call();
    };
  const { random } = Math;
  const now = performance.now.bind(performance);
  const randomUUID = crypto.randomUUID.bind(crypto);
  class WatchedDate extends RealDate {
    constructor(...given: readonly unknown[]) {
      if (given.length === 0) read.add("Date");
      super(...(given as []));
    }
    static override now(): number {
      read.add("Date");
      return RealDate.now();
    }
  }
  try {
    replace(Math, "random", noting("Math.random", random));
    replace(performance, "now", noting("performance.now", now));
    replace(crypto, "randomUUID", noting("crypto.randomUUID", randomUUID));
    replace(globalThis, "Date", WatchedDate as DateConstructor);
    replace(process, "env", watchedEnvironment(process.env, read));
    action();
    return [...read];
  } finally {
    for (const back of undo.reverse()) back();
  }
}

function watchedEnvironment(env: NodeJS.ProcessEnv, read: Set<string>): NodeJS.ProcessEnv {
  const note = (): void => void read.add("process.env");
  return new Proxy(env, {
    get(target, name, receiver) {
      note();
      return Reflect.get(target, name, receiver);
    },
    has(target, name) {
      note();
      return Reflect.has(target, name);
    },
    ownKeys(target) {
      note();
      return Reflect.ownKeys(target);
    },
  });
}

/** What was written to the terminal while the action ran, by whatever way. */
export async function outputOf(action: () => Promise<void>): Promise<string> {
  const written: string[] = [];
  const note = (...given: readonly unknown[]): boolean => {
    written.push(given.map(String).join(" "));
    return true;
  };
  const { log, info, warn, error, debug } = console;
  const out = process.stdout.write;
  const err = process.stderr.write;
  Object.assign(console, { log: note, info: note, warn: note, error: note, debug: note });
  process.stdout.write = note;
  process.stderr.write = note;
  try {
    await action();
  } finally {
    Object.assign(console, { log, info, warn, error, debug });
    process.stdout.write = out;
    process.stderr.write = err;
  }
  return written.join("\n");
}
