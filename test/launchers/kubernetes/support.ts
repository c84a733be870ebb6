import { Job } from "kubernetes-models/batch/v1";
import { isObject, type JsonObject } from "../../../shared/core/json.ts";
import type { KubernetesRun, LoadedTemplate, PlannedRun, RunRequest } from "../../../shared/core/run.ts";
import type { Target } from "../../../shared/core/target.ts";
import { planKubernetes } from "../../../shared/launchers/kubernetes/plan.ts";
import type { KubernetesSettings } from "../../../shared/launchers/kubernetes/target.ts";
import { plannedRun } from "../../support/runs.ts";

/** What a test says of a target: common fields, and `settings` over a cluster of its own. */
export type TargetParts = Partial<Omit<Target<KubernetesSettings>, "settings">> & { readonly settings?: Partial<KubernetesSettings> };

/** A target `jobs` with an image and a cluster. */
export function kubernetesTarget({ settings, ...over }: TargetParts = {}): Target<KubernetesSettings> {
  return {
    name: "jobs",
    type: "kubernetes",
    labels: [],
    env: {},
    enforcedEnv: {},
    secrets: {},
    image: "img:1",
    tags: {},
    startTimeoutSeconds: 900,
    fallback: [],
    relaunch: 2,
    ...over,
    settings: { cluster: { kind: "server", server: "https://127.0.0.1:6443" }, ...settings },
  };
}

/** A run `run-1` of a run config; the request's other parts, and a template that was read, as the test says. */
export function kubernetesRun(
  config: Partial<KubernetesRun> = {},
  request: Partial<RunRequest> = {},
  template?: Partial<LoadedTemplate>,
): PlannedRun {
  const run = plannedRun({ runConfig: { type: "KubernetesRun", env: {}, labels: [], ...config }, ...request });
  if (template === undefined) return run;
  return { ...run, template: { document: {}, origin: "run", path: "s3://templates/t.yaml", version: "v1", ...template } };
}

/** A Job around a pod. */
export function jobWith(pod: JsonObject, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return { metadata, spec: { ...spec, template: { spec: { containers: [{ name: "flow" }], ...pod } } } };
}

/** A Job whose first container has these fields, too. */
export function jobOf(container: JsonObject, pod: JsonObject = {}): JsonObject {
  return jobWith({ containers: [{ name: "flow", ...container }], ...pod });
}

/** A plan as tests look at it. */
export interface SeenPlan {
  readonly namespace: string;
  readonly job: JsonObject;
  readonly metadata: JsonObject;
  readonly spec: JsonObject;
  readonly podMetadata: JsonObject;
  readonly pod: JsonObject;
  readonly container: JsonObject;
  /** The container's variables by name. */
  readonly env: Readonly<Record<string, unknown>>;
}

/** The plan of a run; its Job is what the model of Kubernetes takes. */
export function planOf(run: PlannedRun, target = kubernetesTarget()): SeenPlan {
  const [{ input }] = planKubernetes(run, target).calls;
  const { namespace, body } = input;
  new Job(structuredClone(body) as never).validate();
  const spec = inside(body, "spec");
  const pod = inside(inside(spec, "template"), "spec");
  const [container = {}] = pod["containers"] as readonly JsonObject[];
  const variables = (container["env"] ?? []) as readonly JsonObject[];
  return {
    namespace,
    job: body,
    metadata: inside(body, "metadata"),
    spec,
    podMetadata: inside(inside(spec, "template"), "metadata"),
    pod,
    container,
    env: Object.fromEntries(variables.map(({ name, value, valueFrom }) => [name, valueFrom ?? value])),
  };
}

function inside(document: JsonObject, key: string): JsonObject {
  const value = document[key];
  if (!isObject(value)) throw new Error(`no object ${key}`);
  return value;
}
