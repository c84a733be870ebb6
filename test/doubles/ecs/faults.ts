/** What a test lets go wrong with the next requests. */
import type { Json } from "../../../shared/core/json.ts";
import { type ErrorAnswer, REFUSALS, type RefusalName } from "./refusal.ts";
import type { OperationName } from "./wire.ts";

interface Aimed {
  /** Absent: any. */
  readonly operation?: OperationName;
  /** 1 where not said. */
  readonly times?: number;
  readonly where?: (input: Json) => boolean;
}

/** The connection breaks: before the request is applied, after it, or long before the service applies it all the same. */
export type LostAnswer = Aimed & ({ readonly when: "before" | "after" } | { readonly when: "late"; readonly lateMs: number });

/** The service refuses, and does nothing. */
export interface Refused extends Aimed {
  readonly error: RefusalName | "accessDenied" | ErrorAnswer;
}

/** A right that callers lack: `ecs:RunTask`, `iam:PassRole`, `sts:AssumeRole`, …; for one resource or for all. */
export interface Denied {
  readonly action: string;
  readonly resource?: string;
}

export type Fault =
  | { readonly kind: "lost"; readonly when: "before" | "after" }
  | { readonly kind: "late"; readonly lateMs: number }
  | { readonly kind: "refused"; readonly error: ErrorAnswer | "accessDenied" };

export interface Faults {
  loseAnswer(lost: LostAnswer): void;
  refuse(refused: Refused): void;
  deny(denied: Denied): void;
  allow(): void;
  isDenied(action: string, resource: string): boolean;
  /** The fault that is planned for this request, used up by it. */
  take(operation: OperationName, input: () => Json): Fault | undefined;
  clear(): void;
}

export function faultPlan(): Faults {
  let planned: { readonly aim: Aimed; readonly fault: Fault; left: number }[] = [];
  let denied: Denied[] = [];

  function plan(aim: Aimed, fault: Fault): void {
    planned.push({ aim, fault, left: aim.times ?? 1 });
  }

  return {
    loseAnswer(lost) {
      plan(lost, lost.when === "late" ? { kind: "late", lateMs: lost.lateMs } : { kind: "lost", when: lost.when });
    },
    refuse(refused) {
      const { error } = refused;
      plan(refused, { kind: "refused", error: error === "accessDenied" || typeof error === "object" ? error : REFUSALS[error] });
    },
    deny: (right) => void denied.push(right),
    allow() {
      denied = [];
    },
    isDenied: (action, resource) =>
      denied.some((right) => right.action === action && (right.resource === undefined || right.resource === resource)),
    take(operation, input) {
      if (planned.length === 0) return undefined;
      const hit = planned.find(
        ({ aim }) => (aim.operation === undefined || aim.operation === operation) && (aim.where === undefined || aim.where(input())),
      );
      if (hit === undefined) return undefined;
      hit.left--;
      if (hit.left <= 0) planned = planned.filter((other) => other !== hit);
      return hit.fault;
    },
    clear() {
      planned = [];
      denied = [];
    },
  };
}
