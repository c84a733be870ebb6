import { defineLauncher } from "../../core/launcher.ts";
import { notYetLaunched } from "../../core/not-yet-launched.ts";
import { planVertex } from "./plan.ts";
import { type VertexSettings, vertexFields } from "./target.ts";

/** CustomJobs on Vertex AI. */
export const vertex = defineLauncher({
  ...notYetLaunched<VertexSettings>("vertex"),
  type: "vertex",
  runs: ["VertexRun", "UniversalRun"],
  fields: vertexFields,
  supportsSecrets: false,
  place: ({ settings: { project, region } }) => `vertex:${project}:${region}`,
  plan: planVertex,
});
