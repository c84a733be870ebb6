/** The life of one dispatcher process. When it is over, nothing that it does reaches anybody. */

/** What befalls one call that leaves a process. */
export type CallFate =
  /** It arrives, and its answer comes back. */
  | "answered"
  /** The process ends: the call was not sent. */
  | "stopped before"
  /** The process ends: the call arrives all the same. */
  | "stopped after"
  /** It does not arrive, and no answer comes. */
  | "lost"
  /** It arrives, and the answer gets lost. */
  | "answer lost"
  /** It arrives; of the answer come its status and the beginning of its body. */
  | "answer cut"
  /** No answer comes; it arrives later. */
  | "late"
  /** The service is too busy. */
  | "throttled";

/** A call that leaves a process. */
export interface Departure {
  readonly process: string;
  /** `dynamodb:UpdateItem`, `sqs:SendMessageBatch`, `machine:startWrapper`, … */
  readonly call: string;
  /** How many calls its process has made before it. */
  readonly index: number;
}

/** A process until it dies. */
export interface Life {
  readonly name: string;
  readonly dead: boolean;
  /** Resolves when it dies. */
  readonly died: Promise<void>;
  die(): void;
  /** How many calls it has made. */
  readonly calls: number;
  /** What becomes of its next call. */
  depart(call: string): CallFate;
}

export function beginLife(name: string, fateOf: (departure: Departure) => CallFate): Life {
  const died = Promise.withResolvers<void>();
  let dead = false;
  let calls = 0;
  return {
    name,
    died: died.promise,
    get dead() {
      return dead;
    },
    get calls() {
      return calls;
    },
    die() {
      dead = true;
      died.resolve();
    },
    depart: (call) => fateOf({ process: name, call, index: calls++ }),
  };
}

/** What a dead process waits for. */
export function never<Value>(): Promise<Value> {
  return new Promise(() => {});
}
