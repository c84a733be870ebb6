import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";
import { messageOf, type WrapperAnswer } from "./wrapper-files.ts";
import type { WrapperSpec } from "./wrapper-spec.ts";

/** A wrapper that was asked to start. */
export interface WrapperProcess {
  readonly pid: number | undefined;
  /** What it said; `gone` when it ended without a word. */
  readonly answer: Promise<WrapperAnswer | { readonly marker: "gone"; readonly message: string }>;
  /** Resolves when the process is no more, with the command over or not. */
  readonly exited: Promise<void>;
  /** Stops listening, so that the dispatcher may end while the run goes on. */
  detach(): void;
}

/** Beside this file, in the form that this file has: `wrapper.ts` in a checkout, `wrapper.js` when built. */
export const WRAPPER_PATH = fileURLToPath(new URL(`./wrapper${extname(import.meta.url)}`, import.meta.url));

/** Whether the installation has its wrapper. */
export function hasWrapper(): boolean {
  return existsSync(WRAPPER_PATH);
}

/** Starts a wrapper in a session of its own and hands it its work. */
export function startWrapper(spec: WrapperSpec, compileCache: string): WrapperProcess {
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [WRAPPER_PATH], {
      // Not the dispatcher's folder, which a run of days would keep in use.
      cwd: "/",
      detached: true,
      // The cache halves the start; nothing of the dispatcher's own environment is needed, nor seen in `ps e`.
      env: { NODE_COMPILE_CACHE: compileCache },
      stdio: ["pipe", "pipe", "ignore"],
    });
  } catch (error) {
    return neverStarted(error);
  }
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new TypeError("a piped child has no pipes");
  // A wrapper that died early shows as `gone`; what could not be written to it says nothing more.
  stdin.on("error", () => {});
  stdin.end(JSON.stringify(spec));
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const answer = answerOf(child, stdout);
  const detach = () => {
    stdout.destroy();
    child.unref();
  };
  return { pid: child.pid, answer, exited, detach };
}

function neverStarted(error: unknown): WrapperProcess {
  return {
    pid: undefined,
    answer: Promise.resolve({ marker: "failed", ...messageOf(error) }),
    exited: Promise.resolve(),
    detach: () => {},
  };
}

function answerOf(child: ChildProcess, stdout: NodeJS.ReadableStream): WrapperProcess["answer"] {
  return new Promise((resolve) => {
    let text = "";
    stdout.setEncoding("utf8");
    stdout.on("error", () => {});
    stdout.on("data", (chunk: string) => {
      text += chunk;
      const answer = text.endsWith("\n") ? parseAnswer(text) : undefined;
      if (answer !== undefined) resolve(answer);
    });
    // Only a process that never was has this error: nothing else kills or messages it.
    child.once("error", (error) => resolve({ marker: "failed", ...messageOf(error) }));
    // Not `exit`, which may come before the last line was read.
    child.once("close", (code, signal) =>
      resolve({ marker: "gone", message: `the wrapper ended with ${signal ?? `code ${code}`} before it answered` }),
    );
  });
}

/** Undefined for anything but a wrapper's own line; its end then tells that it did not answer. */
function parseAnswer(line: string): WrapperAnswer | undefined {
  try {
    return answerSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

const answerSchema = z.discriminatedUnion("marker", [
  z.object({ marker: z.literal("taken") }),
  z.object({ marker: z.literal("held") }),
  z.object({ marker: z.literal("failed"), code: z.string(), message: z.string() }),
]);
