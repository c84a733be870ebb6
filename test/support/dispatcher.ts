import type { PayloadStore } from "../../shared/adapters/payload-store.ts";
import { templateReader } from "../../shared/adapters/template-reader.ts";
import { textKeeper } from "../../shared/adapters/text-keeper.ts";
import { dispatchCancel } from "../../shared/core/cancel.ts";
import type { Context, Invocation } from "../../shared/core/context.ts";
import { dispatchRequest, type RequestMessage } from "../../shared/core/dispatch.ts";
import type { Dispatched } from "../../shared/core/dispatched.ts";
import { requestDigest, runKey } from "../../shared/core/identity.ts";
import { canonicalJson, type JsonObject } from "../../shared/core/json.ts";
import type { EventBus, QuarantineEntry, RunStore } from "../../shared/core/ports.ts";
import { launcherOf } from "../../shared/core/prepare.ts";
import { publishingStore } from "../../shared/core/publish.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import type { RunRequest } from "../../shared/core/run.ts";
import { sweep } from "../../shared/core/sweep.ts";
import type { Swept } from "../../shared/core/swept.ts";
import type { Configuration, Target, Timing } from "../../shared/core/target.ts";
import { dispatchWake } from "../../shared/core/wake.ts";
import { type MemoryRunStore, memoryRunStore } from "./memory-store.ts";
import { doubleTarget, runConfig } from "./runs.ts";
import { type ServiceDouble, type ServiceTraits, serviceDouble } from "./service-double.ts";
import { memorySharedNames } from "./shared-names.ts";
import { memoryTurns } from "./turns.ts";
import { type VirtualClock, virtualClock } from "./virtual-clock.ts";

/** The durations of the cloud. */
export const TIMING: Timing = { deadlineSeconds: 60, leaseSlackSeconds: 15, sweepSeconds: 60, visibilitySeconds: 360, waitScale: 1 };

/** A document as a sender writes it. */
export interface SentRequest {
  readonly id: string;
  readonly labels?: readonly string[];
  readonly target?: string;
  readonly notAfter?: number;
  readonly timeoutSeconds?: number;
  /** Anything that makes its content another. */
  readonly content?: string;
}

/** A configuration of double targets. */
export function configurationOf(targets: readonly Target[], over: Partial<Configuration> = {}): Configuration {
  return { deployment: "test", targets, retentionDays: 30, timing: TIMING, ...over };
}

/** The message that a document becomes. */
export function messageOf(sent: SentRequest, senderTargets?: readonly string[]): RequestMessage {
  const document: JsonObject = { ...sent };
  return {
    document,
    request: requestOf(sent),
    digest: requestDigest(document),
    source: "test",
    ...(senderTargets === undefined ? {} : { senderTargets }),
  };
}

function requestOf({ id, labels, target, notAfter, timeoutSeconds }: SentRequest): RunRequest {
  return {
    id,
    runConfig: runConfig({ labels: labels ?? [] }),
    ...(target === undefined ? {} : { target }),
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}

/** A dispatcher on a virtual clock, with a table in memory and a double for the service. */
export interface TestDispatcher {
  readonly clock: VirtualClock;
  readonly store: MemoryRunStore;
  readonly service: ServiceDouble;
  readonly context: Context;
  readonly quarantined: QuarantineEntry[];
  /** Ids that were woken and not yet delivered. */
  readonly wakes: string[];
  configure(...targets: readonly Target[]): void;
  submit(sent: string | SentRequest, senderTargets?: readonly string[]): Promise<Dispatched>;
  wake(id: string): Promise<Dispatched>;
  cancel(id: string): Promise<Dispatched>;
  sweep(): Promise<Swept>;
  /** Sweeps every minute and delivers what it wakes, for so long. */
  run(milliseconds: number): Promise<readonly Dispatched[]>;
  /** The run's item; throws where there is none. */
  item(id: string): RunRecord;
}

export interface DispatcherOptions {
  readonly targets?: readonly Target[];
  readonly traits?: Partial<ServiceTraits>;
  /** Around the store: faults, latency. */
  readonly wrap?: (store: RunStore) => RunStore;
  readonly clock?: VirtualClock;
  readonly service?: ServiceDouble;
  readonly store?: MemoryRunStore;
  /** Where long requests are kept; nowhere when not said. */
  readonly payloads?: PayloadStore;
  /** Told of changes. */
  readonly bus?: EventBus;
}

const NO_PAYLOADS: PayloadStore = { get: () => Promise.reject(new Error("there are no payloads")), remove: () => Promise.resolve() };

export function testDispatcher(options: DispatcherOptions = {}): TestDispatcher {
  const clock = options.clock ?? virtualClock();
  const store = options.store ?? memoryRunStore();
  const service = options.service ?? serviceDouble(clock, options.traits);
  const quarantined: QuarantineEntry[] = [];
  const wakes: string[] = [];
  let owners = 0;
  const keeper = textKeeper(options.payloads ?? NO_PAYLOADS);
  const planning = {
    configuration: configurationOf(options.targets ?? [doubleTarget()]),
    launchers: { double: service.launcher },
    services: { stateFolder: undefined },
    templates: templateReader([]),
  };
  const { bus } = options;
  const wrapped = options.wrap?.(store) ?? store;
  const teller = bus && { store: wrapped, bus, deployment: "test" };
  const context: Context = {
    planning,
    store: teller === undefined ? wrapped : publishingStore(teller, clock.now, () => {}),
    ...(bus === undefined ? {} : { bus }),
    turns: memoryTurns(),
    queue: { wake: async (ids) => void wakes.push(...ids) },
    quarantine: { keep: async (entry) => void quarantined.push(entry), read: async () => undefined, drop: async () => {} },
    requests: {
      seal: (text, key) => keeper.keep(text, key),
      open: async (sealed) => requestOf(JSON.parse(await keeper.open(sealed))),
    },
    backends: async (target) =>
      launcherOf(planning, target).connect(target, {
        environment: {},
        stateFolder: undefined,
        isFunction: true,
        now: clock.now,
        sleep: () => Promise.resolve(),
        shared: memorySharedNames(),
        secret: async () => "",
        observed: () => {},
        roomFor: () => {},
      }),
    clock,
    newOwner: () => `owner-${++owners}`,
  };
  const invocation = (): Invocation => ({ deadline: clock.now() + TIMING.deadlineSeconds * 1000 });
  const wake = (id: string) => clock.drive(dispatchWake(context, id, invocation()));
  const sweepOnce = () => clock.drive(sweep(context, clock.now() + 45_000));
  return {
    clock,
    store,
    service,
    context,
    quarantined,
    wakes,
    configure(...targets) {
      planning.configuration = configurationOf(targets);
    },
    submit: (sent, senderTargets) =>
      clock.drive(dispatchRequest(context, messageOf(typeof sent === "string" ? { id: sent } : sent, senderTargets), invocation())),
    wake,
    cancel: (id) => clock.drive(dispatchCancel(context, id, invocation())),
    sweep: sweepOnce,
    async run(milliseconds) {
      const dispatched: Dispatched[] = [];
      for (const until = clock.now() + milliseconds; clock.now() < until; ) {
        await clock.advance(Math.min(TIMING.sweepSeconds * 1000, until - clock.now()));
        await sweepOnce();
        for (const id of wakes.splice(0)) dispatched.push(await wake(id));
      }
      return dispatched;
    },
    item(id) {
      const item = store.items.get(runKey(id));
      if (item === undefined) throw new Error(`no item of run ${id}: ${canonicalJson([...store.items.keys()])}`);
      return item;
    },
  };
}
