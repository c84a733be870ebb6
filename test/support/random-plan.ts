/** A random history of a dispatcher: what is sent, what fails, what is reconfigured. All of it is drawn from one seed. */

import { setImmediate } from "node:timers/promises";
import type { PayloadStore } from "../../shared/adapters/payload-store.ts";
import { sealText } from "../../shared/adapters/seal.ts";
import { dispatchCancel } from "../../shared/core/cancel.ts";
import { type Context, callsEndAt, type Invocation } from "../../shared/core/context.ts";
import { dispatchRequest } from "../../shared/core/dispatch.ts";
import { StateUnavailable } from "../../shared/core/errors.ts";
import type { FailureClass } from "../../shared/core/failure.ts";
import { runKey } from "../../shared/core/identity.ts";
import type { Backend, Observation } from "../../shared/core/launcher.ts";
import { observe } from "../../shared/core/observe.ts";
import type { EventBus, SealedRequests } from "../../shared/core/ports.ts";
import { publishingStore } from "../../shared/core/publish.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { isTerminal } from "../../shared/core/run-state.ts";
import { sweep } from "../../shared/core/sweep.ts";
import type { Target } from "../../shared/core/target.ts";
import { dispatchWake } from "../../shared/core/wake.ts";
import { accept } from "../../shared/core/writes/claim.ts";
import { busDouble } from "./bus-double.ts";
import { messageOf, type SentRequest, TIMING, testDispatcher } from "./dispatcher.ts";
import { Crash, faultsOf, faulty } from "./faulty-store.ts";
import { changeJudge, endViolations } from "./judge.ts";
import { memoryRunStore } from "./memory-store.ts";
import { doubleTarget } from "./runs.ts";
import { failureOf, type Started, type SubmitFate, serviceDouble } from "./service-double.ts";
import { START, seededRandom, virtualClock } from "./virtual-clock.ts";

const MINUTE = 60_000;
/** Faults happen until then. */
const CHAOS = 40 * MINUTE;
/** A run that has not come to its end by then is endless. */
const LONGEST = 30 * 3_600_000;

/** What a plan came to. */
export interface PlanResult {
  readonly violations: readonly string[];
  readonly states: readonly string[];
  readonly crashes: number;
}

/** More than an item keeps, also when it is compressed. */
const LARGE = Array.from({ length: 3000 }, (_, index) => Math.sin(index).toString(36)).join("");

function payloadsIn(objects: Map<string, Uint8Array>): PayloadStore {
  return {
    async put(name, bytes) {
      objects.set(name, bytes);
      return name;
    },
    async get(url) {
      const bytes = objects.get(url);
      if (bytes === undefined) throw new Error(`nothing was put to ${url} before a run named it`);
      return bytes;
    },
    async remove(url) {
      objects.delete(url);
    },
  };
}

