/** A double of ECS and of STS AssumeRole for the real SDK. `quirks.ts` says what it does as the service does, and how we know. */
import type { CapacityModel, ScriptedShortage } from "./capacity.ts";
import type { Definition } from "./definitions.ts";
import type { Denied, LostAnswer, Refused } from "./faults.ts";
import type { Finish } from "./life.ts";
import { type EcsDoubleOptions, settingsOf } from "./options.ts";
import type { Counter, SeenRequest } from "./request-log.ts";
import { serviceOf } from "./service.ts";
import { stateOf } from "./state.ts";
import type { EcsTask, ReadonlyTask } from "./task.ts";
import type { TaskEvent } from "./task-views.ts";
import { listen, type SdkRequestHandler, sdkHandler } from "./transport.ts";
import type { DoubleRequest, DoubleResponse, OperationName } from "./wire.ts";

/** The double without a server: for a harness that sits at the SDK's `requestHandler`. */
export interface EcsService {
  /** Throws a `ConnectionLost` (code ECONNRESET) where no answer comes. */
  handle(request: DoubleRequest): Promise<DoubleResponse>;
  /** For the `requestHandler` of an ECS or STS client. */
  readonly requestHandler: SdkRequestHandler;
  /** Every state change so far, in order. */
  readonly events: readonly TaskEvent[];
  /** Calls back with every event as it happens on the clock; the answer ends it. */
  subscribe(listener: (event: TaskEvent) => void): () => void;
  readonly requests: readonly SeenRequest[];
  counter(operation: OperationName): Counter;
  /** Every task ever started, in all accounts and regions. */
  tasks(): readonly ReadonlyTask[];
  started(startedBy: string): readonly ReadonlyTask[];
  definitions(): readonly Readonly<Definition>[];
  /** Ends a task. Throws where there is no such task; one that has ended stays as it is. */
  finish(taskArn: string, finish?: Finish): void;
  loseAnswer(lost: LostAnswer): void;
  refuse(refused: Refused): void;
  /** Takes a right away until `allow`. */
  deny(denied: Denied): void;
  /** Gives every right back. */
  allow(): void;
  /** Lets the next tasks fail inside a 200, so many or for so long. */
  fail(shortage: ScriptedShortage): void;
  capacity(model: CapacityModel): void;
  /** Forgets everything but the options, listeners and server. */
  reset(): void;
}

export interface EcsDouble extends EcsService {
  readonly endpoint: string;
  close(): Promise<void>;
}

export function ecsService(options: EcsDoubleOptions = {}): EcsService {
  const settings = settingsOf(options);
  const state = stateOf(settings);
  const service = serviceOf(state);
  const { now } = settings.clock;
  const { faults } = state;

  function tasks(): readonly EcsTask[] {
    state.times.settle(now());
    return state.places().flatMap((place) => place.tasks.all());
  }

  return {
    handle: service.handle,
    requestHandler: sdkHandler(service.handle),
    get events() {
      state.times.settle(now());
      return state.events;
    },
    subscribe: state.listen,
    get requests() {
      return service.log.requests();
    },
    counter: service.log.counter,
    tasks,
    started(startedBy) {
      state.times.settle(now());
      return state.places().flatMap((place) => place.tasks.startedBy(startedBy));
    },
    definitions: () => state.places().flatMap((place) => place.definitions.all()),
    finish(taskArn, finish = { exitCode: 0 }) {
      state.times.settle(now());
      const task = state
        .places()
        .map((place) => place.tasks.find(taskArn))
        .find((found) => found?.arn === taskArn);
      if (task === undefined) throw new Error(`the double has no task ${taskArn}`);
      state.lives.finish(task, now(), finish);
    },
    loseAnswer: faults.loseAnswer,
    refuse: faults.refuse,
    deny: faults.deny,
    allow: faults.allow,
    fail: (shortage) => state.capacity.script(shortage, now()),
    capacity: (model) => state.capacity.use(model),
    reset() {
      state.clear();
      service.log.clear();
    },
  };
}

/** The double with a server on 127.0.0.1. */
export async function startEcsDouble(options: EcsDoubleOptions = {}): Promise<EcsDouble> {
  const service = ecsService(options);
  const { endpoint, close } = await listen(service.handle, options.port ?? 0);
  return extended(service, { endpoint, close });
}

function extended<Base extends object, More extends object>(base: Base, more: More): Base & More {
  // Not spread: `events` and `requests` are read when they are asked for.
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(base), ...Object.getOwnPropertyDescriptors(more) }) as Base &
    More;
}
