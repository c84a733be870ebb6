/** What came, and what became of it. */
import type { Json } from "../../../shared/core/json.ts";
import { callerOf } from "./caller.ts";
import { parseInput } from "./model.ts";
import type { State } from "./state.ts";
import type { DoubleRequest, OperationName } from "./wire.ts";

/** One request as it came and what became of it. */
export interface SeenRequest {
  readonly operation: OperationName;
  readonly at: number;
  readonly region: string;
  /** Empty where the caller is unknown. */
  readonly account: string;
  readonly input: Json;
  /** Paths of members that the model does not know. */
  readonly unknown: readonly string[];
  /** `ok`, the error's name, or `lost` where no answer came. */
  answer: string;
}

export interface Counter {
  readonly calls: number;
  readonly ok: number;
  /** Hidden throttles too. */
  readonly throttled: number;
  /** Errors but for throttles. */
  readonly refused: number;
  /** Calls without an answer, applied or not. */
  readonly lost: number;
}

export interface RequestLog {
  see(operation: OperationName, request: DoubleRequest): SeenRequest;
  answered(seen: SeenRequest, lost: boolean): void;
  requests(): readonly SeenRequest[];
  counter(operation: OperationName): Counter;
  clear(): void;
}

type MutableCounter = { -readonly [Name in keyof Counter]: Counter[Name] };

export function requestLog(state: State): RequestLog {
  const { clock, keep } = state.settings;
  let requests: SeenRequest[] = [];
  let counters = new Map<OperationName, MutableCounter>();

  function counterOf(operation: OperationName): MutableCounter {
    const counter = counters.get(operation) ?? { calls: 0, ok: 0, throttled: 0, refused: 0, lost: 0 };
    counters.set(operation, counter);
    return counter;
  }

  function callerPlace(headers: DoubleRequest["headers"]): { readonly region: string; readonly account: string } {
    try {
      const { region, account } = callerOf(headers, { ...state.settings, sessions: state.sessions }, clock.now());
      return { region, account };
    } catch {
      return { region: "", account: "" };
    }
  }

  return {
    see(operation, { headers, body }) {
      counterOf(operation).calls++;
      const common = { operation, at: clock.now(), answer: "ok" };
      if (!keep) return { ...common, region: "", account: "", input: null, unknown: [] };
      const input = looselyParsed(operation, body);
      const seen = { ...common, ...callerPlace(headers), input, unknown: unknownMembers(operation, body) };
      requests.push(seen);
      return seen;
    },
    answered(seen, lost) {
      const counter = counterOf(seen.operation);
      if (lost) {
        seen.answer = "lost";
        counter.lost++;
      } else if (seen.answer === "ok") counter.ok++;
      else if (/Throttling/.test(seen.answer)) counter.throttled++;
      else counter.refused++;
    },
    requests: () => requests,
    counter: (operation) => ({ ...counterOf(operation) }),
    clear() {
      requests = [];
      counters = new Map();
    },
  };
}

export function looselyParsed(operation: OperationName, body: string): Json {
  if (operation === "AssumeRole") return Object.fromEntries(new URLSearchParams(body));
  try {
    const document: Json = JSON.parse(body);
    return document;
  } catch {
    return body;
  }
}

function unknownMembers(operation: OperationName, body: string): readonly string[] {
  if (operation === "AssumeRole") return [];
  try {
    return parseInput(operation, body).unknown;
  } catch {
    return [];
  }
}
