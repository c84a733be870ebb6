/** Shows what changes, again and again while somebody looks. */
import { Problem } from "./api.js";
import { problemNote } from "./problem.js";

const EVERY_MILLISECONDS = 3000;

/**
 * Loads and shows at once, then again and again until the page is left or `show` answers false. A failure is shown above what was
 * there, and tried again; one that will not change by itself is the last.
 *
 * @template Loaded
 * @param {{ load: (signal: AbortSignal) => Promise<Loaded>, show: (loaded: Loaded) => boolean, note: HTMLElement, signal: AbortSignal, leave: (error: unknown) => boolean }} view
 */
export async function refresh({ load, show, note, signal, leave }) {
  while (!signal.aborted) {
    try {
      const loaded = await load(signal);
      if (signal.aborted) return;
      note.replaceChildren();
      if (!show(loaded)) return;
    } catch (error) {
      if (signal.aborted || leave(error)) return;
      note.replaceChildren(problemNote(error));
      if (error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429) return;
    }
    await nextTime(signal);
  }
}

/** Waits a while, and for as long as nobody looks. @param {AbortSignal} signal @returns {Promise<void>} */
function nextTime(signal) {
  return new Promise((resolve) => {
    const done = () => {
      if (document.hidden && !signal.aborted) return;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, EVERY_MILLISECONDS);
    document.addEventListener("visibilitychange", done);
    signal.addEventListener("abort", done);
  });
}
