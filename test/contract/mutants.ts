/** The template launcher with one thing at a time taken out, and the rules that must notice. */
import type { Failure, FailureClass } from "../../shared/core/failure.ts";
import type { Backend, Launch, Launcher, Observation, Plan, SubmitOutcome } from "../../shared/core/launcher.ts";
import { template } from "../../shared/launchers/_template/index.ts";

/** A launcher that lacks one thing. */
export interface Mutant {
  readonly without: string;
  readonly launcher: Launcher;
  /** Names of rules, up to their colon or whole. */
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

function withOutcome(change: (outcome: SubmitOutcome, plan: Plan, launch: Launch) => SubmitOutcome): Launcher {
  return withBackend((backend) => ({ submit: async (plan, launch) => change(await backend.submit(plan, launch), plan, launch) }));
}

function withObservation(change: (seen: Observation) => Observation): Launcher {
  return withBackend((backend) => ({ inspect: async (launched) => (await backend.inspect(launched)).map(change) }));
}

function withInput(change: (input: Readonly<Record<string, unknown>>) => object): Launcher {
  return {
    ...TEMPLATE,
    plan(run, target) {
      const { calls } = TEMPLATE.plan(run, target);
      return {
        calls: calls.map(({ api, input }) => ({
          api,
          input: { ...(input as object), ...change(input as Readonly<Record<string, unknown>>) },
        })),
      };
    },
  };
}

/** Refusals of one class taken for another. */
function misclassified(from: FailureClass, to: FailureClass): Launcher {
  const changed = (failure: Failure): Failure => (failure.class === from ? { ...failure, class: to } : failure);
  return withOutcome((outcome) => (outcome.status === "refused" ? { ...outcome, failure: changed(outcome.failure) } : outcome));
}

const UNRECOGNISED: Failure = { class: "unknown", code: "ERROR", message: "something", recognised: false };

export const MUTANTS: readonly Mutant[] = [
  {
    without: "a stable name",
    launcher: withInput(() => ({ name: `job-${Math.random()}` })),
    breaks: ["plan: the same", "plan: reads no", "a foreign object", "time over while", "repeated while the", "find: absent before"],
  },
  { without: "a plan free of time", launcher: withInput(() => ({ entrypoint: [String(Date.now() > 0)] })), breaks: ["plan: reads no"] },
  {
    without: "a plan free of the environment",
    launcher: withInput(() => ({ entrypoint: [process.env["SLIPWAY_NOT_SET"] ?? "none"] })),
    breaks: ["plan: reads no"],
  },
  {
    without: "a sorted environment",
    launcher: {
      ...TEMPLATE,
      plan: (run, target) => ({
        calls: [
          {
            api: "template:createJob",
            input: {
              ...(TEMPLATE.plan(run, target).calls[0]?.input as object),
              env: { ...target.env, ...run.request.runConfig.env, SLIPWAY_RUN_ID: run.request.id, SLIPWAY_ATTEMPT: String(run.attempt) },
            },
          },
        ],
      }),
    },
    breaks: ["plan: the same"],
  },
  {
    without: "care for what it is given",
    launcher: {
      ...TEMPLATE,
      plan: (run, target) =>
        TEMPLATE.plan({ ...run, request: Object.assign(run.request, { name: run.request.name ?? "unnamed" }) }, target),
    },
    breaks: ["plan: leaves what"],
  },
  {
    without: "an operation's name",
    launcher: {
      ...TEMPLATE,
      plan: (run, target) => ({ calls: TEMPLATE.plan(run, target).calls.map(({ input }) => ({ api: "create", input })) }),
    },
    breaks: ["plan: every call"],
  },
  {
    without: "the attempt in the name",
    launcher: withInput(({ name }) => ({ name: String(name).replace(/-\d+$/, "") })),
    breaks: ["a new attempt", "a foreign object", "time over while", "find: absent before"],
  },
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
    without: "order",
    launcher: withBackend((backend) => ({
      inspect: async (launched) => (await backend.inspect(launched)).filter(({ status }) => status !== "absent"),
    })),
    breaks: ["a foreign object", "inspect of many", "what vanished without"],
  },
  {
    without: "milliseconds",
    launcher: withObservation((seen) => (seen.status === "ended" ? { ...seen, endedAt: Math.floor(seen.endedAt / 1000) } : seen)),
    breaks: ["running, then SUCCEEDED"],
  },
  {
    without: "exit codes",
    launcher: withObservation((seen) =>
      seen.status === "ended" && seen.outcome.state === "FAILED"
        ? { ...seen, outcome: { state: "FAILED", failure: { class: "app_error", reason: "it failed" } } }
        : seen,
    ),
    breaks: ["a failed run"],
  },
  {
    without: "failures",
    launcher: withObservation((seen) => (seen.status === "ended" ? { ...seen, outcome: { state: "SUCCEEDED", exitCode: 0 } } : seen)),
    breaks: ["running, then FAILED", "a failed run", "stop while it"],
  },
  {
    without: "doubt about what vanished",
    launcher: withObservation((seen) =>
      seen.status === "absent"
        ? {
            status: "ended",
            handle: { id: "gone" },
            endedAt: 1,
            outcome: { state: "FAILED", failure: { class: "interrupted", reason: "it is gone" } },
          }
        : seen,
    ),
    breaks: ["a foreign object", "inspect of many", "what vanished without"],
  },
  {
    without: "telling no answer from no run",
    launcher: withObservation((seen) => (seen.status === "unknown" ? { status: "absent" } : seen)),
    breaks: ["a look that"],
  },
  {
    without: "the memory of another dispatcher",
    launcher: withBackend((backend) => {
      const mine = new Set<string>();
      return {
        async submit(plan, launch) {
          mine.add(launch.key);
          return backend.submit(plan, launch);
        },
        inspect: async (launched) =>
          (await backend.inspect(launched)).map((seen, index) => (mine.has(launched[index]?.key ?? "") ? seen : { status: "absent" })),
      };
    }),
    breaks: ["accepted: gives a", "inspect of many", "stop while it"],
  },
  {
    without: "presence in find",
    launcher: withBackend(() => ({ find: async () => ({ status: "absent" }) })),
    breaks: ["time over while", "a look that", "find: absent before"],
  },
  {
    without: "a landing time",
    launcher: (({ landingSeconds: _landingSeconds, ...rest }) => rest)(TEMPLATE),
    breaks: ["find: absent before"],
  },
  { without: "an effect of stop", launcher: withBackend(() => ({ stop: async () => {} })), breaks: ["stop while it"] },
  {
    without: "patience of stop",
    launcher: withBackend((backend) => ({
      async stop(launched, reason) {
        const [seen] = await backend.inspect([launched]);
        if (seen?.status !== "running") throw new Error("it does not run");
        await backend.stop(launched, reason);
      },
    })),
    breaks: ["a foreign object", "stop before the", "stop after the"],
  },
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

/** The few rules that the naive launcher keeps. */
export const NAIVE_KEEPS: readonly string[] = ["plan: every call", "a new attempt"];
