import { Refusal } from "./errors.ts";
import { type Routing, reasonAgainst, route } from "./route.ts";
import type { RunRequest } from "./run.ts";
import type { Target } from "./target.ts";

/** Why a target is the one, or is not; `reason` is a person's sentence. */
export interface TargetAnswer {
  readonly target: Target;
  readonly chosen: boolean;
  readonly reason: string;
}

/** Where a run goes, and what each target says to it, in the document's order. */
export interface RouteExplanation {
  readonly chosen?: Target;
  /** Where no target takes it: what it would be refused with. */
  readonly refusal?: Refusal;
  /** Why that one, or why none. */
  readonly reason: string;
  readonly answers: readonly TargetAnswer[];
}

/** Tells what `route` decides, and why, without throwing. */
export function explainRoute(request: RunRequest, routing: Routing): RouteExplanation {
  const chosen = routed(request, routing);
  if (chosen instanceof Refusal) {
    const answers = routing.targets.map((target) => ({ target, chosen: false, reason: refusedBy(request, target, routing, chosen) }));
    return { refusal: chosen, reason: chosen.issues[0]?.message ?? chosen.message, answers };
  }
  const why = request.target === undefined ? reasonFor(request) : "the request pins it, whatever the labels";
  const answers = routing.targets.map((target) =>
    target === chosen
      ? { target, chosen: true, reason: why }
      : { target, chosen: false, reason: passedOver(request, target, routing, chosen) },
  );
  return { chosen, reason: why, answers };
}

function routed(request: RunRequest, routing: Routing): Target | Refusal {
  try {
    return route(request, routing);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function reasonFor({ runConfig: { type, labels } }: RunRequest): string {
  return `the first that runs ${type} and has ${labels.length === 0 ? "no labels, as the run has none" : "the run's labels"}`;
}

function passedOver(request: RunRequest, target: Target, routing: Routing, chosen: Target): string {
  if (request.target !== undefined) return `the request pins "${request.target}"`;
  return reasonAgainst(request, target, routing) ?? `it could, but "${chosen.name}" comes first`;
}

function refusedBy(request: RunRequest, target: Target, routing: Routing, refusal: Refusal): string {
  if (request.target === undefined) return reasonAgainst(request, target, routing) ?? "";
  return request.target === target.name ? (refusal.issues[0]?.message ?? "") : `the request pins "${request.target}"`;
}
