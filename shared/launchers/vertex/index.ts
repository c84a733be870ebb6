import { defineLauncher } from "../../core/launcher.ts";
import { notYetLaunched } from "../../core/not-yet-launched.ts";
import { type VertexSettings, vertexFields } from "./target.ts";

/** CustomJobs on Vertex AI. */
export const vertex = defineLauncher({
  ...notYetLaunched<VertexSettings>("vertex"),
  type: "vertex",
  runs: ["VertexRun", "UniversalRun"],
  fields: vertexFields,
  supportsSecrets: false,
});
