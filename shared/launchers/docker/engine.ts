/** The calls of the Engine API that are made, over one agent; of each it is known whether it may have arrived. */
import Docker from "dockerode";
import type { Failure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import { OWN_TAGS } from "../../core/tags.ts";
import { type Dial, DialingAgent, type Sending } from "./agent.ts";
import { type Container, type ContainerRow, readContainer, readRows, readVolume, readVolumes, type Volume } from "./documents.ts";
import { answeredFailure, dockerFailure } from "./failures.ts";
import { Unreachable } from "./unreachable.ts";

/** What came of a call. `unsent`: certainly not applied. `unanswered`: perhaps applied. */
export type Reply<Value> =
  | { readonly kind: "done"; readonly value: Value }
  | { readonly kind: "refused"; readonly status: number; readonly said: string; readonly failure: Failure }
  | { readonly kind: "unsent"; readonly failure: Failure }
  | { readonly kind: "unanswered"; readonly failure: Failure };

/** How long a call may take; a stop waits for the container's own end. */
const CALL_MILLISECONDS = 30_000;
const LOOK_MILLISECONDS = 15_000;

type Filters = Readonly<Record<string, readonly string[]>>;

/** One daemon. */
export interface Engine {
  create(name: string, body: JsonObject, signal: AbortSignal): Promise<Reply<string>>;
  connectNetwork(network: string, container: string, signal: AbortSignal): Promise<Reply<void>>;
  start(container: string, signal: AbortSignal): Promise<Reply<void>>;
  look(container: string, signal?: AbortSignal): Promise<Reply<Container>>;
  list(filters: Filters, signal?: AbortSignal): Promise<Reply<readonly ContainerRow[]>>;
  logs(container: string, lines: number, signal?: AbortSignal): Promise<Reply<Buffer>>;
  stop(container: string, graceSeconds: number, signal?: AbortSignal): Promise<Reply<void>>;
  /** Without force: what runs stays. */
  remove(container: string, signal?: AbortSignal): Promise<Reply<void>>;
  createVolume(body: JsonObject, signal?: AbortSignal): Promise<Reply<void>>;
  volume(name: string, signal?: AbortSignal): Promise<Reply<Volume>>;
  volumes(filters: Filters, signal?: AbortSignal): Promise<Reply<readonly Volume[]>>;
  removeVolume(name: string, signal?: AbortSignal): Promise<Reply<void>>;
  /** The stream of the events of containers of ours that end; it goes on until the signal says otherwise. */
  ends(signal: AbortSignal): Promise<Reply<NodeJS.ReadableStream>>;
  /** The stream of a pull's progress; it goes on until the signal says otherwise. */
  pull(query: JsonObject, auth: JsonObject | undefined, signal: AbortSignal): Promise<Reply<NodeJS.ReadableStream>>;
}

/** A daemon at the other end of the streams that `dial` makes. */
export function engineAt(dial: Dial): Engine {
  const agent = new DialingAgent(dial);
  // Everything is said here, or docker-modem would take it from the environment.
  const options = { protocol: "http", host: "docker", port: 80, agent, headers: {} } as const;
  const docker = new Docker(options);

  async function call<Value>(
    what: string,
    make: (abortSignal: AbortSignal) => Promise<Value>,
    signal?: AbortSignal,
    milliseconds = CALL_MILLISECONDS,
  ): Promise<Reply<Value>> {
    if (signal?.aborted) return { kind: "unsent", failure: dockerFailure("DEADLINE", `the time was over before ${what}`) };
    const sending: Sending = { sent: false };
    const own = new AbortController();
    const timer = setTimeout(() => own.abort(), milliseconds);
    const bound = signal === undefined ? own.signal : AbortSignal.any([signal, own.signal]);
    try {
      const made = agent.sending(sending, () => make(bound));
      return { kind: "done", value: await Promise.race([made, rejectedBy(bound, made)]) };
    } catch (error) {
      const answered = answerOf(error);
      if (answered !== undefined) return { kind: "refused", ...answered, failure: answeredFailure(what, answered.status, answered.said) };
      // Where the time is over before this stream comes about or not, the one before tells more.
      const trouble = error instanceof Unreachable ? error : sending.sent ? undefined : agent.trouble;
      if (trouble instanceof Unreachable)
        return { kind: "unsent", failure: dockerFailure(trouble.code, `${trouble.step}: ${trouble.message}`) };
      if (!sending.sent) return { kind: "unsent", failure: dockerFailure("DEADLINE", `the time was over before ${what}`) };
      return { kind: "unanswered", failure: dockerFailure("NO_ANSWER", `no answer came to ${what}`) };
    } finally {
      clearTimeout(timer);
    }
  }

  const nothing = () => undefined;

  return {
    create: (name, body, signal) =>
      // Without `_query` the whole body would go into the address as well.
      call(
        "the creation of the container",
        async (abortSignal) => {
          const request = { _query: { name }, _body: body, abortSignal };
          return (await docker.createContainer(request as Docker.ContainerCreateOptions)).id;
        },
        signal,
      ),
    connectNetwork: (network, Container, signal) =>
      call(
        "the connection to a network",
        (abortSignal) =>
          docker
            .getNetwork(network)
            .connect({ Container, abortSignal } as Docker.NetworkConnectOptions)
            .then(nothing),
        signal,
      ),
    start: (container, signal) =>
      call("the start of the container", (abortSignal) => docker.getContainer(container).start({ abortSignal }).then(nothing), signal),
    look: (container, signal) =>
      call(
        "a look at a container",
        async (abortSignal) => readContainer(await docker.getContainer(container).inspect({ abortSignal })),
        signal,
        LOOK_MILLISECONDS,
      ),
    list: (filters, signal) =>
      call(
        "a list of containers",
        async (abortSignal) => readRows(await docker.listContainers({ all: true, filters: mutable(filters), abortSignal })),
        signal,
        LOOK_MILLISECONDS,
      ),
    logs: (container, tail, signal) =>
      call(
        "a look at a container's output",
        async (abortSignal) => {
          const answer: unknown = await docker
            .getContainer(container)
            .logs({ stdout: true, stderr: true, tail, follow: false, abortSignal });
          // Output that happens to be JSON has been read as such.
          return Buffer.isBuffer(answer) ? answer : Buffer.from(typeof answer === "string" ? answer : JSON.stringify(answer));
        },
        signal,
        LOOK_MILLISECONDS,
      ),
    stop: (container, graceSeconds, signal) =>
      call(
        "the stop of a container",
        (abortSignal) => docker.getContainer(container).stop({ t: graceSeconds, abortSignal }).then(nothing),
        signal,
        CALL_MILLISECONDS + graceSeconds * 1000,
      ),
    remove: (container, signal) =>
      call(
        "the removal of a container",
        (abortSignal) => docker.getContainer(container).remove({ v: true, force: false, abortSignal }).then(nothing),
        signal,
      ),
    createVolume: (body, signal) =>
      call(
        "the creation of a volume",
        (abortSignal) => docker.createVolume({ ...body, abortSignal } as Docker.VolumeCreateOptions).then(nothing),
        signal,
      ),
    volume: (name, signal) =>
      call(
        "a look at a volume",
        async (abortSignal) => readVolume(await docker.getVolume(name).inspect({ abortSignal })),
        signal,
        LOOK_MILLISECONDS,
      ),
    volumes: (filters, signal) =>
      call(
        "a list of volumes",
        async (abortSignal) => readVolumes(await docker.listVolumes({ filters: mutable(filters), abortSignal })),
        signal,
        LOOK_MILLISECONDS,
      ),
    removeVolume: (name, signal) =>
      call("the removal of a volume", (abortSignal) => docker.getVolume(name).remove({ abortSignal }).then(nothing), signal),
    ends: (signal) => {
      const filters: NonNullable<Docker.GetEventsOptions["filters"]> = { type: ["container"], event: ["die"], label: [OWN_TAGS.key] };
      return call("a look at events", (abortSignal) => docker.getEvents({ filters, abortSignal }), signal, LOOK_MILLISECONDS);
    },
    pull: (query, auth, signal) =>
      call(
        "the pull of the image",
        (abortSignal) => docker.createImage({ ...query, ...(auth === undefined ? {} : { authconfig: auth }), abortSignal }),
        signal,
        0x7fffffff,
      ),
  };
}

/** The answer of the daemon that an error of the library stands for. */
function answerOf(error: unknown): { readonly status: number; readonly said: string } | undefined {
  if (!(error instanceof Error && "statusCode" in error && typeof error.statusCode === "number")) return undefined;
  const json = "json" in error ? error.json : undefined;
  const said = typeof json === "object" && json !== null && "message" in json ? String(json.message) : error.message;
  return { status: error.statusCode, said };
}

/** The library does not always hear the signal: an answer that breaks off would be waited for. */
function rejectedBy(signal: AbortSignal, made: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new Error("the time was over"));
    signal.addEventListener("abort", abort, { once: true });
    const done = () => signal.removeEventListener("abort", abort);
    made.then(done, done);
  });
}

function mutable(filters: Filters): Record<string, string[]> {
  return Object.fromEntries(Object.entries(filters).map(([name, values]) => [name, [...values]]));
}
