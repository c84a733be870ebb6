/** What is shown at which address. */
import { Problem } from "./api.js";
import { runAddress } from "./dom.js";
import { showRun } from "./run.js";
import { showRuns } from "./runs.js";
import { signInByAddress, signOut, token } from "./session.js";
import { showSignIn } from "./sign-in.js";
import { showSubmit } from "./submit.js";
import { showTargets } from "./targets.js";

/**
 * What a page is shown with: the run that is meant, the parameters of its address, when it is left, how to leave it for another, and
 * whether an error is of the kind with which all end.
 * @typedef {{ id?: string, query: URLSearchParams, signal: AbortSignal, go: (address: string) => void, leave: (error: unknown) => boolean }} View
 */

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const openRun = /** @type {HTMLFormElement} */ (document.querySelector("#open-run"));
const signOutButton = /** @type {HTMLButtonElement} */ (document.querySelector("#sign-out"));
let left = new AbortController();

function show() {
  left.abort();
  left = new AbortController();
  if (token() === undefined) return signInPage(false);
  document.body.classList.remove("signed-out");
  const [path = "", parameters = ""] = location.hash.replace(/^#/, "").split("?");
  const view = { query: new URLSearchParams(parameters), signal: left.signal, go, leave };
  const id = /^\/runs\/(.+)$/.exec(path)?.[1];
  document.title = id === undefined ? "Slipway" : `${decodeURIComponent(id)} · Slipway`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#${path}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (id !== undefined) return void showRun(main, { ...view, id: decodeURIComponent(id) });
  if (path === "/targets") return void showTargets(main, view);
  if (path === "/submit") return void showSubmit(main, view);
  return void showRuns(main, view);
}

/** @param {boolean} refused */
function signInPage(refused) {
  document.body.classList.add("signed-out");
  showSignIn(main, { refused, done: show });
}

/** @param {string} address */
function go(address) {
  if (location.hash === address) show();
  else location.hash = address;
}

/** A token that is not known any more: nothing else can be shown. @param {unknown} error */
function leave(error) {
  if (!(error instanceof Problem) || error.status !== 401) return false;
  left.abort();
  signOut();
  signInPage(true);
  return true;
}

openRun.addEventListener("submit", (event) => {
  event.preventDefault();
  const id = String(new FormData(openRun).get("id") ?? "").trim();
  if (id !== "") go(runAddress(id));
  openRun.reset();
});
signOutButton.addEventListener("click", () => {
  signOut();
  show();
});
addEventListener("hashchange", () => {
  signInByAddress();
  show();
});
signInByAddress();
show();
