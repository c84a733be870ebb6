/** Elements. Texts become text nodes, whatever is in them. */

/**
 * @param {string} tag
 * @param {Record<string, string | boolean | ((event: Event) => void) | undefined>} attributes a function listens to the event of that name
 * @param {...(Node | string | undefined)} children
 */
export function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (typeof value === "string") made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A state, in its colour. @param {string | undefined} state */
export function stateMark(state) {
  return element("span", { class: "state", "data-state": state ?? "" }, state ?? "not here yet");
}

/** A point in time, short, with all of it on hovering. @param {string | undefined} iso */
export function time(iso) {
  if (iso === undefined) return "";
  const date = new Date(iso);
  const isToday = date.toDateString() === new Date().toDateString();
  const shown = isToday ? date.toLocaleTimeString() : date.toLocaleString();
  return element("time", { datetime: iso, title: iso }, shown);
}

/** How long it was from one to the other, or is by now. @param {string | undefined} from @param {string | undefined} to */
export function duration(from, to) {
  if (from === undefined) return "";
  const seconds = Math.max(0, ((to === undefined ? Date.now() : Date.parse(to)) - Date.parse(from)) / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A link to a run's page. @param {string} id */
export function runLink(id) {
  return element("a", { href: runAddress(id), class: "id" }, id);
}

/** The address of a run's page. @param {string} id */
export function runAddress(id) {
  return `#/runs/${encodeURIComponent(id)}`;
}
