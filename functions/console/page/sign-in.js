import { element } from "./dom.js";
import { signIn } from "./session.js";

/** Asks for a token. @param {HTMLElement} main @param {{ refused: boolean, done: () => void }} view */
export function showSignIn(main, { refused, done }) {
  const input = /** @type {HTMLInputElement} */ (
    element("input", { type: "password", name: "token", required: true, autocomplete: "off", "aria-label": "Token" })
  );
  const taken = (/** @type {Event} */ event) => {
    event.preventDefault();
    signIn(input.value.trim());
    done();
  };
  main.replaceChildren(
    element(
      "form",
      { class: "sign-in", submit: taken },
      element("h1", {}, "Sign in"),
      refused ? element("p", { class: "problem", role: "alert" }, "This token is not known here.") : undefined,
      element(
        "p",
        {},
        "With a token of ",
        element("code", {}, "http.tokens"),
        ". On the machine where ",
        element("code", {}, "npm start"),
        " runs, ",
        element("code", {}, "npx slipway console"),
        " prints an address that signs in by itself.",
      ),
      input,
      element("button", { type: "submit" }, "Sign in"),
      element("p", { class: "remedy" }, "It is kept for this tab, and sent to this Slipway only."),
    ),
  );
  input.focus();
}
