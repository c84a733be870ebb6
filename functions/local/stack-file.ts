/** `.slipway/stack.json`: where the embedded stack of a folder answers, for the command line and for other programs. */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import * as z from "zod/mini";

const stackFile = z.object({
  pid: z.int(),
  started_at: z.string(),
  region: z.string(),
  endpoints: z.object({ dynamodb: z.string(), sqs: z.string(), s3: z.string(), http: z.optional(z.string()) }),
  table: z.string(),
  queue: z.string(),
  /** The configuration in force, where it came from a file or the environment. */
  config: z.optional(z.string()),
});

/** What the file says. */
export type StackFile = z.infer<typeof stackFile>;

/** The folder below a project that the embedded stack keeps everything in. */
export const STATE_FOLDER = ".slipway";

/** What `<folder>/stack.json` says; undefined where there is none, or none that can be read. */
export async function readStackFile(folder: string): Promise<StackFile | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, "stack.json"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return stackFile.parse(JSON.parse(text));
  } catch {
    // Cut off while it was written, or another version's: as good as none.
    return undefined;
  }
}

export async function writeStackFile(folder: string, content: StackFile): Promise<void> {
  const temporary = join(folder, `stack.json.${process.pid}`);
  await writeFile(temporary, `${JSON.stringify(content, undefined, 2)}\n`);
  await rename(temporary, join(folder, "stack.json"));
}

export async function removeStackFile(folder: string): Promise<void> {
  await rm(join(folder, "stack.json"), { force: true });
}

/** Whether the stack that wrote the file still runs: after a kill, and a restart of the machine, its process id may be another's. */
export async function isRunning({ pid, endpoints }: StackFile): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const answers = await Promise.all([endpoints.dynamodb, endpoints.sqs].map(isListening));
  return answers.includes(true);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function isListening(endpoint: string): Promise<boolean> {
  const url = URL.parse(endpoint);
  if (url === null) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), timeout: 2000 });
    const answer = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
    socket.once("timeout", () => answer(false));
  });
}