/** Plays the history of a seed. `seen` is shown each record as it is written. */
export async function runPlan(
  seed: number,
  { idempotent }: { idempotent: boolean },
  seen: (run: RunRecord, now: number) => void = () => {},
): Promise<PlanResult> {
  const random = seededRandom(seed);
  const chance = (probability: number) => random() < probability;
  const upTo = (most: number) => Math.floor(random() * most);
  const pick = <Value>(values: readonly [Value, ...Value[]]): Value => values[upTo(values.length)] ?? values[0];

  const clock = virtualClock(seededRandom(seed ^ 0x5eed));
  const chaos = () => clock.now() < START + CHAOS;
  const violations: string[] = [];
  const running = new Set<Promise<void>>();
  const judged = changeJudge(violations);
  const bus = busDouble();
  const store = memoryRunStore((before, after) => {
    judged(before, after);
    bus.changed(before, after);
    seen(after, clock.now());
  });
  const finds = chance(0.5);
  const repeats = !finds && chance(0.5);
  const service = serviceDouble(
    clock,
    { idempotent, finds, landingSeconds: pick([10, 30, 120]), replaysRefusals: chance(0.5), ...(repeats ? { repeatSeconds: 3000 } : {}) },
    (started) => tell(started),
  );
  /** Runs that the service never takes; only where something can settle them after an unknown. */
  const hopeless = new Map<string, FailureClass>();
  const payloads = new Map<string, Uint8Array>();
  const dispatcher = testDispatcher({ clock, store, service, payloads: payloadsIn(payloads) });
  const trouble = pick([0, 0.1, 0.3, 0.5]);
  service.otherwise(({ id }) => {
    const never = hopeless.get(id);
    if (chaos() && chance(trouble)) return fate(never === undefined);
    return never === undefined ? { kind: "accepted" } : { kind: "refused", class: never };
  });
  const faulted = trouble / 4;
  const faults = faultsOf(random, { crashBefore: trouble / 6, crashAfter: trouble / 6, answerLost: trouble / 4 });
  let crashes = 0;

  function fate(takes: boolean): SubmitFate {
    const taken = takes && chance(0.5);
    return pick<SubmitFate>([
      { kind: "lost", taken },
      { kind: "crash", taken },
      takes ? { kind: "late", milliseconds: upTo(service.traits.landingSeconds * 1000) } : { kind: "lost", taken },
      { kind: "refused", class: pick(["throttled", "unavailable", "capacity", "denied", "invalid"]) },
      { kind: "refused", class: pick(["capacity", "invalid"]), decided: true },
      { kind: "refused", class: pick(["capacity", "throttled"]), ...pick([{ wokenByLauncher: true as const }, { retryAfterSeconds: 40 }]) },
    ]);
  }

  /** The context of one invocation: its calls are slow or cut off at random, and it ends at its deadline. */
  function invoked(invocation: Invocation): Context {
    const between = async () => {
      if (chance(0.3)) await clock.sleep(chaos() && chance(0.02) ? upTo(100_000) : upTo(300));
      if (clock.now() >= invocation.deadline) throw new Crash("at the deadline");
    };
    const slow = (backend: Backend): Backend => ({
      ...backend,
      async submit(plan, launch) {
        await between();
        const outcome = await backend.submit(plan, launch);
        const cutOff = callsEndAt(dispatcher.context, invocation);
        if (!(chaos() && chance(trouble / 5))) return outcome;
        await clock.sleep(cutOff - clock.now());
        return { status: "unknown", failure: failureOf("unknown") };
      },
    });
    const teller = { store: faulty(store, () => (chaos() ? faults() : "none"), between), bus: faultyBus(between), deployment: "test" };
    return {
      ...dispatcher.context,
      bus: teller.bus,
      store: publishingStore(teller, clock.now, (error) => {
        if (error instanceof Crash) throw error;
      }),
      requests: faultyRequests(dispatcher.context.requests, between),
      queue: {
        wake: async (ids) => {
          if (chaos() && chance(trouble / 4)) throw new Crash("before the wake-ups were sent");
          for (const id of ids)
            for (let copy = chance(0.1) ? 2 : 1; copy > 0; copy--) deliver(upTo(2000), (context, now) => dispatchWake(context, id, now));
        },
      },
      backends: async (target) => slow(await dispatcher.context.backends(target)),
    };
  }

  /** A place of payloads that is down, or whose writer or reader ends beside the call. */
  function faultyRequests(requests: SealedRequests, between: () => Promise<void>): SealedRequests {
    async function call<Result>(once: () => Promise<Result>): Promise<Result> {
      await between();
      const trouble = chaos() && chance(faulted) ? pick(["before", "down", "after"]) : "none";
      if (trouble === "before") throw new Crash("before a call of the place of payloads");
      if (trouble === "down") throw new StateUnavailable("the place of payloads is down");
      const result = await once();
      if (trouble === "after") throw new Crash("after a call of the place of payloads");
      return result;
    }
    return {
      // A short request is kept in its item: nothing is called.
      seal: (text, key) => (text.length < LARGE.length ? requests.seal(text, key) : call(() => requests.seal(text, key))),
      open: (sealed, id) => call(() => requests.open(sealed, id)),
    };
  }

  /** A bus that is down, or whose answer is lost, or whose teller ends while it tells. */
  function faultyBus(between: () => Promise<void>): EventBus {
    const down = () => chaos() && chance(trouble / 3);
    return {
      async publish(events) {
        await between();
        if (down()) throw new Crash("before the bus was told");
        if (down()) throw new StateUnavailable("the bus is down");
        await bus.publish(events);
        if (down()) throw new StateUnavailable("the bus took it, and its answer was lost");
        if (down()) throw new Crash("after the bus was told");
      },
    };
  }

  /** A message in the queue: it comes back after its visibility timeout until it is dealt with. */
  function deliver(after: number, handle: (context: Context, invocation: Invocation) => Promise<unknown>): void {
    track(async () => {
      for (let wait = after; ; wait = TIMING.visibilitySeconds * 1000) {
        await clock.sleep(wait);
        const invocation = { deadline: clock.now() + TIMING.deadlineSeconds * 1000 };
        try {
          await handle(invoked(invocation), invocation);
          return;
        } catch (error) {
          if (!(error instanceof Crash || error instanceof StateUnavailable)) throw error;
          crashes++;
        }
      }
    });
  }

  function track(task: () => Promise<void>): void {
    const tracked: Promise<void> = task()
      .catch((error: unknown) => void violations.push(`threw ${error instanceof Error ? error.stack : String(error)}`))
      .finally(() => running.delete(tracked));
    running.add(tracked);
  }

  /** Events about what the service started: late, doubled, dropped, out of order. */
  function tell({ launched, startedAt }: Started): void {
    for (const status of ["running", "ended"] as const) {
      if (chance(0.4)) continue;
      for (let copy = chance(0.2) ? 2 : 1; copy > 0; copy--) {
        const seen = () =>
          status === "running"
            ? ({ status, handle: { id: launched.handle }, startedAt, version: 1 } satisfies Observation)
            : service.observe(launched.handle);
        deliver(status === "running" ? upTo(5000) : service.traits.runMilliseconds + upTo(20_000), (context) =>
          observe(context, launched, seen(), service.traits.inspectSeconds),
        );
      }
    }
  }

  const one = doubleTarget({ name: "one", labels: ["a"], fallback: chance(0.5) ? ["two"] : [] });
  const two = doubleTarget({ name: "two", labels: ["b"] });
  const usual: readonly Target[] = [one, two];
  const goneForGood = chance(0.1);
  const configurations: readonly [readonly Target[], ...(readonly Target[])[]] = [
    usual,
    [
      { ...one, labels: ["b"] },
      { ...two, labels: ["a"] },
    ],
    [{ ...two, labels: ["a", "b"] }],
    [{ ...one, settings: { place: "elsewhere" } }, two],
  ];
  dispatcher.configure(...usual);
  for (let changes = chance(0.6) ? 1 + upTo(4) : 0; changes > 0; changes--) {
    const next = pick(configurations);
    void clock.sleep(upTo(chance(0.7) ? 15 * MINUTE : CHAOS)).then(() => dispatcher.configure(...next));
  }
  void clock.sleep(CHAOS).then(() => dispatcher.configure(...(goneForGood ? [{ ...two, labels: ["a", "b"] }] : usual)));

  const ids = Array.from({ length: 1 + upTo(3) }, (_, index) => `run-${seed}-${index}`);
  for (const id of ids) {
    const sent: SentRequest = {
      id,
      ...(chance(0.1) ? { content: LARGE } : {}),
      labels: [pick(["a", "a", "b"])],
      ...(chance(0.1) ? { notAfter: START + upTo(CHAOS) } : {}),
    };
    const cameAt = upTo(10 * MINUTE);
    if ((finds || repeats) && chance(0.1)) hopeless.set(id, pick(["invalid", "capacity"]));
    const request = (message: ReturnType<typeof messageOf>) => (context: Context, invocation: Invocation) =>
      dispatchRequest(context, message, invocation);
    if (chance(0.2)) {
      const { request: parsed, digest, document } = messageOf(sent);
      const run = {
        id,
        attempt: 0,
        digest,
        request: sealText(JSON.stringify(document)),
        labels: parsed.runConfig.labels,
        type: parsed.runConfig.type,
        createdAt: START,
        activeShard: "a#0",
        recentShard: "0",
      };
      deliver(cameAt, (context) => context.store.write(runKey(id), accept(run, clock.now(), clock.now() + MINUTE)));
    } else {
      deliver(cameAt, request(messageOf(sent)));
    }
    if (chance(0.3)) deliver(cameAt + upTo(chance(0.5) ? 200 : 5 * MINUTE), request(messageOf(sent)));
    if (chance(0.15)) deliver(upTo(15 * MINUTE), request(messageOf({ ...sent, content: "another" })));
    if (chance(0.3))
      deliver(chance(0.5) ? cameAt + upTo(500) : upTo(CHAOS), (context, invocation) => dispatchCancel(context, id, invocation));
  }

  const over = () => running.size === 0 && ids.every((id) => isOver(store.items.get(runKey(id))));
  const isOver = (item: RunRecord | undefined) =>
    item !== undefined && item.unpublished === undefined && (item.state === undefined || isTerminal(item.state) || waitsForItsTarget(item));
  const waitsForItsTarget = (item: RunRecord) => {
    const target = dispatcher.context.planning.configuration.targets.find(({ name }) => name === item.target);
    return (
      item.state !== "ACCEPTED" &&
      item.state !== "WAITING" &&
      (target === undefined || service.launcher.place(target, { stateFolder: undefined }) !== item.place)
    );
  };

  async function sweepUntilOver(): Promise<void> {
    for (;;) {
      await clock.sleep(TIMING.sweepSeconds * 1000);
      if (!chaos() && over()) return;
      if (clock.now() > START + LONGEST) {
        violations.push(
          `not over after ${LONGEST / 3_600_000} h: ${JSON.stringify(ids.map((id) => store.items.get(runKey(id))).filter((item) => !isOver(item)))}`,
        );
        return;
      }
      for (let sweeps = chance(0.1) ? 2 : 1; sweeps > 0; sweeps--) {
        track(async () => {
          const deadline = clock.now() + 60_000;
          await sweep(invoked({ deadline }), deadline - 15_000).catch((error: unknown) => {
            const all: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
            if (!all.every((each) => each instanceof Crash || each instanceof StateUnavailable)) throw error;
            crashes++;
          });
        });
      }
    }
  }

  await clock.drive(sweepUntilOver());
  await setImmediate();
  violations.push(...endViolations(ids, store, service), ...bus.violations());
  return { violations, states: ids.map((id) => store.items.get(runKey(id))?.state ?? "none"), crashes };
}
