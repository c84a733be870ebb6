import { defineLauncher } from "../../core/launcher.ts";
import { vertexFailures } from "./failures.ts";
import { planVertex } from "./plan.ts";
import { vertexFields } from "./target.ts";

/** CustomJobs on Vertex AI. */
export const vertex = defineLauncher({
  type: "vertex",
  runs: ["VertexRun", "UniversalRun"],
  get fields() {
    return vertexFields();
  },
  failures: vertexFailures,
  supportsSecrets: false,
  inspectSeconds: 60,
  landingSeconds: 60,
  repeatsAfterLooks: true,
  place: ({ settings: { project, region } }) => `vertex:${project}:${region}`,
  plan: planVertex,
  connect: async (target, services) => (await import("./backend.ts")).connectVertex(target, services),
});
