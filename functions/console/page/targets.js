/** The targets that the token may use. */
import { call } from "./api.js";
import { element } from "./dom.js";
import { problemNote } from "./problem.js";

/** @param {HTMLElement} main @param {import("./main.js").View} view */
export async function showTargets(main, { signal, leave }) {
  try {
    const { targets } = await call("GET", "targets", { signal });
    const heads = ["Name", "Type", "Labels", "Takes", "Falls back to"].map((name) => element("th", { scope: "col" }, name));
    const rows = targets.map((/** @type {any} */ { name, type, labels, runs, fallback }) => {
      const runsThere = element("a", { href: `#/runs?${new URLSearchParams({ target: name })}` }, name);
      return element(
        "tr",
        {},
        ...[runsThere, type, labels.join(", "), runs.join(", "), fallback.join(", ")].map((cell) => element("td", {}, cell)),
      );
    });
    main.replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows)));
  } catch (error) {
    if (!signal.aborted && !leave(error)) main.replaceChildren(problemNote(error));
  }
}
