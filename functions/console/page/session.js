/** The token of whoever looks: kept for this tab alone, and forgotten with it. */

const KEY = "slipway-token";

/** @returns {string | undefined} */
export function token() {
  return sessionStorage.getItem(KEY) ?? undefined;
}

/** @param {string} given */
export function signIn(given) {
  sessionStorage.setItem(KEY, given);
}

export function signOut() {
  sessionStorage.removeItem(KEY);
}

/** Takes a token out of the address (`#token=…`, as `slipway console` prints it), where it is neither sent nor to be seen by others. */
export function signInByAddress() {
  const given = /^#token=([\w.~+/=-]+)$/.exec(decodeURIComponent(location.hash))?.[1];
  if (given === undefined) return;
  signIn(given);
  history.replaceState(undefined, "", "#/runs");
}
