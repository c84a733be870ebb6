/** The template launcher with one thing at a time taken out. */
import type { Backend, Launch, Launcher, Observation, Plan, SubmitOutcome } from "../../../shared/core/launcher.ts";
import { template } from "../../../shared/launchers/_template/index.ts";

/** A launcher that lacks one thing. */
export interface Mutant {
  readonly without: string;
  readonly launcher: Launcher;
  /** Names of rules, up to their colon or whole. */
  readonly breaks: readonly string[];
}

export const TEMPLATE = template as Launcher;

export function withBackend(change: (backend: Backend) => Partial<Backend>): Launcher {
  return {
    ...TEMPLATE,
    async connect(target, services) {
      const backend = await TEMPLATE.connect(target, services);
      return { ...backend, ...change(backend) };
    },
  };
}

export function withOutcome(change: (outcome: SubmitOutcome, plan: Plan, launch: Launch) => SubmitOutcome): Launcher {
  return withBackend((backend) => ({ submit: async (plan, launch) => change(await backend.submit(plan, launch), plan, launch) }));
}

export function withObservation(change: (seen: Observation) => Observation): Launcher {
  return withBackend((backend) => ({ inspect: async (launched, signal) => (await backend.inspect(launched, signal)).map(change) }));
}
