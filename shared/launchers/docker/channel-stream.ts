import { Duplex } from "node:stream";
import type { ClientChannel } from "ssh2";

/**
 * A channel as Node's HTTP client wants a socket. ssh2's own stream tells nobody of its end while nobody reads it, nor when its
 * connection is gone: a call on it would wait for ever.
 */
export class ChannelStream extends Duplex {
  readonly #channel: ClientChannel;

  constructor(channel: ClientChannel) {
    super({ allowHalfOpen: false });
    this.#channel = channel;
    channel.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) channel.pause();
    });
    channel.once("end", () => this.push(null));
    channel.once("close", () => this.destroy());
    channel.on("error", (error: Error) => this.destroy(error));
    // What becomes of a stream is told to the call that uses it; one that nobody uses must not end the process.
    this.on("error", () => {});
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#channel.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#channel.destroy();
    done(error);
  }

  // What Node calls on a socket, and a channel has no need of.
  setKeepAlive = (): this => this;
  setNoDelay = (): this => this;
  setTimeout = (): this => this;
  ref = (): this => this;
  unref = (): this => this;
}
