import { defineLauncher } from "../../core/launcher.ts";
import { localFailures } from "./failures.ts";
import { planLocal } from "./plan.ts";
import { localFields } from "./target.ts";

/** Processes on the dispatcher's own machine. */
export const local = defineLauncher({
  type: "local",
  runs: ["LocalRun", "UniversalRun"],
  get fields() {
    return localFields();
  },
  failures: localFailures,
  supportsSecrets: false,
  inspectSeconds: 5,
  landingSeconds: 10,
  // The logs.
  keepSeconds: 7 * 86_400,
  place: (_target, services) => `local:${services.stateId ?? services.stateFolder ?? ""}`,
  plan: planLocal,
  connect: async (target, services) => {
    const { connectLocal } = await import("./backend.ts");
    return connectLocal(target, services);
  },
});
