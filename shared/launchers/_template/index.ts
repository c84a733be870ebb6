import { defineLauncher } from "../../core/launcher.ts";
import { templateFailures } from "./failures.ts";
import { planTemplate } from "./plan.ts";
import { templateFields } from "./target.ts";

/** Jobs of a small HTTP service: the launcher to copy. Compiled and tested like the others, and not registered. */
export const template = defineLauncher({
  type: "template",
  runs: ["DockerRun", "UniversalRun"],
  fields: templateFields,
  failures: templateFailures,
  supportsSecrets: false,
  inspectSeconds: 60,
  landingSeconds: 60,
  place: (target) => target.settings.endpoint,
  plan: planTemplate,
  connect: async (target, services) => {
    const { connectTemplate } = await import("./backend.ts");
    return connectTemplate(target, services);
  },
});
