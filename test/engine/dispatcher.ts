/** A dispatcher with a table in memory, whose target is a real daemon. Its clock can be put forward; otherwise it is the machine's. */
import { templateReader } from "../../shared/adapters/template-reader.ts";
import { textKeeper } from "../../shared/adapters/text-keeper.ts";
import { dispatchCancel } from "../../shared/core/cancel.ts";
import type { Context, Invocation } from "../../shared/core/context.ts";
import { dispatchRequest } from "../../shared/core/dispatch.ts";
import type { Dispatched } from "../../shared/core/dispatched.ts";
import { requestDigest, runKey } from "../../shared/core/identity.ts";
import type { JsonObject } from "../../shared/core/json.ts";
import type { Backend, Launcher, Services } from "../../shared/core/launcher.ts";
import { observe } from "../../shared/core/observe.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { sweep } from "../../shared/core/sweep.ts";
import type { Swept } from "../../shared/core/swept.ts";
import type { Target } from "../../shared/core/target.ts";
import { dispatchWake } from "../../shared/core/wake.ts";
import { connectDocker } from "../../shared/launchers/docker/backend.ts";
import { docker } from "../../shared/launchers/docker/index.ts";
import type { DockerSettings } from "../../shared/launchers/docker/target.ts";
import { parseRunRequest } from "../../shared/schema/run-request.ts";
import { servicesFor } from "../contract/services.ts";
import { dockerTarget } from "../launchers/docker/support.ts";
import { memoryRunStore } from "../support/memory-store.ts";
import { memoryTurns } from "../support/turns.ts";

/** Short, as the embedded stack's. */
const TIMING = { deadlineSeconds: 10, leaseSlackSeconds: 3, sweepSeconds: 60, visibilitySeconds: 15, waitScale: 1 };

export interface EngineDispatcher {
  submit(id: string, command: readonly string[], over?: JsonObject): Promise<Dispatched>;
  cancel(id: string): Promise<Dispatched>;
  /** Puts the clock forward, sweeps, and delivers what was woken. */
  later(seconds?: number): Promise<Swept>;
  /** Goes on sweeping until the run is in one of these states. */
  until(id: string, ...states: readonly string[]): Promise<RunRecord>;
  item(id: string): RunRecord | undefined;
  /** As if the process had ended and another begun: the table stays, connections do not. */
  restart(): void;
  backend(): Promise<Backend>;
}

export function engineDispatcher(
  settings: Partial<DockerSettings>,
  secret: Services["secret"],
  image: string,
  isFunction = true,
): EngineDispatcher {
  const base = dockerTarget();
  const target: Target<DockerSettings> = dockerTarget({ image, settings: { ...base.settings, networks: ["none"], ...settings } });
  let ahead = 0;
  let owners = 0;
  let backend: Promise<Backend> | undefined;
  const store = memoryRunStore();
  const wakes: string[] = [];
  const now = () => Date.now() + ahead;
  const sleep: Services["sleep"] = (milliseconds, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  const observed: Services["observed"] = (launched, seen) => void observe(context, launched, seen, docker.inspectSeconds);
  const { services } = servicesFor({ secret, now, sleep, isFunction, observed, roomFor: (id) => void wakes.push(id) });
  const connected = () => {
    backend ??= connectDocker(target, services) as Promise<Backend>;
    return backend;
  };
  const keeper = textKeeper({ get: () => Promise.reject(new Error("there are no payloads")), remove: async () => {} });
  const context: Context = {
    planning: {
      configuration: { deployment: "test", targets: [target], retentionDays: 30, timing: TIMING },
      launchers: { docker: docker as unknown as Launcher },
      services: { stateFolder: undefined },
      templates: templateReader([]),
    },
    store,
    turns: memoryTurns(),
    queue: { wake: async (ids) => void wakes.push(...ids) },
    quarantine: { keep: async () => {}, read: async () => undefined, drop: async () => {} },
    requests: {
      seal: (text, key) => keeper.keep(text, key),
      open: async (sealed, id) => parseRunRequest(JSON.parse(await keeper.open(sealed)), id),
    },
    backends: connected,
    clock: { now, sleep, random: () => 0.5 },
    newOwner: () => `owner-${++owners}`,
  };
  const invocation = (): Invocation => ({ deadline: now() + TIMING.deadlineSeconds * 1000 });

  async function later(seconds = 61): Promise<Swept> {
    ahead += seconds * 1000;
    const swept = await sweep(context, now() + 20_000);
    for (const id of wakes.splice(0)) await dispatchWake(context, id, invocation());
    return swept;
  }

  return {
    submit(id, command, over = {}) {
      const document: JsonObject = { id, command, run_config: { type: "DockerRun" }, ...over };
      const message = { document, request: parseRunRequest(document, id), digest: requestDigest(document), source: "test" };
      return dispatchRequest(context, message, invocation());
    },
    cancel: (id) => dispatchCancel(context, id, invocation()),
    later,
    async until(id, ...states) {
      for (let round = 0; ; round++) {
        const item = store.items.get(runKey(id));
        if (item?.state !== undefined && states.includes(item.state)) return item;
        if (round > 25) throw new Error(`${id} is not ${states.join(" or ")}: ${JSON.stringify({ ...item, request: undefined })}`);
        await later();
        await sleep(200);
      }
    },
    item: (id) => store.items.get(runKey(id)),
    restart() {
      backend = undefined;
    },
    backend: connected,
  };
}
