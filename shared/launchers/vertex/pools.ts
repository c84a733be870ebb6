/** A job's worker pools. The first one's container is the run's own; the others are sent as they were given. */
import type { Issue } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { VertexRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { WORKER_POOL } from "./fields.ts";
import { readMessage } from "./shapes.ts";
import type { VertexSettings } from "./target.ts";

/** What the run config itself defaults to; here for a run of no type in particular. */
const MACHINE_TYPE = "e2-standard-4";
const PATH = "run_config.worker_pool_specs";

/** The pools to send, and what is wrong with the given ones. */
export interface Pools {
  readonly value: readonly JsonObject[];
  readonly issues: readonly Issue[];
}

/** The run config's pools, else one of its machine type, with the run's container in the first. */
export function poolsOf(config: VertexRun | undefined, target: Target<VertexSettings>, containerSpec: JsonObject): Pools {
  const given = config?.workerPoolSpecs;
  if (given === undefined) return { value: [ownPool(config, target, containerSpec)], issues: [] };
  if (given.length === 0)
    return { value: [], issues: [{ path: PATH, message: "expected one pool at least; leave it out to get one of machine_type" }] };
  // A pool left out keeps its place: the second holds workers, the third parameter servers, the fourth evaluators.
  const read = given.map((pool, index) => readMessage(pool ?? {}, WORKER_POOL, `${PATH}[${index}]`));
  return {
    value: read.map(({ value }, index) => (index === 0 ? { ...value, containerSpec } : value)),
    issues: [...firstPool(given[0]), ...read.flatMap(({ issues }) => issues)],
  };
}

function ownPool(config: VertexRun | undefined, target: Target<VertexSettings>, containerSpec: JsonObject): JsonObject {
  const machineType =
    config === undefined ? (target.settings.machineType ?? MACHINE_TYPE) : (config.machineType ?? target.settings.machineType);
  return { containerSpec, ...(machineType === undefined ? {} : { machineSpec: { machineType } }), replicaCount: 1 };
}

function firstPool(pool: JsonObject | null | undefined): readonly Issue[] {
  if (pool === null || pool === undefined) {
    return [{ path: `${PATH}[0]`, message: "the first pool runs the run itself: expected an object with a machine_spec" }];
  }
  const beside = ["python_package_spec", "pythonPackageSpec"].find((name) => (pool[name] ?? null) !== null);
  if (beside === undefined) return [];
  return [{ path: `${PATH}[0].${beside}`, message: "must not be set: the first pool runs the run's own image and command" }];
}
