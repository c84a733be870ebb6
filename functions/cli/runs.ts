import { runKey } from "../../shared/core/identity.ts";
import { RUN_STATES, type RunState } from "../../shared/core/run-state.ts";
import { didYouMean } from "../../shared/core/suggest.ts";
import { isRunId } from "../../shared/schema/run-request.ts";
import { runView } from "../run-view.ts";
import { connect } from "./connection.ts";
import { describeRun } from "./describe.ts";
import { CommandFailure } from "./failure.ts";
import { localTime, runDuration, table } from "./format.ts";

/** `slipway runs`. */
export async function runs(options: { state?: string; target?: string; limit: number; days: number; json?: boolean }): Promise<void> {
  const state = options.state?.toUpperCase();
  if (state !== undefined && !RUN_STATES.includes(state as RunState)) {
    throw new CommandFailure(`no state is named ${state}${didYouMean(state, RUN_STATES)}; the states are ${RUN_STATES.join(", ")}`, 2);
  }
  const found = await (await connect()).recent({
    days: options.days,
    limit: options.limit,
    where: (run) => (state === undefined || run.state === state) && (options.target === undefined || run.target === options.target),
  });
  if (options.json) {
    console.log(JSON.stringify(found.map(runView), undefined, 2));
    return;
  }
  if (found.length === 0) {
    console.log("no runs yet: try `npx slipway submit examples/hello.json --wait`");
    return;
  }
  const rows = found.map((run) => [
    run.state ?? "",
    run.id,
    run.name ?? run.flowName ?? "",
    run.target ?? "",
    localTime(run.createdAt),
    runDuration(run, Date.now()),
    run.exitCode === undefined ? "" : String(run.exitCode),
  ]);
  console.log(table(["STATE", "ID", "NAME", "TARGET", "CREATED", "DURATION", "EXIT"], rows));
}

/** `slipway show ID`. */
export async function show(id: string, options: { json?: boolean }): Promise<void> {
  if (!isRunId(id)) throw new CommandFailure("that can't be a run's id: one is 1 to 200 printable ASCII characters", 2);
  const run = await (await connect()).store.read(runKey(id));
  if (run === undefined) throw new CommandFailure(`no run has the id "${id}" (\`slipway runs\` lists them)`);
  console.log(options.json ? JSON.stringify(runView(run), undefined, 2) : describeRun(run));
}
