/** A run request by hand: looked at first, or sent. */
import { call } from "./api.js";
import { element, runAddress } from "./dom.js";
import { problemNote } from "./problem.js";

const EXAMPLE = {
  flow: { name: "Hello" },
  command: ["echo", "hello from Slipway"],
  run_config: { type: "UniversalRun", labels: [], env: {} },
};

/** What was written last, kept while the tab lives: nobody likes to write a request twice. */
let written = JSON.stringify(EXAMPLE, undefined, 2);
/** The id of what is being sent: sent twice it is still one run. */
let sending = crypto.randomUUID();

/** @param {HTMLElement} main @param {import("./main.js").View} view */
export async function showSubmit(main, { signal, leave, go }) {
  const note = element("div", { class: "note" });
  const planned = element("div", {});
  const area = /** @type {HTMLTextAreaElement} */ (
    element("textarea", { rows: "18", spellcheck: "false", "aria-label": "The run request, as JSON", autocomplete: "off" })
  );
  area.value = written;
  area.addEventListener("input", () => {
    written = area.value;
    sending = crypto.randomUUID();
    planned.replaceChildren();
    note.replaceChildren();
  });
  const asked = async (/** @type {() => Promise<void>} */ ask) => {
    note.replaceChildren();
    for (const button of buttons) button.setAttribute("disabled", "");
    try {
      await ask();
    } catch (error) {
      if (!signal.aborted && !leave(error)) note.replaceChildren(problemNote(error));
    } finally {
      for (const button of buttons) button.removeAttribute("disabled");
    }
  };
  const plan = () =>
    asked(async () => {
      const { target, launcher, calls } = await call("POST", "plan", { body: area.value, signal });
      const shown = calls.map((/** @type {any} */ { api, input }) =>
        element("div", {}, element("h3", {}, api), element("pre", {}, JSON.stringify(input, undefined, 2))),
      );
      planned.replaceChildren(element("h2", {}, `Would go to ${target} (${launcher})`), ...shown);
    });
  const send = () =>
    asked(async () => {
      const { id } = await call("POST", "runs", { body: withId(area.value), signal });
      sending = crypto.randomUUID();
      go(runAddress(id));
    });
  const buttons = [
    element("button", { type: "button", click: plan, class: "quiet" }, "Show what it would launch"),
    element("button", { type: "button", click: send }, "Submit"),
  ];
  main.replaceChildren(element("h1", {}, "Submit a run"), area, element("div", { class: "actions" }, ...buttons), note, planned);
}

/** The request with an id of ours where it brings none; what can't be read is for the server to say. @param {string} text */
function withId(text) {
  try {
    const request = JSON.parse(text);
    return typeof request === "object" && request !== null && !Array.isArray(request) && request.id === undefined
      ? JSON.stringify({ ...request, id: sending })
      : text;
  } catch {
    return text;
  }
}
