import { join } from "node:path";
import * as z from "zod/mini";
import type { Launched } from "../../core/launcher.ts";
import type { Machine } from "./machine.ts";

const identitySchema = z.object({ pid: z.int(), started: z.string() });

const markerSchema = z.object({
  deployment: z.string(),
  id: z.string(),
  key: z.string(),
  attempt: z.int(),
  target: z.string(),
  plan_digest: z.string(),
  wrapper: identitySchema,
  started_at: z.number(),
});

const statusSchema = z.object({
  exit_code: z.optional(z.nullable(z.int())),
  signal: z.optional(z.nullable(z.string())),
  /** Absent when the command never started. */
  started_at: z.optional(z.number()),
  ended_at: z.number(),
  error: z.optional(z.object({ code: z.string(), message: z.string() })),
  /** The limit in seconds that it ran into. */
  timed_out: z.optional(z.number()),
  /** The reason that `stop` was given. */
  stopped: z.optional(z.string()),
  /** The wrapper got SIGTERM from somebody else. */
  interrupted: z.optional(z.boolean()),
});

/** Who took an attempt. Its presence is what "once" rests on. Times in these files are epoch milliseconds. */
export type Marker = z.infer<typeof markerSchema>;

/** How a command ended, as its wrapper wrote it down. */
export type Status = z.infer<typeof statusSchema>;

/** Thrown for a state file that is there and cannot be understood: it proves neither presence nor absence. */
export class StateUnreadable extends Error {
  override readonly name = "StateUnreadable";
  /** It was read, and is not what a wrapper writes. */
  readonly damaged: boolean;

  constructor(message: string, { cause, damaged }: { readonly cause: unknown; readonly damaged: boolean }) {
    super(message, { cause });
    this.damaged = damaged;
  }
}

/** The attempt's handle, and the name of its folder. */
export function nameOf(attempt: Pick<Launched, "key" | "attempt">): string {
  return `${attempt.key}-${attempt.attempt}`;
}

/** The folder of all attempts. */
export function attemptsFolder(stateFolder: string): string {
  return join(stateFolder, "local");
}

/** How state files are read. */
export type Reader = Pick<Machine, "readText">;

/** Names of the attempts that have no status yet. */
export async function unfinishedAttempts(machine: Pick<Machine, "namesIn">, stateFolder: string): Promise<readonly string[]> {
  const folder = attemptsFolder(stateFolder);
  const unfinished: string[] = [];
  for (const name of await machine.namesIn(folder)) {
    const files = await machine.namesIn(join(folder, name)).catch((): string[] => []);
    if (files.includes("marker.json") && !files.includes("status.json")) unfinished.push(name);
  }
  return unfinished;
}

/** Undefined where the file is absent. Throws `StateUnreadable`. */
export function readMarker(machine: Reader, folder: string): Promise<Marker | undefined> {
  return read(machine, join(folder, "marker.json"), markerSchema);
}

/** Undefined where the file is absent. Throws `StateUnreadable`. */
export function readStatus(machine: Reader, folder: string): Promise<Status | undefined> {
  return read(machine, join(folder, "status.json"), statusSchema);
}

/** Undefined where the command never started, or its wrapper was killed before it could write this. Throws `StateUnreadable`. */
export function readCommand(machine: Reader, folder: string): Promise<z.infer<typeof identitySchema> | undefined> {
  return read(machine, join(folder, "command.json"), identitySchema);
}

async function read<Schema extends z.ZodMiniType>(machine: Reader, path: string, schema: Schema): Promise<z.infer<Schema> | undefined> {
  let damaged = false;
  try {
    const text = await machine.readText(path);
    damaged = true;
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new StateUnreadable(`${path} cannot be read`, { cause, damaged });
  }
}
