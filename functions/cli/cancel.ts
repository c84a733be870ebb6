import { runKey } from "../../shared/core/identity.ts";
import { noteCancel } from "../../shared/core/note-cancel.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { isTerminal, type RunState } from "../../shared/core/run-state.ts";
import type { State } from "../composition/state.ts";
import { shellWord } from "../shell-word.ts";
import { connect } from "./connection.ts";
import { localTime, oneLine } from "./format.ts";
import { runId } from "./ids.ts";

/** What came of a cancel. */
interface Cancelled {
  readonly id: string;
  readonly outcome: "requested" | "requested before" | "remembered" | "ended already";
  readonly state: RunState | null;
  readonly text: string;
}

/** `slipway cancel ID`: whatever the run does, and also before it is known. */
export async function cancel(id: string, options: { json?: boolean }): Promise<void> {
  const known = runId(id);
  const { text, ...view } = await requested(await connect(), known, Date.now());
  console.log(options.json ? JSON.stringify(view) : oneLine(text));
}

async function requested(state: State, id: string, now: number): Promise<Cancelled> {
  const { applied, item } = await noteCancel(state.store, runKey(id), now);
  if (applied) {
    const again = item.cancelRequestedAt !== undefined && item.cancelRequestedAt < now;
    const woken = await state.send(JSON.stringify({ run: id })).then(
      () => "",
      // What is to be done is written down: the sweep finds it there.
      () => "; the queue can't be reached, so the next sweep acts on it",
    );
    const before = again ? `was requested at ${localTime(item.cancelRequestedAt ?? now)} already; asked again` : "requested";
    return {
      id,
      outcome: again ? "requested before" : "requested",
      state: item.state ?? null,
      text: `cancel ${before}: ${whatFollows(item)}${woken}`,
    };
  }
  if (item?.state !== undefined && isTerminal(item.state)) {
    const when = item.endedAt === undefined ? "" : ` since ${localTime(item.endedAt)}`;
    const text = `nothing to cancel: the run is ${item.state}${when}, and stays so`;
    return { id, outcome: "ended already", state: item.state, text };
  }
  // The dispatcher writes down what an id not yet seen is to find.
  if (item === undefined) await state.send(JSON.stringify({ cancel: { id } }));
  const text = `no run has this id yet; the cancel is remembered: its request will not be launched when it comes`;
  return { id, outcome: "remembered", state: null, text };
}

function whatFollows(run: RunRecord): string {
  const show = `(\`slipway show --follow ${shellWord(run.id)}\`)`;
  switch (run.state) {
    case "ACCEPTED":
    case "WAITING":
      return "nothing of the run exists, and it will not be launched";
    case "LAUNCHING":
      return `it is settled first whether the run was launched; then it is stopped ${show}`;
    default:
      return `${run.target ?? "its target"} is asked to stop it ${show}`;
  }
}
