/** What is remembered by name, as long as the process lives: so many at the most, those that were asked for last. */
export interface Remembered<Value> {
  get(name: string): Value | undefined;
  set(name: string, value: Value): void;
  /** Forgets a value, unless another has taken its place. */
  forget(name: string, value: Value): void;
}

export function remembered<Value>(most: number): Remembered<Value> {
  // The first in the order of the map was asked for the longest time ago.
  const kept = new Map<string, Value>();
  function set(name: string, value: Value): void {
    kept.delete(name);
    kept.set(name, value);
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
  }
  return {
    get(name) {
      const value = kept.get(name);
      if (value !== undefined) set(name, value);
      return value;
    },
    set,
    forget(name, value) {
      if (kept.get(name) === value) kept.delete(name);
    },
  };
}
