import { AsyncLocalStorage } from "node:async_hooks";
import { Agent, type ClientRequest, type ClientRequestArgs } from "node:http";
import type { Duplex } from "node:stream";
import { inspect } from "node:util";

/** Makes a stream that the daemon reads HTTP from. Throws `Unreachable`. */
export type Dial = () => Promise<Duplex>;

/** A stream is kept for the next call so long: within a launch it serves them all, and none grows old unseen. */
const KEPT_MILLISECONDS = 2000;
/** sshd gives a connection ten sessions, which the fall-back of forwarding needs one of for each stream. */
const MOST_STREAMS = 8;

/** What is known of a call. */
export interface Sending {
  /** It was given a stream: from then on it may have reached the daemon. */
  sent: boolean;
}

/** Carries HTTP over streams that we open, and knows of each call whether it may have been sent. */
export class DialingAgent extends Agent {
  readonly #dial: Dial;
  readonly #kept = new Map<Duplex, NodeJS.Timeout>();
  /** Why the last stream did not come about; undefined where it did. */
  trouble: Error | undefined;
  readonly #sendings = new AsyncLocalStorage<Sending>();

  constructor(dial: Dial) {
    super({ keepAlive: true, maxSockets: MOST_STREAMS, maxFreeSockets: MOST_STREAMS });
    this.#dial = dial;
  }

  /** Makes a call, and notes whether it is sent. */
  sending<Answer>(sending: Sending, call: () => Promise<Answer>): Promise<Answer> {
    return this.#sendings.run(sending, call);
  }

  override createConnection(_options: ClientRequestArgs, callback?: (error: Error | null, stream: Duplex) => void): undefined {
    this.#dial().then(
      (stream) => {
        this.trouble = undefined;
        stream.once("close", () => this.#forget(stream));
        callback?.(null, stream);
      },
      // There is no stream where there is an error.
      (error: Error) => {
        this.trouble = error;
        callback?.(error, undefined as never);
      },
    );
  }

  override keepSocketAlive(stream: Duplex): boolean {
    const timer = setTimeout(() => stream.destroy(), KEPT_MILLISECONDS);
    this.#kept.set(stream, timer);
    // Only what is read is seen to end: a stream that the daemon closed must not serve the next call.
    stream.resume();
    return true;
  }

  override reuseSocket(stream: Duplex, request: ClientRequest): void {
    this.#forget(stream);
    super.reuseSocket(stream, request);
  }

  /** Node calls it for each request; its types do not tell. */
  addRequest(request: ClientRequest, options: object): void {
    const sending = this.#sendings.getStore();
    request.once("socket", () => {
      if (sending !== undefined) sending.sent = true;
    });
    // An answer that breaks off ends no request of its own accord: whoever waits for it would wait for ever.
    request.once("response", (response) => {
      response.once("aborted", () => request.emit("error", new Error("the answer broke off")));
    });
    (Agent.prototype as unknown as { addRequest: DialingAgent["addRequest"] }).addRequest.call(this, request, options);
  }

  /** docker-modem prints all its options for each call, whether or not anybody reads them. */
  [inspect.custom](): string {
    return "DialingAgent";
  }

  #forget(stream: Duplex): void {
    clearTimeout(this.#kept.get(stream));
    this.#kept.delete(stream);
  }
}
