/** What came of a submit as it may be told: AWS's validation repeats values of the request. */
import { isList, isObject, type Json } from "../../core/json.ts";
import type { SubmitOutcome } from "../../core/launcher.ts";
import { redacted } from "../../core/redact.ts";
import type { EcsPlan } from "./plan.ts";

/** The outcome, without a piece of the run's variables in its message. */
export function told(outcome: SubmitOutcome, { calls }: EcsPlan): SubmitOutcome {
  if (outcome.status === "accepted") return outcome;
  const { failure } = outcome;
  return {
    ...outcome,
    failure: {
      ...failure,
      message: redacted(
        failure.message,
        calls.flatMap(({ input }) => valuesIn(input)),
      ),
    },
  };
}

/** The values of all variables that a document sets, but for the names that we give ourselves. */
function valuesIn(document: Json): readonly string[] {
  if (isList(document)) return document.flatMap(valuesIn);
  if (!isObject(document)) return [];
  return Object.entries(document).flatMap(([field, inner]) =>
    field === "environment" && isList(inner) ? inner.flatMap(valueOfVariable) : valuesIn(inner),
  );
}

function valueOfVariable(variable: Json): readonly string[] {
  if (!isObject(variable)) return [];
  const { name, value } = variable;
  const isOurs = typeof name === "string" && name.startsWith("SLIPWAY_") && name !== "SLIPWAY_PARAMETERS";
  return typeof value === "string" && !isOurs ? [value] : [];
}
