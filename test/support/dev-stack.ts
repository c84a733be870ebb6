import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const CLI = resolve("functions/cli/slipway.mjs");
/** The Node that npm itself runs on: the machine's own, which may be an older one. */
const MACHINES_NODE = process.env["npm_node_execpath"] ?? process.execPath;

/** Environment of the processes that a test starts: nothing of the machine's own Slipway or AWS settings. */
function environment(folder: string, extra: Record<string, string>): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS_|SLIPWAY_|NODE_|VITEST)/.test(name)) as [string, string][];
  return { ...Object.fromEntries(own), SLIPWAY_STATE: join(folder, ".slipway"), ...extra };
}

/** What a command printed, and how it ended. */
export interface Printed {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with an embedded stack that can be started, killed and started again. */
export class DevStack {
  readonly folder: string;
  private readonly extra: Record<string, string>;
  private process: ChildProcess | undefined;
  /** What the last start printed. */
  printed = "";

  private constructor(folder: string, extra: Record<string, string>) {
    this.folder = folder;
    this.extra = extra;
  }

  /** A new folder; nothing runs yet. `config` becomes the stack's configuration. */
  static async create(config = "targets: [{name: local, type: local}]\n", extra: Record<string, string> = {}): Promise<DevStack> {
    const folder = await mkdtemp(join(tmpdir(), "slipway-test-"));
    // Its own configuration always: the checkout may have one of its user's.
    const stack = new DevStack(folder, { SLIPWAY_CONFIG: join(folder, "slipway.yml"), ...extra });
    await stack.configure(config);
    return stack;
  }

  async configure(config: string): Promise<void> {
    await writeFile(join(this.folder, "slipway.yml"), config);
  }

  /** Starts `slipway dev`; resolves when it says that it is ready. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [CLI, "dev"], {
      cwd: process.cwd(),
      env: environment(this.folder, this.extra),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process = child;
    this.printed = "";
    await new Promise<void>((ready, failed) => {
      const listen = (chunk: Buffer) => {
        this.printed += chunk.toString();
        if (this.printed.includes("Slipway is ready")) ready();
      };
      child.stdout?.on("data", listen);
      child.stderr?.on("data", listen);
      child.once("exit", (code) => failed(new Error(`slipway dev ended with ${code} before it was ready:\n${this.printed}`)));
    });
  }

  get running(): boolean {
    return this.process !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Ends the dispatcher: by SIGKILL, as a crash does, or in good order. Resolves when it is gone. */
  async end(signal: "SIGKILL" | "SIGINT"): Promise<void> {
    const child = this.process;
    if (child === undefined || !this.running) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  /** Ends the dispatcher at once, from within a callback. */
  kill(): void {
    this.process?.kill("SIGKILL");
  }

  async stackFile(): Promise<{
    pid: number;
    queue: string;
    table: string;
    region: string;
    endpoints: { dynamodb: string; sqs: string; http: string };
  }> {
    return JSON.parse(await readFile(join(this.folder, ".slipway", "stack.json"), "utf8"));
  }

  /** A client as any program would make it, from `stack.json`. */
  async sender(): Promise<(body: unknown) => Promise<string>> {
    const file = await this.stackFile();
    const client = new SQSClient({
      endpoint: file.endpoints.sqs,
      region: file.region,
      credentials: { accessKeyId: "any", secretAccessKey: "any" },
    });
    return async (body) => {
      const MessageBody = typeof body === "string" ? body : JSON.stringify(body);
      return (await client.send(new SendMessageCommand({ QueueUrl: file.queue, MessageBody }))).MessageId ?? "";
    };
  }

  /** Runs a `slipway` command as a person does, on the machine's own Node. `listen` is handed standard output as it comes. */
  async cli(args: readonly string[], input?: string, listen: (text: string) => void = () => {}): Promise<Printed> {
    const child = spawn(MACHINES_NODE, [CLI, ...args], {
      cwd: process.cwd(),
      env: environment(this.folder, this.extra),
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      listen(String(chunk));
    });
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
    const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { status, stdout, stderr };
  }

  async remove(): Promise<void> {
    await this.end("SIGKILL");
    // Local runs go on without their stack, and write there meanwhile.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
