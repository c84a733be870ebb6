import type { Issue } from "./errors.ts";
import type { Failure, FailureRow } from "./failure.ts";
import type { Json, JsonObject } from "./json.ts";
import type { RunFailure, RunOutcome } from "./record.ts";
import type { TargetRights } from "./rights.ts";
import type { PlannedRun, RunConfigType, TemplatePath } from "./run.ts";
import type { Target } from "./target.ts";

/** One call that a launch will make. `api` is `<service>:<Operation>`, `input` what the service is sent. */
export interface Call {
  readonly api: string;
  readonly input: Json;
}

/** The exact calls of a launch. The same run, target and attempt give the same bytes. */
export interface Plan {
  readonly calls: readonly Call[];
}

/** What a submit is told besides the plan: whose launch it is. The idempotency key is made of these, and of nothing else. */
export interface Launch {
  readonly deployment: string;
  readonly id: string;
  readonly key: string;
  readonly attempt: number;
  readonly planDigest: string;
  /** Seconds from the start after which the run is to be stopped. */
  readonly timeoutSeconds?: number;
  /** Aborted a little before the invocation's deadline. A call cut off by it may have arrived: `unknown`. */
  readonly signal: AbortSignal;
}

/** Names the launched thing from then on. */
export interface Handle {
  /** Task ARN, job name, container id, state folder's entry. */
  readonly id: string;
  /** Where a person finds more: `log`, `console`. */
  readonly links?: Readonly<Record<string, string>>;
}

/** What came of a submit. Not the name of an error decides, but whether the call can have reached the service: then it is `unknown`. */
export type SubmitOutcome =
  | { readonly status: "accepted"; readonly handle: Handle }
  | {
      readonly status: "refused";
      readonly failure: Failure;
      /** The service gave this refusal for our idempotency key, so it settles an unknown earlier call too. */
      readonly boundToKey?: boolean;
    }
  | { readonly status: "unknown"; readonly failure: Failure };

/** What came of a look for an attempt that may exist. `absent` proves nothing until the launcher's landing time has passed. */
export type FindOutcome =
  | { readonly status: "found"; readonly handle: Handle }
  | { readonly status: "absent" }
  | { readonly status: "unknown"; readonly failure: Failure };

/** One launched attempt, as `inspect` and `stop` are told of it. */
export interface Launched {
  readonly id: string;
  readonly key: string;
  readonly attempt: number;
  readonly handle: string;
}

/** What was seen of one attempt. */
export type Observation =
  | {
      readonly status: "starting" | "running";
      readonly handle: Handle;
      /** Grows with each change, where the service numbers its changes. */
      readonly version?: number;
      /** Epoch milliseconds. */
      readonly startedAt?: number;
      /**
       * The service lets it wait on purpose until then, in a queue or for machines: where the operator set no start limit, it counts
       * from there. `Infinity` while nobody can say. Epoch milliseconds.
       */
      readonly waitsUntil?: number;
      /** What keeps it from starting, as the failure that it will be if it never does: an image that can't be pulled. */
      readonly held?: RunFailure;
      /** The service has said that it will end it soon, and why: Spot capacity that is taken back. */
      readonly ending?: string;
    }
  | {
      readonly status: "ended";
      readonly handle: Handle;
      readonly version?: number;
      readonly startedAt?: number;
      readonly endedAt: number;
      readonly outcome: RunOutcome;
    }
  /** The service does not know it. */
  | { readonly status: "absent" }
  | { readonly status: "unknown"; readonly failure: Failure };

/** Something at a target that carries this deployment's mark: an attempt's task, Job or container, whatever the table says of it. */
export interface Owned {
  readonly key: string;
  readonly attempt: number;
  /** The one that a submit of the attempt gives. */
  readonly handle: string;
  readonly status: "active" | "ended";
  /** Epoch milliseconds, where the list tells; without it, what no record follows any more is never removed. */
  readonly endedAt?: number;
}

/** What an event of a service says of an attempt. */
export interface LauncherEvent {
  readonly deployment: string;
  readonly key: string;
  readonly attempt: number;
  readonly observation: Observation;
}

/** The effects of one target. Made by `connect`; the only part that loads a vendor's SDK. */
export interface Backend<P extends Plan = Plan> {
  /** Launches the plan, or adopts what an earlier call of the same attempt launched. Never starts a second one, but where the definition says so. */
  submit(plan: P, launch: Launch): Promise<SubmitOutcome>;
  /** Looks whether the attempt exists, without starting it. Absent where the service offers no proof. */
  find?(launch: Launch): Promise<FindOutcome>;
  /** One observation for each attempt asked about, in order; `unknown` for all that the service said nothing of before the signal. */
  inspect(launched: readonly Launched[], signal?: AbortSignal): Promise<readonly Observation[]>;
  /** Asks for the end. Resolves when the service has taken the request; the end itself is observed. Throws where it has not. */
  stop(launched: Launched, reason: string, signal?: AbortSignal): Promise<void>;
  /**
   * All that is there with the deployment's mark, each once, and nothing else; throws where the service gives no whole answer.
   * Absent where nothing is left behind that could be listed.
   */
  owned?(deployment: string, signal: AbortSignal): AsyncIterable<Owned>;
  /**
   * Removes what an attempt that ended left behind, once its end is recorded. Never ends what still runs, and looks whose it is; what
   * is gone already is no error. `outcome` is absent for an attempt that no record follows any more. Absent where the service removes
   * its own; where there is one, `owned` lists what it is for.
   */
  remove?(launched: Omit<Launched, "id">, outcome?: RunOutcome["state"], signal?: AbortSignal): Promise<void>;
  /**
   * Throws where the target can't be reached with what is configured; launches and changes nothing. Absent where `owned` tells as much.
   */
  check?(signal: AbortSignal): Promise<void>;
  /** Removes what no run needs any more and what belongs to none, such as definitions unused for long. */
  tidy?(deployment: string, signal: AbortSignal): Promise<void>;
}

