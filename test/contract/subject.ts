/** What the contract suite is told of a launcher, and what it can do to the launcher's surroundings. */
import type { Backend, Launch, Launched, Launcher } from "../../shared/core/launcher.ts";
import type { PlannedRun } from "../../shared/core/run.ts";
import type { Target } from "../../shared/core/target.ts";

/** Whether a launcher has something; where it has not, the suite asserts that instead of leaving its rules out silently. */
export type Offer = "offered" | { readonly lacks: string };

/** Refusals that a world can provoke. */
export type RefusalKind = "capacity" | "throttled" | "denied" | "invalid";

/** What not every service can give. All must be declared. */
export interface Capabilities extends Readonly<Record<RefusalKind, Offer>> {
  /** A repeated submit never starts a second one. Without it there must be a `find`, so that the rules above can settle. */
  readonly once: Offer;
  /** The backend's `find`. */
  readonly find: Offer;
  /** What is launched has a name of our choosing, which something else may hold already. */
  readonly names: Offer;
  /** A failed run tells its exit code. */
  readonly exitCodes: Offer;
  /** The backend's `owned`: what is there with this deployment's mark. */
  readonly owned: Offer;
  /** The backend's `remove`. Without it the service itself takes away what ended. */
  readonly remove: Offer;
}

/** The capability that a rule is about. */
export type Capability = keyof Capabilities;

/** Marks every variable, secret and token that is handed out: it must come out nowhere. */
export const CANARY = "canary-7d1f60c2";

/** What becomes of the next call of a site: the machine or network refuses it, or its answer gets lost. */
export type Fault = "never sent" | "lost before" | "lost after";

/** A call that is kept on its way. */
export interface Held {
  /** Resolves when the call is on its way. */
  readonly reached: Promise<void>;
  /** Lets it arrive, and resolves when it has been applied. */
  release(): Promise<void>;
}

/** Something of somebody else's that holds a name of ours. */
export interface Foreign {
  /** Whether it is as it was made: there, and not asked to stop. */
  intact(): Promise<boolean>;
}

/** Things of others at the same service, as a deployment finds them beside its own: one that runs and one that ended, at least, and things of another deployment. */
export interface Strangers {
  /** Their handles, in the form that ours have. */
  readonly handles: readonly string[];
  /** The other deployment, whose name begins like ours: `test-2`. */
  readonly deployment: string;
  /** Whether all are as they were. */
  intact(): Promise<boolean>;
}

/** Names an attempt. */
export type Attempt = Pick<Launch, "id" | "key" | "attempt">;

/** A service, double or real, of one test's own. */
export interface World {
  readonly target: Target;
  /** A run that goes on until the world ends it; its environment holds the canary. Ids are letters, digits and hyphens. */
  run(id: string, attempt?: number): PlannedRun;
  /** A dispatcher's backend, which shares nothing with the others but the service. */
  connect(): Promise<Backend>;
  /** What backends handed in unasked. */
  readonly observed: readonly { readonly launched: Launched; readonly observation: unknown }[];
  /** How often the attempt was really started, once nothing is on its way any more. */
  starts(attempt: Attempt): Promise<number>;
  /** The next call of a site goes wrong, once. */
  fault(site: string, fault: Fault): void;
  /** The next call of a site stays on its way. */
  hold(site: string): Held;
  /** Makes the service refuse the next submit for this reason; what it answers lifts the reason. */
  readonly refuse: { readonly [Kind in RefusalKind]?: () => Promise<() => Promise<void>> };
  /** Starts something else under the name that the attempt would have. */
  occupy?(launch: Launch): Promise<Foreign>;
  /** The handle of something that never was, where handles are given by the service; without it, a handle holds the run's key. */
  nowhere?(attempt: Attempt): string;
  /** Puts things of others there. Present where `owned` is offered. */
  strangers?(): Promise<Strangers>;
  /** From now on no call is answered as it should be, in one of the subject's `outages`; what this gives ends that. */
  outage(kind: string): Promise<() => Promise<void>>;
  /** The running attempt ends by itself. */
  end(attempt: Attempt, exitCode: number): Promise<void>;
  /** The running attempt is no more, and nobody wrote down how it ended. */
  vanish(attempt: Attempt): Promise<void>;
  close(): Promise<void>;
}

/** A launcher under test. */
export interface Subject {
  readonly definition: Launcher;
  /** Where another process finds the definition. */
  readonly module: { readonly path: string; readonly name: string };
  /** Runs and targets that are planned, never launched. */
  readonly samples: readonly { readonly run: PlannedRun; readonly target: Target }[];
  readonly capabilities: Capabilities;
  /** The calls that a submit makes, by the names that the world knows them by. */
  readonly submitSites: readonly [string, ...string[]];
  /** The calls that `inspect`, and `find` where there is one, make. */
  readonly lookSites: readonly [string, ...string[]];
  /** The calls that `owned` makes. */
  readonly listSites: readonly string[];
  /** Ways in which the service, as a whole, does not answer: an error of its own to everything, silence, a reset. */
  readonly outages: readonly [string, ...string[]];
  /** How many attempts `owned` is tried with: more than a page of the service's lists holds, where they have pages. */
  readonly crowd: number;
  /** How long to wait for what must come. */
  readonly patienceMilliseconds: number;
  open(): Promise<World>;
}
