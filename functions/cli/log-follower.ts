import { open } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { StringDecoder } from "node:string_decoder";

/** Streams a log that grows, where it is a file of this machine. */
export interface LogFollower {
  /** Writes what was added since the last call. `path` is another log than before when a new attempt was made. */
  read(path: string | undefined): Promise<void>;
  /** Ends an unfinished line, so that something else can be said. */
  endLine(): void;
  /** Whether anything of the log was written. */
  readonly wrote: boolean;
}

const CHUNK_BYTES = 64 * 1024;

/** Follows the log of a run, and hands on what it says. */
export function followLog(write: (text: string) => void): LogFollower {
  let followed: string | undefined;
  let offset = 0;
  let decoder = new StringDecoder("utf8");
  let last = "\n";
  const hand = (text: string) => {
    if (text === "") return;
    write(text);
    last = text.at(-1) ?? last;
    follower.wrote = true;
  };
  const endLine = () => {
    if (last !== "\n") write("\n");
    last = "\n";
  };
  const follower = {
    wrote: false,
    endLine,
    async read(path: string | undefined) {
      // A log elsewhere is a link for a browser.
      if (path === undefined || !isAbsolute(path)) return;
      if (path !== followed) {
        endLine();
        [followed, offset, decoder] = [path, 0, new StringDecoder("utf8")];
      }
      const file = await open(path, "r").catch(() => undefined);
      if (file === undefined) return;
      try {
        // As much as there is now: a log that grows faster than it is read must not keep its run's end from being seen.
        const { size } = await file.stat();
        if (size < offset) offset = 0;
        while (offset < size) {
          const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(CHUNK_BYTES, size - offset)), { position: offset });
          if (bytesRead === 0) break;
          offset += bytesRead;
          hand(decoder.write(buffer.subarray(0, bytesRead)));
        }
      } finally {
        await file.close();
      }
    },
  };
  return follower;
}
