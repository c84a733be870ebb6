/** All that one double knows, and what its operations share. */
import { BUCKETS, type BucketName, type BucketSizes, type Buckets, tokenBuckets } from "./buckets.ts";
import type { Caller, Session } from "./caller.ts";
import { type Capacity, capacityOf } from "./capacity.ts";
import { type Definitions, definitionStore } from "./definitions.ts";
import { type Faults, faultPlan } from "./faults.ts";
import { type Lives, lives } from "./life.ts";
import type { EcsDoubleSettings } from "./options.ts";
import { accessDenied, EcsRefusal, REFUSALS, throttled } from "./refusal.ts";
import type { EcsTask } from "./task.ts";
import { eventOf, type TaskEvent } from "./task-views.ts";
import { type Tasks, taskStore } from "./tasks.ts";
import { type Timeline, timeline } from "./timeline.ts";
import { type Tokens, tokenStore } from "./tokens.ts";

/** One account in one region. */
export interface Place {
  readonly definitions: Definitions;
  readonly tasks: Tasks;
  readonly tokens: Tokens;
  readonly buckets: Buckets;
  /** Families that a RegisterTaskDefinition has to itself just now. */
  readonly registering: Set<string>;
}

export interface State {
  readonly settings: EcsDoubleSettings;
  readonly times: Timeline;
  readonly lives: Lives;
  readonly capacity: Capacity;
  readonly faults: Faults;
  readonly sessions: Map<string, Session>;
  readonly events: TaskEvent[];
  listen(listener: (event: TaskEvent) => void): () => void;
  /** The next id of its kind: the same in every run of a test. */
  next(): number;
  places(): readonly Place[];
  place(caller: Pick<Caller, "account" | "region">): Place;
  clear(): void;
}

/** One request, as an operation sees it. */
export interface Call {
  readonly state: State;
  readonly place: Place;
  readonly caller: Caller;
  readonly now: number;
}

export function stateOf(settings: EcsDoubleSettings): State {
  const places = new Map<string, Place>();
  const events: TaskEvent[] = [];
  const listeners = new Set<(event: TaskEvent) => void>();
  const sizes: BucketSizes | undefined = settings.buckets === false ? undefined : { ...BUCKETS, ...settings.buckets };
  let ids = 0;
  let eventCount = 0;

  const times = timeline(() => wake());
  let wakesAt = Infinity;

  /** Listeners hear of a change in time; without any, whoever reads settles what is due. */
  function wake(): void {
    const next = times.next() ?? Infinity;
    if (listeners.size === 0 || next >= wakesAt) return;
    wakesAt = next;
    void settings.clock.wake(Math.max(0, next - settings.clock.now())).then(() => {
      if (wakesAt === next) wakesAt = Infinity;
      times.settle(settings.clock.now());
      wake();
    });
  }

  function changed(task: EcsTask, at: number): void {
    places.get(`${task.account}/${task.region}`)?.tasks.changed(task);
    if (!settings.keep && listeners.size === 0) return;
    eventCount++;
    const event = eventOf(task, at, eventCount);
    for (let copy = 0; copy < settings.eventCopies; copy++) {
      if (settings.keep) events.push(event);
      for (const listener of listeners) listener(event);
    }
  }

  const capacity = capacityOf(settings.capacity);
  const faults = faultPlan();
  const sessions = new Map<string, Session>();
  return {
    settings,
    times,
    lives: lives(times, changed),
    capacity,
    faults,
    sessions,
    events,
    listen(listener) {
      listeners.add(listener);
      wake();
      return () => void listeners.delete(listener);
    },
    next: () => ++ids,
    places: () => [...places.values()],
    place({ account, region }) {
      const key = `${account}/${region}`;
      const known = places.get(key);
      if (known !== undefined) return known;
      const made: Place = {
        definitions: definitionStore(),
        tasks: taskStore(),
        tokens: tokenStore(),
        buckets: sizes === undefined ? { take: () => true } : tokenBuckets(sizes),
        registering: new Set(),
      };
      places.set(key, made);
      return made;
    },
    clear() {
      places.clear();
      times.clear();
      capacity.clear();
      faults.clear();
      sessions.clear();
      events.length = 0;
    },
  };
}

/** Throws "Rate exceeded" where the bucket is empty. */
export function pay({ place, now }: Call, bucket: BucketName, tokens = 1): void {
  if (!place.buckets.take(bucket, tokens, now)) throw throttled();
}

/** Throws AccessDeniedException where a test took the right away. */
export function authorize({ state, caller }: Pick<Call, "state" | "caller">, action: string, resource: string): void {
  if (state.faults.isDenied(action, resource)) throw accessDenied(caller.arn, action, resource);
}

/** A cluster by name or ARN. Throws ClusterNotFoundException. */
export function clusterOf({ state, caller }: Call, reference = "default"): { readonly name: string; readonly arn: string } {
  const name = reference.startsWith("arn:") ? reference.slice(reference.lastIndexOf("/") + 1) : reference;
  const arn = `arn:${caller.partition}:ecs:${caller.region}:${caller.account}:cluster/${name}`;
  if (!state.settings.clusters.includes(name) || (reference.startsWith("arn:") && reference !== arn))
    throw new EcsRefusal(REFUSALS.clusterNotFound);
  return { name, arn };
}
