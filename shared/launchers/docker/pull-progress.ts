/** What a pull tells while it goes on. Its errors come inside an answer of status 200. */
import * as z from "zod/mini";
import type { Failure } from "../../core/failure.ts";
import { dockerFailure } from "./failures.ts";

const line = z.object({
  status: z.optional(z.string()),
  id: z.optional(z.string()),
  error: z.optional(z.string()),
  errorDetail: z.optional(z.object({ message: z.optional(z.string()) })),
});

/** How far a pull is. */
export interface Progress {
  /** Layers, and those of them that are there. */
  readonly layers: ReadonlyMap<string, boolean>;
}

const LONGEST_LINE = 1 << 20;
const DONE: readonly string[] = ["Pull complete", "Already exists"];

/** Reads a pull to its end: what it failed for, or undefined where the image is there. Throws where the stream breaks off. */
export async function readPull(
  stream: AsyncIterable<unknown>,
  image: string,
  heard: (progress: Progress) => void,
): Promise<Failure | undefined> {
  const layers = new Map<string, boolean>();
  let failure: Failure | undefined;
  let ended = false;
  for await (const text of linesOf(stream)) {
    const { status = "", id, error, errorDetail } = line.parse(JSON.parse(text));
    const wrong = error ?? errorDetail?.message;
    if (wrong !== undefined) failure = pullFailure(image, wrong);
    // The line before the layers has the tag for its id.
    if (id !== undefined && !status.startsWith("Pulling from")) layers.set(id, DONE.includes(status));
    ended = /^Status: |^Digest: /.test(status) || ended;
    heard({ layers });
  }
  if (failure === undefined && !ended && ![...layers.values()].every(Boolean)) throw new Error("the stream ended before the pull did");
  return failure;
}

/** What is said of a pull that goes on. */
export function progressText(image: string, { layers }: Progress): string {
  const there = [...layers.values()].filter(Boolean).length;
  return `the image ${shown(image)} is being pulled${layers.size === 0 ? "" : `: ${there} of ${layers.size} layers are there`}`;
}

const MEANINGS: readonly (readonly [pattern: RegExp, code: string, message: string])[] = [
  [/toomanyrequests|rate limit/i, "REGISTRY_THROTTLED", "the registry takes no more pulls for a while"],
  [
    /unauthorized|denied|authentication required|no basic auth|forbidden/i,
    "REGISTRY_DENIED",
    "the registry does not give it out, or has no such repository",
  ],
  [/manifest unknown|not found|no matching manifest|name unknown|no such image/i, "IMAGE_NOT_FOUND", "the registry has no such image"],
  [/invalid reference|repository name must/i, "IMAGE_NAME_INVALID", "its name is none"],
  [/no space left|disk quota/i, "NO_SPACE", "the Docker host has no room left"],
  [
    /dial tcp|lookup |timeout|TLS|connection re(fused|set)|no route|i\/o|EOF|x509|server gave HTTP|context deadline|50[0234]/i,
    "REGISTRY_UNREACHABLE",
    "the Docker host does not reach the registry",
  ],
];

/** The failure that an error of a pull means. */
export function pullFailure(image: string, said: string): Failure {
  const [, code = "PULL_FAILED", message = "the Docker daemon could not"] = MEANINGS.find(([pattern]) => pattern.test(said)) ?? [];
  return dockerFailure(code, `the image ${shown(image)} was not pulled: ${message}`);
}

/** A sender's text as a message shows it. */
export function shown(image: string): string {
  return JSON.stringify(image.slice(0, 300));
}

async function* linesOf(stream: AsyncIterable<unknown>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += Buffer.isBuffer(chunk) ? decoder.decode(chunk, { stream: true }) : String(chunk);
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST_LINE) throw new Error("a line of the pull's progress has no end");
    for (const each of lines) if (each.trim() !== "") yield each;
  }
  if (rest.trim() !== "") yield rest;
}
