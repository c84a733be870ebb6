/** The calls about containers. */
import type { Answer, DoubleRequest } from "./engine-double.ts";
import { type CreateBody, containerOf, type DoubleContainer, type DoubleState, newContainer, timeText } from "./state.ts";

/** What differs between daemons. */
export interface Dialect {
  readonly podman: boolean;
  now(): number;
  /** A program that no image has. */
  readonly unknownCommand: string;
  /** Hears of each start. */
  started(container: DoubleContainer): void;
}

export function createContainer(state: DoubleState, request: DoubleRequest, { podman, now }: Dialect): Answer {
  const name = request.query.get("name") ?? "";
  const body = request.body as CreateBody;
  const holder = containerOf(state, name);
  if (holder !== undefined) {
    return podman
      ? said(
          500,
          `creating container storage: the container name "${name}" is already in use by ${holder.id}. You have to remove that container to be able to reuse that name: that name is already in use`,
        )
      : said(
          409,
          `Conflict. The container name "/${name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`,
        );
  }
  if (!state.images.has(body.Image)) return said(404, podman ? `${body.Image}: image not known` : `No such image: ${body.Image}`);
  const container = newContainer(name, body, now());
  state.containers.set(container.id, container);
  state.made.push(container);
  return { status: 201, json: { Id: container.id, Warnings: [] } };
}

export function startContainer(state: DoubleState, container: DoubleContainer, { now, unknownCommand, started }: Dialect): Answer {
  if (container.status === "running") return { status: 304 };
  if (container.body.Cmd?.[0] === unknownCommand) {
    container.exitCode = 127;
    container.error = `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${unknownCommand}": executable file not found in $PATH: unknown`;
    return said(400, container.error);
  }
  Object.assign(container, { status: "running", startedAt: now(), finishedAt: undefined, exitCode: 0, starts: container.starts + 1 });
  state.started.push(container.body.Labels ?? {});
  started(container);
  return { status: 204 };
}

export function stopContainer(container: DoubleContainer, { now }: Dialect): Answer {
  if (container.status !== "running") return { status: 304 };
  finish(container, 137, now());
  return { status: 204 };
}

export function removeContainer(state: DoubleState, container: DoubleContainer, force: boolean): Answer {
  if (container.status === "running" && !force) {
    return said(409, `You cannot remove a running container ${container.id}. Stop the container before attempting removal or force remove`);
  }
  state.containers.delete(container.id);
  return { status: 204 };
}

/** The container's own process ends. */
export function finish(container: DoubleContainer, exitCode: number, now: number): void {
  Object.assign(container, { status: "exited", exitCode, finishedAt: Math.max(now, 1) });
}

export function inspected(container: DoubleContainer): object {
  return {
    Id: container.id,
    Name: `/${container.name}`,
    Created: timeText(container.createdAt),
    Config: { Image: container.body.Image, Labels: container.body.Labels ?? {}, Env: container.body.Env ?? [] },
    State: {
      Status: container.status,
      Running: container.status === "running",
      Paused: false,
      Restarting: false,
      OOMKilled: container.oomKilled,
      Dead: false,
      ExitCode: container.exitCode,
      Error: container.error,
      StartedAt: timeText(container.startedAt),
      FinishedAt: timeText(container.finishedAt),
    },
  };
}

export function listed(state: DoubleState, request: DoubleRequest): readonly object[] {
  const { id, label = [] } = filtersOf(request);
  return [...state.containers.values()]
    .filter((container) => id === undefined || id.length === 0 || id.some((prefix) => container.id.startsWith(prefix)))
    .filter((container) => label.every((wanted) => hasLabel(container.body.Labels ?? {}, wanted)))
    .map((container) => ({
      Id: container.id,
      Names: [`/${container.name}`],
      State: container.status,
      Status: container.status === "exited" ? `Exited (${container.exitCode}) a moment ago` : "Up a moment",
      Labels: container.body.Labels ?? {},
    }));
}

export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const at = wanted.indexOf("=");
  return at < 0 ? Object.hasOwn(labels, wanted) : labels[wanted.slice(0, at)] === wanted.slice(at + 1);
}

export function filtersOf(request: DoubleRequest): Readonly<Record<string, readonly string[]>> {
  return JSON.parse(request.query.get("filters") ?? "{}");
}

/** Each line in a frame of its own, as a container without a terminal writes. */
export function framed(output: string): Buffer {
  const lines = output.split("\n").filter((line) => line !== "");
  return Buffer.concat(
    lines.map((line) => {
      const text = Buffer.from(`${line}\n`);
      const header = Buffer.alloc(8);
      header[0] = 1;
      header.writeUInt32BE(text.length, 4);
      return Buffer.concat([header, text]);
    }),
  );
}

export function said(status: number, message: string): Answer {
  return { status, json: { message } };
}
