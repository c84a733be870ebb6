/** One run: where it stands and why, its facts, its history. */
import { call } from "./api.js";
import { duration, element, stateMark, time } from "./dom.js";
import { problemNote } from "./problem.js";
import { refresh } from "./refresh.js";
import { ENDED } from "./states.js";

/** Shown elsewhere on the page. */
const ELSEWHERE = ["id", "state", "timeline", "explanation", "labels", "links", "issues", "failure"];

/** @param {HTMLElement} main @param {import("./main.js").View} view */
export async function showRun(main, { id = "", signal, leave }) {
  const note = element("div", { class: "note" });
  const asked = element("div", { class: "note" });
  const shown = element("div", {});
  main.replaceChildren(note, asked, shown);
  const address = `runs/${encodeURIComponent(id)}`;
  const cancel = async () => {
    const sure = confirm(`End the run "${id}"? What runs of it is stopped.`);
    if (!sure) return;
    try {
      await call("POST", `${address}/cancel`);
      asked.replaceChildren(element("p", { role: "status" }, "Its end is asked for."));
    } catch (error) {
      asked.replaceChildren(problemNote(error));
    }
  };
  await refresh({
    load: (aborted) => call("GET", address, { signal: aborted }),
    show: (run) => {
      const ended = ENDED.includes(run.state);
      shown.replaceChildren(
        heading(run, ended ? undefined : cancel),
        explanation(run.explanation),
        facts(run),
        history(run.timeline ?? []),
      );
      return !ended;
    },
    note,
    signal,
    leave,
  });
}

/** @param {any} run @param {(() => void) | undefined} cancel */
function heading(run, cancel) {
  return element(
    "div",
    { class: "heading" },
    element("h1", {}, stateMark(run.state), " ", element("span", { class: "id" }, run.id)),
    cancel === undefined ? undefined : element("button", { type: "button", class: "danger", click: cancel }, "Cancel the run"),
  );
}

/** @param {any} told */
function explanation({ summary, reason, first, waits, tried, next = [] }) {
  const blocked =
    first === undefined
      ? undefined
      : element(
          "p",
          {},
          "First blocked by ",
          element("code", {}, first.code),
          " at ",
          time(first.at),
          first.message === undefined ? "" : `: ${first.message}`,
        );
  const waiting =
    waits === undefined
      ? undefined
      : element("p", {}, `Waits for ${waits.for}`, waits.until === undefined ? "" : " until ", time(waits.until));
  return element(
    "section",
    { class: "explanation", "aria-label": "Why" },
    element("p", { class: "summary" }, summary),
    reason === undefined
      ? undefined
      : element("p", {}, element("code", {}, reason.code), reason.path ? " at " : "", reason.path ? element("code", {}, reason.path) : ""),
    blocked,
    waiting,
    element("p", {}, `Tried: ${tried}.`),
    element("ul", {}, ...next.map((/** @type {string} */ step) => element("li", {}, ...withCode(step)))),
  );
}

/** A text in which commands stand between backticks. @param {string} text */
function withCode(text) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? element("code", {}, part) : part));
}

/** @param {any} run */
function facts(run) {
  const rows = Object.entries(run)
    .filter(([name]) => !ELSEWHERE.includes(name))
    .map(([name, value]) => [name.replaceAll("_", " "), shownValue(name, value)]);
  if (run.started_at !== undefined) rows.push(["took", duration(run.started_at, run.ended_at)]);
  if (run.labels?.length > 0) rows.push(["labels", run.labels.join(", ")]);
  for (const [name, target] of Object.entries(run.links ?? {})) rows.push([name, link(String(target))]);
  const parts = rows.flatMap(([name, value]) => [
    element("dt", {}, /** @type {string} */ (name)),
    element("dd", {}, /** @type {any} */ (value)),
  ]);
  return element("dl", { class: "facts" }, ...parts);
}

/** @param {string} name @param {unknown} value */
function shownValue(name, value) {
  if (typeof value === "string") return /_(at|until)$/.test(name) ? time(value) : value;
  return typeof value === "object" ? element("code", {}, JSON.stringify(value)) : String(value);
}

/** Only addresses of the web are links: a record may hold any text. @param {string} target */
function link(target) {
  return /^https:\/\//.test(target)
    ? element("a", { href: target, rel: "noreferrer", target: "_blank" }, target)
    : element("code", {}, target);
}

/** @param {any[]} timeline */
function history(timeline) {
  const entries = timeline.map(({ at, event, ...more }) => {
    const rest = Object.entries(more).map(([name, value]) =>
      element("span", { class: "fact" }, `${name.replaceAll("_", " ")}: ${typeof value === "object" ? JSON.stringify(value) : value}`),
    );
    return element("li", {}, time(at), element("strong", {}, event), ...rest);
  });
  return element("section", {}, element("h2", {}, "History"), element("ol", { class: "history" }, ...entries));
}
