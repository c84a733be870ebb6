/** The list of runs. */
import { call } from "./api.js";
import { duration, element, runLink, stateMark, time } from "./dom.js";
import { problemNote } from "./problem.js";
import { refresh } from "./refresh.js";
import { STATES } from "./states.js";

const DAYS = ["1", "7", "30", "366"];

/** @param {HTMLElement} main @param {import("./main.js").View} view */
export async function showRuns(main, { query, signal, leave, go }) {
  const note = element("div", { class: "note" });
  const body = element("tbody", {});
  const more = element("div", { class: "more" });
  const empty = element(
    "p",
    { class: "empty", hidden: true },
    "No run of that kind yet. ",
    element("a", { href: "#/submit" }, "Submit one"),
    ".",
  );
  main.replaceChildren(filters(query, go), note, table(body), empty, more);
  /** @type {Node[]} */
  let older = [];

  const list = (/** @type {string | undefined} */ cursor, /** @type {AbortSignal} */ aborted) => {
    const asked = new URLSearchParams(query);
    if (cursor !== undefined) asked.set("cursor", cursor);
    return call("GET", `runs?${asked}`, { signal: aborted });
  };
  const offer = (/** @type {string | null} */ cursor) => {
    if (cursor === null) return more.replaceChildren();
    const load = async () => {
      button.setAttribute("disabled", "");
      const page = await list(cursor, signal).catch((error) => void note.replaceChildren(problemNote(error)));
      button.removeAttribute("disabled");
      if (page === undefined) return;
      const rows = page.runs.map(row);
      older = [...older, ...rows];
      body.append(...rows);
      offer(page.cursor);
    };
    const button = element("button", { type: "button", click: load }, "Older runs");
    more.replaceChildren(button);
  };

  await refresh({
    load: (aborted) => list(undefined, aborted),
    show: ({ runs, cursor }) => {
      // Who reads older pages is not to lose them under the eyes.
      if (older.length > 0) return true;
      body.replaceChildren(...runs.map(row));
      empty.hidden = runs.length > 0 || cursor !== null;
      offer(cursor);
      return true;
    },
    note,
    signal,
    leave,
  });
}

/** @param {any} run */
function row(run) {
  const cells = [
    stateMark(run.state),
    runLink(run.id),
    run.flow_name ?? run.name ?? "",
    run.target ?? "",
    run.type ?? "",
    time(run.created_at),
    run.ended_at === undefined && run.started_at === undefined ? "" : duration(run.started_at ?? run.launched_at, run.ended_at),
  ];
  return element("tr", {}, ...cells.map((cell) => element("td", {}, cell)));
}

/** @param {HTMLElement} body */
function table(body) {
  const heads = ["State", "Run", "Name", "Target", "Type", "Created", "Took"].map((name) => element("th", { scope: "col" }, name));
  return element("table", { class: "runs" }, element("thead", {}, element("tr", {}, ...heads)), body);
}

/** @param {URLSearchParams} query @param {(address: string) => void} go */
function filters(query, go) {
  const choose = (/** @type {string} */ name, /** @type {string} */ label, /** @type {[string, string][]} */ choices) => {
    const options = choices.map(([value, text]) => element("option", { value, selected: (query.get(name) ?? "") === value }, text));
    return element("label", {}, label, element("select", { name }, ...options));
  };
  const write = (/** @type {string} */ name, /** @type {string} */ label) =>
    element("label", {}, label, element("input", { name, value: query.get(name) ?? "", autocomplete: "off", spellcheck: "false" }));
  const changed = (/** @type {Event} */ event) => {
    event.preventDefault();
    const given = [...new FormData(form)].filter(([, value]) => value !== "");
    go(`#/runs?${new URLSearchParams(/** @type {[string, string][]} */ (given))}`);
  };
  const form = /** @type {HTMLFormElement} */ (
    element(
      "form",
      { class: "filters", submit: changed, change: changed },
      choose("state", "State", [["", "any"], ...STATES.map((state) => /** @type {[string, string]} */ ([state, state]))]),
      write("target", "Target"),
      write("label", "Label"),
      choose("days", "Of the last", [
        ["", "7 days"],
        ...DAYS.filter((days) => days !== "7").map(
          (days) => /** @type {[string, string]} */ ([days, days === "1" ? "day" : `${days} days`]),
        ),
      ]),
      element("button", { type: "submit", class: "quiet" }, "Filter"),
    )
  );
  return form;
}
