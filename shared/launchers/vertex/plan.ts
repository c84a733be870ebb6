/** Pure: a run and its target → CreateCustomJob, byte for byte, in protobuf's JSON with the client's camelCase names. */
import { chooseCommand } from "../../core/command.ts";
import { Refusal } from "../../core/errors.ts";
import { requireImage } from "../../core/image.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Plan } from "../../core/launcher.ts";
import type { PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { refuseOutside } from "./allowed.ts";
import { escaped } from "./escape.ts";
import { labelsOf } from "./labels.ts";
import { displayName } from "./naming.ts";
import { poolsOf } from "./pools.ts";
import { schedulingOf } from "./scheduling.ts";
import type { VertexSettings } from "./target.ts";
import { variablesOf } from "./variables.ts";

/** Creates one job. */
export interface VertexCall {
  readonly api: "vertex:createCustomJob";
  readonly input: { readonly parent: string; readonly customJob: JsonObject };
}

/** A launch is one call. */
export interface VertexPlan extends Plan {
  readonly calls: readonly [VertexCall];
}

/** The launch of a run on a Vertex target. Throws `Refusal`. */
export function planVertex(run: PlannedRun, target: Target<VertexSettings>): VertexPlan {
  const { runConfig } = run.request;
  const config = runConfig.type === "VertexRun" ? runConfig : undefined;
  const { settings } = target;
  const image = requireImage({ run, target });
  const pools = poolsOf(config, target, containerOf(run, target, image));
  const scheduling = schedulingOf(run, target, config);
  const [first, ...rest] = [...pools.issues, ...(scheduling?.issues ?? [])];
  if (first !== undefined) throw new Refusal("INVALID_REQUEST", [first, ...rest]);
  refuseOutside(run, target, config, image, pools.value);
  // An empty text of the run config counts as given.
  const network = config?.network ?? settings.network;
  const serviceAccount = config?.serviceAccount ?? settings.serviceAccount;
  const customJob = {
    displayName: displayName(run),
    jobSpec: {
      ...(network === undefined ? {} : { network }),
      ...(scheduling === undefined ? {} : { scheduling: scheduling.value }),
      ...(serviceAccount === undefined ? {} : { serviceAccount }),
      workerPoolSpecs: pools.value,
    },
    labels: labelsOf(run, target, image),
  };
  return { calls: [{ api: "vertex:createCustomJob", input: { parent: parentOf(settings), customJob } }] };
}

/** Where the jobs of a target are. */
export function parentOf({ project, region }: VertexSettings): string {
  return `projects/${project}/locations/${region}`;
}

/** What Docker calls ENTRYPOINT the service calls command, and CMD args. */
function containerOf(run: PlannedRun, target: Target, image: string): JsonObject {
  const { entrypoint, command } = chooseCommand(run, target, image);
  return {
    ...(command === undefined ? {} : { args: command.map(escaped) }),
    ...(entrypoint === undefined ? {} : { command: entrypoint.map(escaped) }),
    env: variablesOf(run, target, image),
    imageUri: image,
  };
}
