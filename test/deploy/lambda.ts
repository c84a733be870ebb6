/** A function of the unpacked package in a process of its own, as Lambda runs it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

/** What came of an invocation. */
export interface Invoked {
  readonly result?: unknown;
  readonly error?: string;
  /** Files of the package that were loaded so far. */
  readonly loaded: readonly string[];
}

/** A warm function. */
export interface Lambda {
  /** Files that were loaded before the first event. */
  readonly cold: readonly string[];
  /** What it wrote to its log so far: one JSON event a line. */
  readonly log: readonly string[];
  invoke(event: unknown, seconds: number): Promise<Invoked>;
  /** Between two invocations nothing of the process runs. */
  freeze(): void;
  thaw(): void;
  end(): Promise<void>;
}

/** Starts the function `name` of the package in `root` with this environment and no other. */
export async function startLambda(root: string, name: string, environment: Readonly<Record<string, string>>): Promise<Lambda> {
  const child = spawn(process.execPath, [resolve("test/deploy/lambda-runtime.mjs")], {
    cwd: root,
    env: {
      ...environment,
      LAMBDA_TASK_ROOT: root,
      _HANDLER: `dist/functions/${name}.handler`,
      AWS_LAMBDA_FUNCTION_NAME: `slipway-prod-${name}`,
      NODE_OPTIONS: "--enable-source-maps",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const log: string[] = [];
  const answers: ((answer: Invoked) => void)[] = [];
  const ended = once(child, "close");
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.startsWith("\u0000")) answers.shift()?.(JSON.parse(line.slice(1)));
    else log.push(line);
  });
  const answer = () =>
    Promise.race([
      new Promise<Invoked>((given) => answers.push(given)),
      ended.then(([code]): Promise<Invoked> => Promise.reject(new Error(`the function ended with ${code}:\n${log.join("\n")}`))),
    ]);
  const { loaded } = await answer();
  return {
    cold: loaded,
    log,
    invoke(event, seconds) {
      const invoked = answer();
      child.stdin.write(`${JSON.stringify({ event, seconds })}\n`);
      return invoked;
    },
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    async end() {
      child.stdin.end();
      await ended;
    },
  };
}
