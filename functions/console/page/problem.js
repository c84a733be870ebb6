import { Problem } from "./api.js";
import { element } from "./dom.js";

/** What went wrong, as it is shown. @param {unknown} error */
export function problemNote(error) {
  if (!(error instanceof Problem)) return element("p", { class: "problem", role: "alert" }, String(error));
  const issues =
    error.issues.length > 1 ? error.issues.map(({ path, message }) => element("li", {}, element("code", {}, path), ` ${message}`)) : [];
  return element(
    "div",
    { class: "problem", role: "alert" },
    element(
      "p",
      {},
      element("strong", {}, error.code || "Problem"),
      " ",
      error.path ? element("code", {}, error.path) : "",
      error.path ? ": " : "",
      error.message,
    ),
    issues.length > 0 ? element("ul", {}, ...issues) : undefined,
    error.remedy ? element("p", { class: "remedy" }, error.remedy) : undefined,
  );
}
