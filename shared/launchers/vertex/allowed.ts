/** What a run may not bring: asked about its image, service account, network and machine types, and every field of its pools. */
import { type AllowQuestion, checkAllowed, refuseDisallowed } from "../../core/allow.ts";
import type { Issue } from "../../core/errors.ts";
import { isObject, type JsonObject } from "../../core/json.ts";
import type { PlannedRun, VertexRun } from "../../core/run.ts";
import { checkSafeFields, type FieldTree } from "../../core/safe-fields.ts";
import type { Target } from "../../core/target.ts";
import type { VertexSettings } from "./target.ts";

/** The fields that reach nothing outside the job: no file server, no reservation. Machine types and images are asked about one by one. */
const SAFE_POOL: FieldTree = spelledBothWays({
  container_spec: { image_uri: true, command: true, args: true, env: true },
  python_package_spec: { executor_image_uri: true, package_uris: true, python_module: true, args: true, env: true },
  machine_spec: { machine_type: true, accelerator_type: true, accelerator_count: true, gpu_partition_size: true, tpu_topology: true },
  replica_count: true,
  disk_spec: true,
});

function spelledBothWays(tree: FieldTree): FieldTree {
  return Object.fromEntries(
    Object.entries(tree).flatMap(([name, inner]) => {
      const value = inner === true || Array.isArray(inner) ? inner : spelledBothWays(inner as FieldTree);
      const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return [
        [name, value],
        [camel, value],
      ];
    }),
  );
}

/** Throws `Refusal` NOT_ALLOWED that names every rule that the run reaches outside of. `pools` are those to be sent. */
export function refuseOutside(
  run: PlannedRun,
  target: Target<VertexSettings>,
  config: VertexRun | undefined,
  image: string,
  pools: readonly JsonObject[],
): void {
  const { settings } = target;
  const ask = (rule: AllowQuestion["rule"], value: string | undefined, path: string, own: string | undefined) =>
    value === undefined ? undefined : checkAllowed({ target, rule, value, path, own: [own] });
  refuseDisallowed([
    ask("images", run.request.flow?.storage?.type === "Docker" ? image : undefined, "flow.storage", target.image),
    ask("images", config?.image, "run_config.image", target.image),
    // An empty text asks for the service's own agent, or for no network: what a target that names none gives anyway.
    ask("service_accounts", config?.serviceAccount, "run_config.service_account", settings.serviceAccount ?? ""),
    ask("networks", config?.network, "run_config.network", settings.network ?? ""),
    ...(config?.workerPoolSpecs === undefined
      ? [ask("machine_types", config?.machineType, "run_config.machine_type", settings.machineType)]
      : pools.flatMap((pool, index) => ofPool(pool, index, target))),
    ...(config?.workerPoolSpecs ?? []).flatMap((document, index) => {
      const path = `run_config.worker_pool_specs[${index}]`;
      return document === null ? [] : checkSafeFields({ document, safe: SAFE_POOL, target, rule: "safe_fields", path });
    }),
  ]);
}

function ofPool(pool: JsonObject, index: number, target: Target<VertexSettings>): (Issue | undefined)[] {
  const path = `run_config.worker_pool_specs[${index}]`;
  const ask = (rule: AllowQuestion["rule"], value: string | undefined, where: string, own: string | undefined) =>
    value === undefined ? undefined : checkAllowed({ target, rule, value, path: `${path}.${where}`, own: [own] });
  return [
    ask("machine_types", textIn(pool, "machineSpec", "machineType"), "machine_spec.machine_type", target.settings.machineType),
    // The first pool's container is ours.
    ...(index === 0
      ? []
      : [
          ask("images", textIn(pool, "containerSpec", "imageUri"), "container_spec.image_uri", target.image),
          ask("images", textIn(pool, "pythonPackageSpec", "executorImageUri"), "python_package_spec.executor_image_uri", target.image),
        ]),
  ];
}

function textIn(pool: JsonObject, part: string, field: string): string | undefined {
  const inner = pool[part];
  const text = isObject(inner) ? inner[field] : undefined;
  return typeof text === "string" ? text : undefined;
}
