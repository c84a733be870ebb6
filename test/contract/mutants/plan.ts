/** Plans that are not pure, and submits that are not safe to repeat for it. */
import type { Launcher } from "../../../shared/core/launcher.ts";
import { type Mutant, TEMPLATE } from "./mutant.ts";

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

/** The rules of what is found again by its name. */
const LEFTOVERS = ["a list that", "a removal that", "owned: what this", "owned: an end", "remove: what an", "remove of what"];

export const PLAN_MUTANTS: readonly Mutant[] = [
  {
    without: "a stable name",
    launcher: withInput(() => ({ name: `job-${Math.random()}` })),
    breaks: [
      "plan: the same",
      "plan: reads no",
      "a foreign object",
      "time over while",
      "repeated while the",
      "find: absent before",
      ...LEFTOVERS,
    ],
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
    breaks: ["a new attempt", "a foreign object", "time over while", "find: absent before", ...LEFTOVERS],
  },
];
