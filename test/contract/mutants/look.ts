/** Looks that say what was not seen, and stops that do not stop. */
import { type Mutant, TEMPLATE, withBackend, withObservation } from "./mutant.ts";

export const LOOK_MUTANTS: readonly Mutant[] = [
  {
    without: "order",
    launcher: withBackend((backend) => ({
      inspect: async (launched, signal) => (await backend.inspect(launched, signal)).filter(({ status }) => status !== "absent"),
    })),
    breaks: ["a foreign object", "inspect of many", "inspect of more", "what vanished without"],
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
    breaks: ["a foreign object", "inspect of many", "inspect of more", "what vanished without"],
  },
  {
    without: "telling no answer from no run",
    launcher: withObservation((seen) => (seen.status === "unknown" ? { status: "absent" } : seen)),
    breaks: ["a look that", "a service that does not answer"],
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
        inspect: async (launched, signal) =>
          (await backend.inspect(launched, signal)).map((seen, index) =>
            mine.has(launched[index]?.key ?? "") ? seen : { status: "absent" },
          ),
      };
    }),
    breaks: ["accepted: gives a", "inspect of many", "stop while it", "a service that does not answer", "a stop that"],
  },
  {
    without: "presence in find",
    launcher: withBackend(() => ({ find: async () => ({ status: "absent" }) })),
    breaks: ["time over while", "a look that", "find: absent before", "a service that does not answer"],
  },
  {
    without: "a landing time",
    launcher: (({ landingSeconds: _landingSeconds, ...rest }) => rest)(TEMPLATE),
    breaks: ["find: absent before"],
  },
  { without: "an effect of stop", launcher: withBackend(() => ({ stop: async () => {} })), breaks: ["stop while it", "a stop that"] },
  {
    without: "patience of stop",
    launcher: withBackend((backend) => ({
      async stop(launched, reason, signal) {
        const [seen] = await backend.inspect([launched], signal);
        if (seen?.status !== "running") throw new Error("it does not run");
        await backend.stop(launched, reason, signal);
      },
    })),
    breaks: ["a foreign object", "stop before the", "stop after the"],
  },
];
