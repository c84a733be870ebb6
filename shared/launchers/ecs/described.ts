/** A definition that is used as it is, looked at before the RunTask: what the plan, which calls nobody, can't know. */
import type { TaskDefinition } from "@aws-sdk/client-ecs";
import { isObject, type JsonObject } from "../../core/json.ts";
import type { SubmitOutcome } from "../../core/launcher.ts";
import { FLOW } from "./documents.ts";
import { ecsFailure } from "./failures.ts";
import type { EcsPlan, RoleName } from "./plan.ts";
import { remembered } from "./remembered.ts";

/**
 * A revision never changes. A name without one means another definition as soon as somebody registers one, yet a description for each
 * launch would be a call more: what is looked for in it (a container, roles) changes seldom, and RunTask itself uses the latest.
 */
const UNREVISED_MILLISECONDS = 60_000;

/** A description takes some kilobytes. */
const MOST_KNOWN = 200;

type Describe = (name: string, signal: AbortSignal) => Promise<TaskDefinition>;

/** The RunTask input for a definition that is used as it is, or why it can't be used. Throws what `describe` throws. */
export type CheckAsItIs = (runTask: JsonObject, plan: EcsPlan, signal: AbortSignal) => Promise<JsonObject | RefusedAsItIs>;

export type RefusedAsItIs = Extract<SubmitOutcome, { status: "refused" }>;

/** Whether it is a refusal: RunTask has no field of this name. */
export function isRefused(checked: JsonObject | RefusedAsItIs): checked is RefusedAsItIs {
  return checked["status"] === "refused";
}

export function checkAsItIs(describe: Describe, now: () => number): CheckAsItIs {
  const known = remembered<{ readonly definition: Promise<TaskDefinition>; readonly until: number }>(MOST_KNOWN);

  function described(name: string, signal: AbortSignal): Promise<TaskDefinition> {
    const there = known.get(name);
    if (there !== undefined && now() < there.until) return there.definition;
    const asked = {
      definition: describe(name, signal),
      until: /:\d+$/.test(name) ? Number.POSITIVE_INFINITY : now() + UNREVISED_MILLISECONDS,
    };
    known.set(name, asked);
    asked.definition.catch(() => known.forget(name, asked));
    return asked.definition;
  }

  return async (runTask, plan, signal) => {
    const name = String(runTask["taskDefinition"]);
    const definition = await described(name, signal);
    const flow = definition.containerDefinitions?.find((container) => container.name === FLOW);
    if (flow === undefined) return refused(`the task definition ${name} has no container named "${FLOW}"`);
    if (flow.restartPolicy?.enabled) {
      return refused(`the container "${FLOW}" of the task definition ${name} has a restartPolicy: it would start the run a second time`);
    }
    const overrides = isObject(runTask["overrides"]) ? runTask["overrides"] : {};
    // The definition's own role comes before the target's, and that before the one of `run_task_kwargs`.
    const kept = Object.entries(overrides).filter(([role]) => !(has(definition, role) && plan.yieldingRoles.some((name) => name === role)));
    const added = Object.entries(plan.defaultRoles).filter(([role]) => overrides[role] === undefined && !has(definition, role));
    return { ...runTask, overrides: Object.fromEntries([...kept, ...added]) };
  };
}

function has(definition: TaskDefinition, role: string): boolean {
  return Boolean(definition[role as RoleName]);
}

function refused(message: string): RefusedAsItIs {
  return { status: "refused", failure: ecsFailure({ code: "ClientException", message }) };
}
