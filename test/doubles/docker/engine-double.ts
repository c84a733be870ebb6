/** A Docker daemon in memory: requests in, answers out. `README.md` has its quirks, and where each is from. */
import {
  createContainer,
  type Dialect,
  filtersOf,
  finish,
  framed,
  hasLabel,
  inspected,
  listed,
  removeContainer,
  said,
  startContainer,
  stopContainer,
} from "./containers.ts";
import { containerOf, type DoubleContainer, type DoubleState, type DoubleVolume, emptyState, timeText } from "./state.ts";

/** A request, as it came in. */
export interface DoubleRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** An answer. `lines` is a stream of JSON documents, as a pull has it. */
export interface Answer {
  readonly status: number;
  readonly json?: unknown;
  readonly raw?: Buffer;
  readonly lines?: readonly object[];
}

/** What becomes of a pull of an image. */
export type Registry = (image: string, auth: string | undefined) => Answer | "there";

/** A running double. */
export interface EngineDouble {
  handle(request: DoubleRequest): Answer;
  readonly state: DoubleState;
  container(name: string): DoubleContainer | undefined;
  /** Ends a running container. */
  finish(name: string, exitCode: number): void;
}

export interface EngineDoubleOptions {
  readonly images?: readonly string[];
  readonly registry?: Registry;
  readonly podman?: boolean;
  now?(): number;
  /** Hears of each start. */
  started?(container: DoubleContainer): void;
}

export function engineDouble({
  images = ["image:1"],
  registry,
  podman = false,
  now = Date.now,
  started = () => {},
}: EngineDoubleOptions = {}): EngineDouble {
  const state = emptyState(images);
  const dialect: Dialect = { podman, now, unknownCommand: "no-such-program", started };

  function handle(request: DoubleRequest): Answer {
    const { method, path } = request;
    const [, kind, name = "", action] = path.split("/").map(decodeURIComponent);
    const call = `${method} ${kind}`;
    if (path === "/_ping") return { status: 200, raw: Buffer.from(method === "HEAD" ? "" : "OK") };
    if (call === "POST containers" && name === "create") return createContainer(state, request, dialect);
    if (call === "GET containers" && name === "json") return { status: 200, json: listed(state, request) };
    if (kind === "containers") return onContainer(request, name, action);
    if (call === "POST images" && name === "create") return pull(request);
    if (kind === "volumes") return onVolume(request, name);
    if (call === "POST networks" && action === "connect") return connect(request, name);
    return said(404, "page not found");
  }

  function onContainer(request: DoubleRequest, name: string, action: string | undefined): Answer {
    const container = containerOf(state, name);
    if (container === undefined) return said(404, `No such container: ${name}`);
    switch (`${request.method} ${action ?? ""}`) {
      case "GET json":
        return { status: 200, json: inspected(container) };
      case "GET logs":
        return { status: 200, raw: framed(container.output) };
      case "POST start":
        return startContainer(state, container, dialect);
      case "POST stop":
        return stopContainer(container, dialect);
      case "DELETE ":
        return removeContainer(state, container, request.query.get("force") === "true");
      default:
        return said(404, "page not found");
    }
  }

  function connect(request: DoubleRequest, network: string): Answer {
    const container = containerOf(state, (request.body as { Container: string }).Container);
    if (!state.networks.has(network)) return said(404, `network ${network} not found`);
    if (container === undefined) return said(404, "No such container");
    container.networks.push(network);
    return { status: 200 };
  }

  function pull(request: DoubleRequest): Answer {
    const tag = request.query.get("tag");
    const image = `${request.query.get("fromImage")}${tag ? `:${tag}` : ""}`;
    const result =
      registry?.(image, request.headers["x-registry-auth"]?.toString()) ??
      said(500, 'Get "https://registry/v2/": dial tcp: no route to host');
    if (result !== "there") return result;
    state.images.add(request.query.get("fromImage") ?? "");
    state.images.add(image);
    return {
      status: 200,
      lines: [
        { status: `Pulling from ${image}`, id: tag ?? "latest" },
        { status: "Downloading", progressDetail: { current: 1, total: 2 }, id: "layer" },
        { status: "Pull complete", progressDetail: {}, id: "layer" },
        { status: `Status: Downloaded newer image for ${image}` },
      ],
    };
  }

  function onVolume(request: DoubleRequest, name: string): Answer {
    if (request.method === "POST" && name === "create") {
      const { Name, Labels } = request.body as { Name: string; Labels?: DoubleVolume["labels"] };
      const volume = state.volumes.get(Name) ?? { name: Name, labels: Labels ?? {}, createdAt: now() };
      state.volumes.set(Name, volume);
      return { status: 201, json: shown(volume) };
    }
    if (request.method === "GET" && name === "") {
      const { label = [] } = filtersOf(request);
      const found = [...state.volumes.values()].filter((volume) => label.every((wanted) => hasLabel(volume.labels, wanted)));
      // None: null, as Go writes it.
      return { status: 200, json: { Volumes: found.length === 0 ? null : found.map(shown), Warnings: null } };
    }
    const volume = state.volumes.get(name);
    if (volume === undefined) return said(404, `get ${name}: no such volume`);
    if (request.method === "DELETE") state.volumes.delete(name);
    return request.method === "DELETE" ? { status: 204 } : { status: 200, json: shown(volume) };
  }

  return {
    handle,
    state,
    container: (name) => containerOf(state, name),
    finish(name, exitCode) {
      const container = containerOf(state, name);
      if (container?.status !== "running") throw new Error(`no container ${name} runs`);
      finish(container, exitCode, now());
    },
  };
}

function shown(volume: DoubleVolume): object {
  return { Name: volume.name, Driver: "local", Labels: volume.labels, CreatedAt: timeText(volume.createdAt), Scope: "local" };
}
