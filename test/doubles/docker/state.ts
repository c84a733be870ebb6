/** What the double holds: containers, volumes, images. */
import { createHash } from "node:crypto";

/** A container's own life. */
export interface DoubleContainer {
  readonly id: string;
  name: string;
  readonly body: CreateBody;
  readonly createdAt: number;
  status: "created" | "running" | "exited";
  exitCode: number;
  error: string;
  oomKilled: boolean;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  starts: number;
  output: string;
  readonly networks: string[];
}

/** What is read of a creation. */
export interface CreateBody {
  readonly Image: string;
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly HostConfig?: Readonly<Record<string, unknown>>;
}

/** A volume. */
export interface DoubleVolume {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: number;
}

/** Everything at the daemon. */
export interface DoubleState {
  readonly containers: Map<string, DoubleContainer>;
  /** Every container that ever was, in order. */
  readonly made: DoubleContainer[];
  readonly volumes: Map<string, DoubleVolume>;
  readonly images: Set<string>;
  readonly networks: Set<string>;
  /** Each start that happened, by the container's labels: also of containers that are gone. */
  readonly started: Readonly<Record<string, string>>[];
}

export function emptyState(images: readonly string[]): DoubleState {
  return {
    containers: new Map(),
    made: [],
    volumes: new Map(),
    images: new Set(images),
    networks: new Set(["bridge", "none"]),
    started: [],
  };
}

let made = 0;

export function newContainer(name: string, body: CreateBody, now: number): DoubleContainer {
  made++;
  return {
    id: createHash("sha256").update(`${name}/${made}`).digest("hex"),
    name,
    body,
    createdAt: now,
    status: "created",
    exitCode: 0,
    error: "",
    oomKilled: false,
    startedAt: undefined,
    finishedAt: undefined,
    starts: 0,
    output: "",
    networks: [],
  };
}

/** By name or id. */
export function containerOf(state: DoubleState, name: string): DoubleContainer | undefined {
  return state.containers.get(name) ?? [...state.containers.values()].find((container) => container.name === name);
}

/** The daemon's form of a time. */
export function timeText(at: number | undefined): string {
  return at === undefined ? "0001-01-01T00:00:00Z" : new Date(at).toISOString();
}
