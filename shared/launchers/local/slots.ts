/** The right to run one process of a target. Giving it back twice does no harm. */
export interface Slot {
  release(): void;
}

/** The slots of one target, and who waits for them. */
export interface Slots {
  /** A slot, as soon as there is one and nobody came earlier; undefined when the wait or the signal ended first. */
  acquire(id: string, signal: AbortSignal): Promise<Slot | undefined>;
  /** A slot for what already runs, also beyond the limit. */
  occupy(): Slot;
  /** Has the run told of room, after those remembered before it. */
  remember(id: string): void;
}

/** How many slots there are, and how long things wait. */
export interface SlotRules {
  readonly max: number;
  readonly waitMilliseconds: number;
  /** A slot is kept so long for a run that was told of it; it may be cancelled by now and never come. */
  readonly keepMilliseconds: number;
  roomFor(id: string): void;
}

/** A run that was told of room and did not come by then is told again. */
const AGAIN_MILLISECONDS = 500;

/** Hands out slots: first to those who wait here, in the order they came, then to those remembered, likewise. */
export function createSlots(rules: SlotRules): Slots {
  let used = 0;
  const waiting = new Set<() => void>();
  const remembered = new Set<string>();
  const told = new Map<string, NodeJS.Timeout>();

  const free = () => rules.max - used - told.size;

  function occupy(): Slot {
    let held = true;
    used++;
    return {
      release() {
        if (!held) return;
        held = false;
        used--;
        handOn();
      },
    };
  }

  function handOn(): void {
    for (const grant of waiting) {
      if (free() <= 0) return;
      grant();
    }
    for (const id of remembered) {
      if (free() <= 0) return;
      remembered.delete(id);
      tell(id, 1);
    }
  }

  /** Keeps a slot for a run and has it told; once more, since the first word may come before its wait is on record. */
  function tell(id: string, repeats: number): void {
    const unheard = () => {
      told.delete(id);
      if (repeats > 0) tell(id, repeats - 1);
      else handOn();
    };
    told.set(id, setTimeout(unheard, repeats > 0 ? Math.min(AGAIN_MILLISECONDS, rules.keepMilliseconds) : rules.keepMilliseconds).unref());
    rules.roomFor(id);
  }

  /** The run is here, so nobody need tell it any more. Whether a slot was kept for it. */
  function arrived(id: string): boolean {
    remembered.delete(id);
    clearTimeout(told.get(id));
    return told.delete(id);
  }

  function acquire(id: string, signal: AbortSignal): Promise<Slot | undefined> {
    const expected = arrived(id);
    if (signal.aborted) {
      handOn();
      return Promise.resolve(undefined);
    }
    if (free() > 0 && (expected || waiting.size === 0)) return Promise.resolve(occupy());
    return new Promise((resolve) => {
      const leave = (slot?: Slot) => {
        waiting.delete(grant);
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        resolve(slot);
      };
      const grant = () => leave(occupy());
      const giveUp = () => leave();
      const timer = setTimeout(giveUp, rules.waitMilliseconds);
      signal.addEventListener("abort", giveUp);
      waiting.add(grant);
    });
  }

  function remember(id: string): void {
    remembered.add(id);
    handOn();
  }

  return { acquire, occupy, remember };
}
