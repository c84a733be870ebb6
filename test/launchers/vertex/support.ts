import { isObject, type Json, type JsonObject } from "../../../shared/core/json.ts";
import type { PlannedRun, RunRequest, VertexRun } from "../../../shared/core/run.ts";
import type { Target } from "../../../shared/core/target.ts";
import { planVertex } from "../../../shared/launchers/vertex/plan.ts";
import type { VertexSettings } from "../../../shared/launchers/vertex/target.ts";
import { plannedRun } from "../../support/runs.ts";

/** What a test says of a target: common fields, and settings beside a project and a region. */
export type TargetParts = Partial<Omit<Target, "settings">> & { readonly settings?: Partial<VertexSettings> };

/** A target `gpu` with an image that lets runs bring anything, but for what a test says. */
export function vertexTarget({ settings, ...over }: TargetParts = {}): Target<VertexSettings> {
  return {
    name: "gpu",
    type: "vertex",
    labels: [],
    env: {},
    enforcedEnv: {},
    secrets: {},
    image: "img:1",
    tags: {},
    startTimeoutSeconds: 900,
    fallback: [],
    relaunch: 2,
    allow: "*",
    ...over,
    settings: { project: "p", region: "europe-west4", ...settings },
  };
}

/** A run `run-1` of a VertexRun, parsed from a document that says no more than the test. */
export function vertexRun(config: Partial<VertexRun> = {}, request: Partial<RunRequest> = {}): PlannedRun {
  return plannedRun({ runConfig: { type: "VertexRun", machineType: "e2-standard-4", env: {}, labels: [], ...config }, ...request });
}

/** A plan as tests look at it. */
export interface SeenPlan {
  readonly parent: string;
  readonly customJob: JsonObject;
  readonly jobSpec: JsonObject;
  readonly pools: readonly JsonObject[];
  /** The run's own. */
  readonly container: JsonObject;
  /** Its variables by name. */
  readonly env: Readonly<Record<string, Json | undefined>>;
  readonly labels: JsonObject;
}

/** Plans a run. */
export function planOf(run: PlannedRun, target: Target<VertexSettings> = vertexTarget()): SeenPlan {
  const [{ input }] = planVertex(run, target).calls;
  const jobSpec = objectIn(input.customJob, "jobSpec");
  const pools = objectsIn(jobSpec, "workerPoolSpecs");
  const container = objectIn(pools[0] ?? {}, "containerSpec");
  const env = Object.fromEntries(objectsIn(container, "env").map(({ name, value }) => [String(name), value]));
  return { ...input, jobSpec, pools, container, env, labels: objectIn(input.customJob, "labels") };
}

function objectIn(document: JsonObject, key: string): JsonObject {
  const value = document[key];
  return isObject(value) ? value : {};
}

function objectsIn(document: JsonObject, key: string): readonly JsonObject[] {
  const value = document[key];
  return Array.isArray(value) ? (value as readonly Json[]).filter((each) => isObject(each)) : [];
}
