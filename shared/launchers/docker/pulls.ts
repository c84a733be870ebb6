import type { Failure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Launch, Services } from "../../core/launcher.ts";
import type { Engine } from "./engine.ts";
import { dockerFailure } from "./failures.ts";
import { progressText, pullFailure, readPull, shown } from "./pull-progress.ts";
import { credentialsFor } from "./registry-auth.ts";

/** A pull of which nothing is heard for so long is given up. */
const SILENCE_MILLISECONDS = 180_000;

/** What came of a pull as far as a launch waited for it. */
export type Pulled = "there" | Failure;

/** One pull for all launches that want the image. */
interface Pull {
  readonly done: Promise<Pulled>;
  /** What is said of it so far. */
  text: string;
  /** Runs that wait for it, by id. */
  readonly waiting: Set<string>;
}

/** Pulls of one target. A pull goes on when the invocation that began it is over; the runs that wait for it are woken at its end. */
export interface Pulls {
  /** Whether the image is there, as far as that can be said before the launch's time is over. */
  ensure(image: string, launch: Launch): Promise<Pulled>;
}

export function pullsOf(engine: Engine, services: Pick<Services, "secret" | "roomFor">, registryAuth: string | undefined): Pulls {
  const going = new Map<string, Pull>();
  /** Runs that waited for a pull which has succeeded since: they need no further one. */
  const served = new Map<string, Set<string>>();

  async function pull(image: string, state: { text: string }): Promise<Pulled> {
    let auth: JsonObject | undefined;
    try {
      auth = registryAuth === undefined ? undefined : credentialsFor(image, await services.secret(registryAuth));
    } catch {
      return dockerFailure("REGISTRY_AUTH_UNREADABLE", "the target's registry_auth can't be read, or is no text with credentials");
    }
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE_MILLISECONDS);
    try {
      const reply = await engine.pull(queryOf(image), auth, silence.signal);
      if (reply.kind === "refused") return pullFailure(image, reply.status === 404 ? `not found: ${reply.said}` : reply.said);
      if (reply.kind === "unsent") return reply.failure;
      if (reply.kind === "unanswered") return broken(image);
      const failure = await readPull(reply.value as AsyncIterable<unknown>, image, (progress) => {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MILLISECONDS);
        state.text = progressText(image, progress);
      });
      return failure ?? "there";
    } catch {
      return broken(image);
    } finally {
      clearTimeout(timer);
    }
  }

  function begin(image: string): Pull {
    const state = { text: progressText(image, { layers: new Map() }), waiting: new Set<string>() };
    const done = pull(image, state).then((pulled) => {
      going.delete(image);
      if (pulled === "there" && state.waiting.size > 0) served.set(image, new Set([...(served.get(image) ?? []), ...state.waiting]));
      for (const id of state.waiting) services.roomFor(id);
      return pulled;
    });
    return Object.assign(state, { done });
  }

  return {
    async ensure(image, launch) {
      const waited = served.get(image);
      if (waited?.delete(launch.id)) {
        if (waited.size === 0) served.delete(image);
        return "there";
      }
      const current = going.get(image) ?? begin(image);
      going.set(image, current);
      const first = await Promise.race([current.done, aborted(launch.signal)]);
      if (first !== "time over") {
        current.waiting.delete(launch.id);
        return first;
      }
      current.waiting.add(launch.id);
      // The launcher itself tells when it is there; the sweep asks all the same, since a function may be frozen by then.
      return { ...dockerFailure("IMAGE_PULLING", current.text), wokenByLauncher: true };
    },
  };
}

/** Nothing was launched, whatever became of the pull. */
function broken(image: string): Failure {
  return dockerFailure("PULL_FAILED", `the pull of the image ${shown(image)} broke off`);
}

/** Without a tag the daemon would pull all that there are. */
function queryOf(image: string): JsonObject {
  const name = image.slice(image.lastIndexOf("/") + 1);
  return { fromImage: image, ...(name.includes(":") || name.includes("@") ? {} : { tag: "latest" }) };
}

function aborted(signal: AbortSignal): Promise<"time over"> {
  if (signal.aborted) return Promise.resolve("time over");
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve("time over"), { once: true }));
}