/** What came of asking to make something: ours to make, made already, or another is at it. */
export type SharedClaim =
  | {
      readonly status: "ours" /** An earlier maker, or we ourselves, never settled its claim: it may have been made. */;
      readonly takenOver: boolean;
    }
  | { readonly status: "made"; readonly value: string }
  | { readonly status: "busy" };

/** Names of things that are made once, whoever needs them first: kept for all dispatchers, claimed by a conditional write. */
export interface SharedNames {
  /** `owner` may ask again for what it claimed. */
  claim(name: string, owner: string, now: number, leaseUntil: number): Promise<SharedClaim>;
  /** Keeps what was made, or gives the claim back where nothing was. */
  settle(name: string, owner: string, value: string | undefined): Promise<void>;
  /** Forgets a value that turned out to be gone. */
  forget(name: string, value: string): Promise<void>;
  /** Notes that a value is in use, in its group; where that was noted since `notedSince`, it is left as it is. */
  used(name: string, value: string, group: string, now: number, notedSince: number): Promise<void>;
  /** Values of a group that nobody noted as used since then, the longest unused first, at most so many. */
  unused(group: string, before: number, most: number): Promise<readonly { readonly name: string; readonly value: string }[]>;
  /** Forgets a value, unless it was used since then; whether it did. */
  retire(name: string, value: string, before: number): Promise<boolean>;
}

/** What a backend may use of its surroundings. */
export interface Services {
  /** The environment that local processes inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder that outlives the process, where there is one. */
  readonly stateFolder: string | undefined;
  /** Names that folder among all others: a path is the same on many machines. */
  readonly stateId?: string;
  /** Whether the dispatcher runs as a cloud function, where a process ends with its invocation. */
  readonly isFunction: boolean;
  now(): number;
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** What is made once for all dispatchers. */
  readonly shared: SharedNames;
  /** The secret that a reference (`env:NAME`, `file:/path`, …) names. Throws `Refusal` where it can't be read. */
  secret(reference: string): Promise<string>;
  /** Hands in what was seen without being asked. */
  observed(launched: Launched, observation: Observation): void;
  /** A run that was refused for lack of room may be tried now. */
  roomFor(id: string): void;
}

/** One kind of target. A folder below `launchers/` and a line in the registry. */
export interface LauncherDefinition<Type extends string, Settings, P extends Plan, Fields> {
  readonly type: Type;
  /** The run config types it can run. */
  readonly runs: readonly RunConfigType[];
  /** Schema of the fields that only its targets have, for `shared/schema`. */
  readonly fields: Fields;
  /** What is wrong between fields of a target, as the document writes it; each field's own type is checked by `fields`. Paths count from the target. */
  targetIssues?(target: JsonObject): readonly Issue[];
  readonly failures: readonly FailureRow[];
  /** Whether the service itself resolves references to secrets (a target's `secrets`). */
  readonly supportsSecrets: boolean;
  /** How often a launched run is looked at when nothing is heard of it. */
  readonly inspectSeconds: number;
  /** After so long without a trace, a look that finds nothing proves that nothing was launched; absent without `find`. */
  readonly landingSeconds?: number;
  /** A repeated submit starts a second one: an attempt in doubt is submitted again only after two looks, a landing time apart, that found nothing. */
  readonly repeatsAfterLooks?: true;
  /** How long the same attempt may be submitted again. Later, with nothing seen, the run is LOST; absent: for ever. */
  readonly repeatSeconds?: number;
  /** What an ended attempt left behind is kept so long after its end, for people to look at: a log. Absent: it is removed soon. */
  readonly keepSeconds?: number;
  /** A stop takes the thing itself away, and reads show that at once: after a stop, `absent` is the end. It waits for calls without an answer to land. */
  readonly stopRemoves?: true;
  /** Account, region, cluster, host: an attempt is never submitted to another place than the one it was claimed for. */
  place(target: Target<Settings>, services: Pick<Services, "stateFolder" | "stateId">): string;
  /** What its calls need of AWS, read from the target alone; absent where they need nothing. */
  rights?(target: Target<Settings>): TargetRights;
  /** The path of the template that the run or the target names, where it is to be read before the plan is made. */
  templatePath?(run: PlannedRun, target: Target<Settings>): TemplatePath | undefined;
  /** Pure: same run, target, template and attempt, same calls, byte for byte. Throws `Refusal`. */
  plan(run: PlannedRun, target: Target<Settings>): P;
  /** What an event of the service's own bus says of an attempt; undefined where it is about something else. Pure. */
  eventOf?(event: JsonObject, now: number): LauncherEvent | undefined;
  /** Everything with an effect. */
  connect(target: Target<Settings>, services: Services): Promise<Backend<P>>;
}

/** Checks a launcher's definition and keeps its own types. */
export function defineLauncher<Type extends string, Settings, P extends Plan, Fields>(
  definition: LauncherDefinition<Type, Settings, P, Fields>,
): LauncherDefinition<Type, Settings, P, Fields> {
  return definition;
}

/** A launcher as the core sees it: its own settings and plan stay its own business. */
export type Launcher = LauncherDefinition<string, unknown, Plan, unknown>;
