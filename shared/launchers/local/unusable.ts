import type { Failure } from "../../core/failure.ts";
import type { Backend, Services } from "../../core/launcher.ts";
import { localFailure } from "./failures.ts";
import type { LocalPlan } from "./plan.ts";
import { hasWrapper } from "./wrapper-process.ts";

/** Why no local process can be started from where the dispatcher runs; undefined where it can. */
export function whyUnusable(services: Services): Failure | undefined {
  if (services.isFunction) return localFailure("NOT_A_FUNCTION_PLACE", "a local process cannot outlive the invocation of a cloud function");
  if (process.platform === "win32") return localFailure("PLATFORM_NOT_SUPPORTED", "local processes are not run on Windows");
  if (!hasWrapper()) return localFailure("WRAPPER_MISSING", "the local launcher's wrapper is not installed");
  return undefined;
}

/** Says so to whoever asks; a run that was launched elsewhere is not given up for that. */
export function unusableBackend(failure: Failure): Backend<LocalPlan> {
  return {
    check: () => Promise.reject(Object.assign(new Error(failure.message), { code: failure.code })),
    submit: async () => ({ status: "refused", failure }),
    find: async () => ({ status: "unknown", failure }),
    inspect: async (launched) => launched.map(() => ({ status: "unknown", failure })),
    stop: async () => {
      throw new Error(failure.message);
    },
  };
}
