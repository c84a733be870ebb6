/** The template launcher with one thing at a time taken out, and the rules that must notice. */
import type { Backend, Launcher } from "../../shared/core/launcher.ts";
import { template } from "../../shared/launchers/_template/index.ts";

/** A launcher that lacks one thing. */
export interface Mutant {
  readonly without: string;
  readonly launcher: Launcher;
  readonly breaks: readonly string[];
}

const TEMPLATE = template as Launcher;

function withBackend(change: (backend: Backend) => Partial<Backend>): Launcher {
  return {
    ...TEMPLATE,
    async connect(target, services) {
      const backend = await TEMPLATE.connect(target, services);
      return { ...backend, ...change(backend) };
    },
  };
}

export const MUTANTS: readonly Mutant[] = [];
