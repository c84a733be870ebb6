/** The way to a cluster: where it is, how its certificate is checked, and what proves who asks. */
import { Agent, type AgentOptions } from "node:https";

/** Where a request goes, and what goes with it. */
export interface Connection {
  /** Base URL without a slash at its end. */
  readonly server: string;
  /** Absent for http. */
  readonly agent?: Agent;
  readonly headers: Readonly<Record<string, string>>;
}

/** A cluster as the dispatcher reaches it. */
export interface Access {
  /** Throws whatever kept the token or the address from being had; nothing was sent to the cluster then. */
  connection(): Promise<Connection>;
  /** The cluster did not know the token: the next connection gets a new one. */
  refused(): void;
}

/** Most connections at once to one cluster. */
const SOCKETS = 50;

/** An agent that keeps its connections. */
export function keptConnections(options: AgentOptions = {}): Agent {
  return new Agent({ keepAlive: true, maxSockets: SOCKETS, ...options });
}

/** A value that is good for a while. */
export interface Lasting<Value> {
  readonly value: Value;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** Something that is fetched once, whoever asks meanwhile, and again when its time is over. */
export function lasting<Value>(now: () => number, fetch: () => Promise<Lasting<Value>>): { get(): Promise<Value>; forget(): void } {
  let kept: Promise<Lasting<Value>> | undefined;
  let until = Number.POSITIVE_INFINITY;
  return {
    async get() {
      if (kept === undefined || now() >= until) {
        until = Number.POSITIVE_INFINITY;
        const fetching = fetch();
        kept = fetching;
        fetching.then(
          (fetched) => {
            if (kept === fetching) until = fetched.until;
          },
          () => {
            if (kept === fetching) kept = undefined;
          },
        );
      }
      return (await kept).value;
    },
    forget() {
      kept = undefined;
    },
  };
}
