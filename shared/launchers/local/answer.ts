import type { Failure } from "../../core/failure.ts";
import { localFailure } from "./failures.ts";
import type { WrapperProcess } from "./wrapper-process.ts";

/** What a wrapper said, or that the deadline came first: then it may still take the marker. */
export type Answer = Awaited<WrapperProcess["answer"]> | { readonly marker: "silent" };

/** Listens to a wrapper until it has answered or the signal is aborted, and never after. */
export async function answerBefore(signal: AbortSignal, wrapper: WrapperProcess): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const silent = () => resolve({ marker: "silent" });
  signal.addEventListener("abort", silent);
  if (signal.aborted) silent();
  try {
    return await Promise.race([wrapper.answer, promise]);
  } finally {
    signal.removeEventListener("abort", silent);
    wrapper.detach();
  }
}

/** Why it is not known whether the command runs, where no marker tells. */
export function unknownAfter(answer: Extract<Answer, { marker: "held" | "gone" | "silent" }>): Failure {
  switch (answer.marker) {
    case "held":
      return localFailure("MARKER_UNREADABLE", "a marker was there, and is gone");
    case "gone":
      return localFailure("WRAPPER_GONE", answer.message);
    case "silent":
      return localFailure("WRAPPER_SILENT", "the time was over before the wrapper answered");
    default: {
      const unhandled: never = answer;
      return unhandled;
    }
  }
}
