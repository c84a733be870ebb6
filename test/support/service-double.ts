import type { Failure, FailureClass } from "../../shared/core/failure.ts";
import {
  type Backend,
  defineLauncher,
  type FindOutcome,
  type Handle,
  type Launch,
  type Launched,
  type Launcher,
  type Observation,
  type Owned,
  type Plan,
  type SubmitOutcome,
} from "../../shared/core/launcher.ts";
import type { Clock } from "../../shared/core/ports.ts";
import type { RunFailure, RunOutcome } from "../../shared/core/record.ts";
import { Crash } from "./faulty-store.ts";
import { RUN_CONFIG_TYPES } from "./runs.ts";

/** What becomes of one submit. */
export type SubmitFate =
  | { readonly kind: "accepted" }
  /** Refused before the service looked at the key; `decided` refuses the key itself, for ever where refusals are replayed. */
  | {
      readonly kind: "refused";
      readonly class: FailureClass;
      readonly decided?: boolean;
      readonly retryAfterSeconds?: number;
      readonly wokenByLauncher?: true;
    }
  /** No answer came; the service did or did not take the call. */
  | { readonly kind: "lost"; readonly taken: boolean }
  /** No answer came; the service takes the call so much later. */
  | { readonly kind: "late"; readonly milliseconds: number }
  /** The dispatcher ends around the call. */
  | { readonly kind: "crash"; readonly taken: boolean };

/** What kind of service it is. */
export interface ServiceTraits {
  /** Knows an attempt by (key, attempt) and starts it once. Off: every call that it takes starts something. */
  readonly idempotent: boolean;
  /** Can be asked whether an attempt exists. */
  readonly finds: boolean;
  /** The launcher repeats a submit only after two looks. */
  readonly repeatsAfterLooks?: true;
  /** What it has started is found so much later. */
  readonly findLagMilliseconds: number;
  /** Answers a key that it refused once with the same refusal ever after, as ECS does with `failures[]`. */
  readonly replaysRefusals: boolean;
  readonly inspectSeconds: number;
  readonly landingSeconds: number;
  readonly repeatSeconds?: number;
  /** How long what it starts runs, once it has begun to. */
  readonly runMilliseconds: number;
  /** How long what it starts takes to begin. */
  readonly startMilliseconds: number;
  /** What it says of what has not begun. */
  readonly held?: RunFailure;
  /** It has a bus of its own, whose events tell what happens. */
  readonly hasEvents?: true;
  /** A stop takes the thing away. */
  readonly stopRemoves: boolean;
  /** The exit code of what is stopped. */
  readonly stopExitCode?: number;
  readonly keepSeconds?: number;
}

/** Something that the service started. */
export interface Started {
  readonly launched: Launched;
  readonly place: string;
  readonly startedAt: number;
  endsAt: number;
  stopped: boolean;
  /** How it ended, where it was not by itself or by a stop. */
  outcome?: RunOutcome;
}

/** The launcher's settings: the place is all that tells targets apart. */
export interface DoubleSettings {
  readonly place: string;
}

/** A service with its launcher, and what it really did. */
export interface ServiceDouble {
  readonly launcher: Launcher;
  readonly traits: ServiceTraits;
  readonly started: readonly Started[];
  /** Every call that reached the service, in order. */
  readonly submits: readonly { readonly place: string; readonly key: string; readonly attempt: number; readonly planDigest: string }[];
  readonly finds: number;
  readonly stops: readonly string[];
  readonly removals: readonly string[];
  /** It answers nothing, neither looks nor stops, until it does again. */
  silent: boolean;
  /** Puts something there that was started otherwise: by an attempt whose call nobody knows of. */
  plant(launched: Launched, place?: string): Started;
  /** Ends it now, so. */
  end(handle: string, outcome: RunOutcome): void;
  /** How often something was started for the run, whatever the attempt or place. */
  startsOf(key: string): number;
  /** The fates of the next submits, in order; after them `otherwise` decides. */
  next(...fates: readonly SubmitFate[]): void;
  otherwise(fate: (launch: Launch, place: string) => SubmitFate): void;
  /** What an inspection of it says now. */
  observe(handle: string): Observation;
  forget(handle: string): void;
}

/** A failure of the double. */
export function failureOf(failureClass: FailureClass, more: Partial<Failure> = {}): Failure {
  return { class: failureClass, code: failureClass.toUpperCase(), message: `the double says ${failureClass}`, recognised: true, ...more };
}

