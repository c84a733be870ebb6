/** Submits that start twice, or say what they do not know. */
import type { Failure, FailureClass } from "../../../shared/core/failure.ts";
import type { Launcher } from "../../../shared/core/launcher.ts";
import { type Mutant, withBackend, withOutcome } from "./mutant.ts";

/** Refusals of one class taken for another. */
function misclassified(from: FailureClass, to: FailureClass): Launcher {
  const changed = (failure: Failure): Failure => (failure.class === from ? { ...failure, class: to } : failure);
  return withOutcome((outcome) => (outcome.status === "refused" ? { ...outcome, failure: changed(outcome.failure) } : outcome));
}

const UNRECOGNISED: Failure = { class: "unknown", code: "ERROR", message: "something", recognised: false };

export const SUBMIT_MUTANTS: readonly Mutant[] = [
  {
    without: "an idempotency key",
    launcher: withBackend((backend) => ({
      submit: (plan, launch) => {
        const chance = String(Math.random()).slice(2);
        const calls = plan.calls.map(({ api, input }) => ({
          api,
          input: { ...(input as object), name: `slipway-test-${launch.key}-${chance}` },
        }));
        return backend.submit({ calls }, { ...launch, key: launch.key + chance });
      },
    })),
    breaks: [
      "submitted twice: starts",
      "submitted twenty times",
      "ours is adopted",
      "submitted after the",
      "a foreign object",
      "answer lost after",
      "time over while",
      "repeated while the",
      "find: absent before",
      "a removal that",
      "owned: what this",
      "remove: what an",
    ],
  },
  {
    without: "a class for a lost answer",
    launcher: withOutcome((outcome) => (outcome.status === "unknown" ? { ...outcome, status: "refused" } : outcome)),
    breaks: ["answer lost after", "call lost on", "time over while"],
  },
  {
    without: "telling a call that was not sent from one that was lost",
    launcher: withOutcome((outcome) =>
      outcome.status === "refused" && outcome.failure.class === "unavailable" ? { ...outcome, status: "unknown" } : outcome,
    ),
    breaks: ["a call that", "time over before"],
  },
  {
    without: "a row for lost answers",
    launcher: withOutcome((outcome) => (outcome.status === "unknown" ? { ...outcome, failure: UNRECOGNISED } : outcome)),
    breaks: ["time over while"],
  },
  {
    without: "heed of the deadline",
    launcher: withBackend((backend) => ({
      submit: (plan, { signal: _signal, ...launch }) => backend.submit(plan, { ...launch, signal: new AbortController().signal }),
    })),
    breaks: ["time over before", "time over while", "repeated while the"],
  },
  {
    without: "a look at whose it is",
    launcher: withOutcome((outcome, _plan, { key, attempt }) =>
      outcome.status === "refused" && outcome.failure.class === "conflict"
        ? { status: "accepted", handle: { id: `slipway-test-${key}-${attempt}` } }
        : outcome,
    ),
    breaks: ["a foreign object"],
  },
  { without: "want of capacity", launcher: misclassified("capacity", "unavailable"), breaks: ["refused, capacity: has"] },
  { without: "throttling", launcher: misclassified("throttled", "capacity"), breaks: ["refused, throttled: has"] },
  { without: "denial", launcher: misclassified("denied", "unavailable"), breaks: ["refused, denied: has"] },
  { without: "faulty requests", launcher: misclassified("invalid", "denied"), breaks: ["refused, invalid: has"] },
  {
    without: "discretion in failures",
    launcher: withOutcome((outcome, plan) =>
      outcome.status === "refused"
        ? { ...outcome, failure: { ...outcome.failure, message: `could not take ${JSON.stringify(plan)}` } }
        : outcome,
    ),
    breaks: ["no value of"],
  },
  {
    without: "discretion on the terminal",
    launcher: withOutcome((outcome) => {
      console.log("launched");
      return outcome;
    }),
    breaks: ["no value of"],
  },
];
