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
  /** How long to wait for what must come. */
  readonly patienceMilliseconds: number;
  open(): Promise<World>;
}
