/** GET /runs, GET /runs/{id}, GET /targets: what a sender may see, which is what it may use. */
import { isWithin } from "../../shared/core/accept.ts";
import { explainRun } from "../../shared/core/explain.ts";
import { runKey } from "../../shared/core/identity.ts";
import { mayUse } from "../../shared/core/route.ts";
import type { Composition } from "../compose.ts";
import { explanationFor } from "../explanation.ts";
import { runView, viewOf } from "../run-view.ts";
import { targetView } from "../target-view.ts";
import type { Sender } from "./authenticate.ts";
import { HttpProblem } from "./problem.ts";
import { cursorOf, runFilter } from "./query.ts";

/** Filters look at so many runs for one answer; the cursor goes on from there. */
const MOST_READ = 2000;

/** A page of the list of runs, newest first. */
export async function listRuns({ context, listRuns: list }: Composition, sender: Sender, query: URLSearchParams) {
  const { limit, days, after, matches } = runFilter(query);
  const page = await list({
    now: context.clock.now(),
    days,
    limit,
    mostRead: MOST_READ,
    where: (run) => maySee(sender, run) && matches(run),
    ...(after === undefined ? {} : { after }),
  });
  return { runs: page.runs.map(runView), cursor: page.next === undefined ? null : cursorOf(page.next) };
}

/** One run with its history, and why it stands where it stands. Throws NOT_FOUND, also for a run that the sender may not see. */
export async function showRun({ context }: Composition, sender: Sender, id: string) {
  const run = await context.store.read(runKey(id));
  if (run === undefined || !maySee(sender, run)) throw new HttpProblem("NOT_FOUND", "there is no such run", { path: "id" });
  return { ...runView(run), explanation: viewOf(explanationFor(id, explainRun(run, context.clock.now()))) };
}

/** The targets, without their environment. */
export function listTargets({ context: { planning } }: Composition, sender: Sender) {
  const targets = planning.configuration.targets.filter(({ name }) => mayUse(name, sender.targets));
  return { targets: targets.map((target) => targetView(planning, target)) };
}

function maySee({ targets }: Sender, run: Parameters<typeof isWithin>[0]): boolean {
  return targets === undefined || isWithin(run, targets);
}
