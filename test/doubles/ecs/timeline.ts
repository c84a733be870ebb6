/** What is to happen at its time: done in order, when somebody looks. */
export interface Timeline {
  schedule(at: number, happen: (at: number) => void): void;
  /** Does all that is due until now, and what becomes due by it. */
  settle(now: number): void;
  /** When the next thing happens. */
  next(): number | undefined;
  clear(): void;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly happen: (at: number) => void;
}

export function timeline(scheduled: (at: number) => void): Timeline {
  /** A binary heap, soonest first. */
  const heap: Entry[] = [];
  let order = 0;

  function isBefore(one: number, other: number): boolean {
    const [left, right] = [heap[one], heap[other]];
    if (left === undefined || right === undefined) return false;
    return left.at < right.at || (left.at === right.at && left.order < right.order);
  }

  function swap(one: number, other: number): void {
    const [left, right] = [heap[one], heap[other]];
    if (left === undefined || right === undefined) return;
    heap[one] = right;
    heap[other] = left;
  }

  function take(): Entry | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return first;
    heap[0] = last;
    for (let index = 0; ; ) {
      let least = index;
      if (isBefore(2 * index + 1, least)) least = 2 * index + 1;
      if (isBefore(2 * index + 2, least)) least = 2 * index + 2;
      if (least === index) return first;
      swap(index, least);
      index = least;
    }
  }

  return {
    schedule(at, happen) {
      heap.push({ at, order: order++, happen });
      for (let index = heap.length - 1; index > 0; ) {
        const parent = (index - 1) >> 1;
        if (!isBefore(index, parent)) break;
        swap(index, parent);
        index = parent;
      }
      scheduled(at);
    },
    settle(now) {
      while (heap[0] !== undefined && heap[0].at <= now) {
        const entry = take();
        entry?.happen(entry.at);
      }
    },
    next: () => heap[0]?.at,
    clear() {
      heap.length = 0;
    },
  };
}