const TRAITS: ServiceTraits = {
  idempotent: true,
  finds: false,
  findLagMilliseconds: 0,
  replaysRefusals: false,
  inspectSeconds: 60,
  landingSeconds: 30,
  runMilliseconds: 90_000,
  startMilliseconds: 0,
  stopRemoves: false,
};

export function serviceDouble(
  clock: Clock,
  over: Partial<ServiceTraits> = {},
  began: (started: Started) => void = () => {},
): ServiceDouble {
  const traits: ServiceTraits = { ...TRAITS, ...over };
  const byHandle = new Map<string, Started>();
  const byToken = new Map<string, Started | Failure>();
  const started: Started[] = [];
  const submits: { place: string; key: string; attempt: number; planDigest: string }[] = [];
  const stops: string[] = [];
  const removals: string[] = [];
  let silent = false;
  const fates: SubmitFate[] = [];
  let finds = 0;
  let otherwise: (launch: Launch, place: string) => SubmitFate = () => ({ kind: "accepted" });

  /** What the service does with a call that it takes. */
  function take(launch: Launch, place: string): SubmitOutcome {
    const token = `${place}/${launch.key}-${launch.attempt}`;
    const known = traits.idempotent ? byToken.get(token) : undefined;
    if (known !== undefined && "class" in known) return { status: "refused", failure: known, boundToKey: true };
    return { status: "accepted", handle: handleOf((known ?? start(launch, place, token)).launched.handle) };
  }

  function start(launch: Launch, place: string, token: string): Started {
    const handle = byHandle.has(token) ? `${token}#${started.length}` : token;
    const { id, key, attempt } = launch;
    const now = clock.now();
    const begun: Started = {
      launched: { id, key, attempt, handle },
      place,
      startedAt: now,
      endsAt: now + traits.startMilliseconds + traits.runMilliseconds,
      stopped: false,
    };
    started.push(begun);
    byHandle.set(handle, begun);
    byToken.set(token, begun);
    began(begun);
    return begun;
  }

  /** A refusal for the key itself: what is known already is not refused. */
  function decide(launch: Launch, place: string, failure: Failure): SubmitOutcome {
    const token = `${place}/${launch.key}-${launch.attempt}`;
    if (traits.idempotent && byToken.has(token)) return take(launch, place);
    if (!traits.replaysRefusals) return { status: "refused", failure };
    byToken.set(token, failure);
    return { status: "refused", failure, boundToKey: true };
  }

  function submit(place: string, launch: Launch): SubmitOutcome {
    submits.push({ place, key: launch.key, attempt: launch.attempt, planDigest: launch.planDigest });
    const fate = fates.shift() ?? otherwise(launch, place);
    const unanswered: SubmitOutcome = { status: "unknown", failure: failureOf("unknown") };
    switch (fate.kind) {
      case "accepted":
        return take(launch, place);
      case "refused": {
        const { retryAfterSeconds, wokenByLauncher } = fate;
        const failure = failureOf(fate.class, {
          ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
          ...(wokenByLauncher ? { wokenByLauncher } : {}),
        });
        return fate.decided ? decide(launch, place, failure) : { status: "refused", failure };
      }
      case "lost":
        if (fate.taken) take(launch, place);
        return unanswered;
      case "late":
        void clock.sleep(fate.milliseconds).then(() => take(launch, place));
        return unanswered;
      case "crash":
        if (fate.taken) take(launch, place);
        throw new Crash("around a submit");
      default: {
        const unhandled: never = fate;
        return unhandled;
      }
    }
  }

  function observe(handle: string): Observation {
    const known = byHandle.get(handle);
    if (known === undefined) return { status: "absent" };
    const begins = known.startedAt + traits.startMilliseconds;
    if (clock.now() < begins && clock.now() < known.endsAt) {
      return { handle: handleOf(handle), status: "starting", version: 0, ...(traits.held === undefined ? {} : { held: traits.held }) };
    }
    const common = { handle: handleOf(handle), startedAt: begins };
    if (clock.now() < known.endsAt) return { ...common, status: "running", version: 1 };
    return { ...common, status: "ended", version: 2, endedAt: known.endsAt, outcome: outcomeOf(known) };
  }

  function outcomeOf({ outcome, stopped }: Started): RunOutcome {
    if (outcome !== undefined) return outcome;
    if (stopped && traits.stopExitCode !== 0)
      return { state: "CANCELLED", ...(traits.stopExitCode === undefined ? {} : { exitCode: traits.stopExitCode }) };
    return { state: "SUCCEEDED", exitCode: 0 };
  }

  async function* owned(place: string): AsyncIterable<Owned> {
    if (silent) throw new Error("the double is silent");
    for (const [handle, one] of byHandle) {
      if (one.place !== place) continue;
      const { key, attempt } = one.launched;
      const active = clock.now() < one.endsAt;
      yield { key, attempt, handle, ...(active ? { status: "active" } : { status: "ended", endedAt: one.endsAt }) };
    }
  }

  function connect(place: string): Backend {
    const backend: Backend = {
      submit: async (_plan, launch) => submit(place, launch),
      inspect: async (launched) =>
        launched.map(({ handle }) => {
          if (silent) return { status: "unknown", failure: failureOf("unavailable") };
          return byHandle.get(handle)?.place === place ? observe(handle) : { status: "absent" };
        }),
      owned: () => owned(place),
      async remove({ handle }) {
        removals.push(handle);
        const known = byHandle.get(handle);
        if (silent) throw new Error("the double is silent");
        if (known?.place === place && clock.now() >= known.endsAt) byHandle.delete(handle);
      },
      async stop({ handle }) {
        stops.push(handle);
        if (silent) throw new Error("the double is silent");
        const known = byHandle.get(handle);
        if (traits.stopRemoves && known?.place === place) byHandle.delete(handle);
        if (known?.place !== place || clock.now() >= known.endsAt) return;
        known.stopped = true;
        known.endsAt = clock.now();
      },
    };
    async function find(launch: Launch): Promise<FindOutcome> {
      finds++;
      const known = byToken.get(`${place}/${launch.key}-${launch.attempt}`);
      const isListed = known !== undefined && !("class" in known) && clock.now() - known.startedAt >= traits.findLagMilliseconds;
      return !isListed ? { status: "absent" } : { status: "found", handle: handleOf(known.launched.handle) };
    }
    return traits.finds ? { ...backend, find } : backend;
  }

  const launcher = defineLauncher<string, DoubleSettings, Plan, undefined>({
    type: "double",
    runs: RUN_CONFIG_TYPES,
    fields: undefined,
    failures: [],
    supportsSecrets: false,
    inspectSeconds: traits.inspectSeconds,
    ...(traits.repeatsAfterLooks ? { repeatsAfterLooks: true as const } : {}),
    ...(traits.finds ? { landingSeconds: traits.landingSeconds } : {}),
    ...(traits.repeatSeconds === undefined ? {} : { repeatSeconds: traits.repeatSeconds }),
    ...(traits.keepSeconds === undefined ? {} : { keepSeconds: traits.keepSeconds }),
    ...(traits.stopRemoves ? { stopRemoves: true } : {}),
    ...(traits.hasEvents ? { eventOf: () => undefined } : {}),
    place: (target) => target.settings.place,
    plan: (run, target) => ({
      calls: [{ api: "double:Start", input: { key: run.key, attempt: run.attempt, target: target.name, image: target.image ?? "" } }],
    }),
    connect: async (target) => connect(target.settings.place),
  });
  return {
    launcher: launcher as Launcher,
    traits,
    started,
    submits,
    stops,
    removals,
    get silent() {
      return silent;
    },
    set silent(on) {
      silent = on;
    },
    plant(launched, place = "place of one") {
      const now = clock.now();
      const planted: Started = {
        launched,
        place,
        startedAt: now,
        endsAt: now + traits.startMilliseconds + traits.runMilliseconds,
        stopped: false,
      };
      started.push(planted);
      byHandle.set(launched.handle, planted);
      return planted;
    },
    end(handle, outcome) {
      const known = byHandle.get(handle);
      if (known === undefined) throw new Error(`there is no ${handle}`);
      Object.assign(known, { endsAt: clock.now(), outcome });
    },
    get finds() {
      return finds;
    },
    startsOf: (key) => started.filter(({ launched }) => launched.key === key).length,
    next: (...more) => void fates.push(...more),
    otherwise(fate) {
      otherwise = fate;
    },
    observe,
    forget: (handle) => void byHandle.delete(handle),
  };
}

function handleOf(id: string): Handle {
  return { id };
}
