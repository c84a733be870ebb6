/** What would become of a request: where it goes, and whether it can be launched there. Nothing is launched. */
import { orRefusal, Refusal, TemplateUnavailable } from "../../shared/core/errors.ts";
import type { RouteExplanation } from "../../shared/core/explain-route.ts";
import { type Prepared, prepareFor } from "../../shared/core/prepare.ts";
import type { RunRequest } from "../../shared/core/run.ts";
import type { Configuration } from "../../shared/core/target.ts";
import { planningOf } from "../composition/planning.ts";
import { stateFolder } from "./connection.ts";
import { explained } from "./planning.ts";

/** What a configuration makes of a request. */
export interface Judgement {
  readonly explanation: RouteExplanation;
  /** What it would be refused with: no target takes it, or the one that does can't launch it. */
  readonly refusal?: Refusal;
  /** Why it could not be planned here and now, which says nothing against it. */
  readonly unplanned?: string;
}

/** Routes a request, and plans it for its target, as it is before its launch. */
export async function judge(request: RunRequest, configuration: Configuration): Promise<Judgement> {
  const explanation = explained(configuration, request);
  const { chosen, refusal } = explanation;
  if (chosen === undefined) return refusal === undefined ? { explanation } : { explanation, refusal };
  const planning = await planningOf(configuration, { stateFolder: stateFolder() }, { environment: process.env });
  const planned = await orWhyUnread(orRefusal(prepareFor(planning, request, 1, chosen)));
  if (planned instanceof Refusal) return { explanation, refusal: planned };
  return typeof planned === "string" ? { explanation, unplanned: planned } : { explanation };
}

async function orWhyUnread(planning: Promise<Prepared | Refusal>): Promise<Prepared | Refusal | string> {
  try {
    return await planning;
  } catch (error) {
    if (!(error instanceof TemplateUnavailable)) throw error;
    return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
  }
}
