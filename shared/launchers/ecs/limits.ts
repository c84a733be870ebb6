/** What ECS takes of a definition, whatever it runs on, and what a definition must not do. */
import { Refusal } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { FLOW, objectAt, objectsAt, refusalAt } from "./documents.ts";

const MOST_CONTAINERS = 10;
const LARGEST_DEFINITION = 64 * 1024;

/** Throws `Refusal` where a definition is beyond ECS's limits, or would run the run's container again when it ends. */
export function refuseBeyondLimits(definition: JsonObject, path: string): void {
  const containers = objectsAt(definition, "containerDefinitions", `${path}.containerDefinitions`);
  if (containers.length > MOST_CONTAINERS) {
    throw refusalAt(`${path}.containerDefinitions`, `${containers.length} containers with "${FLOW}", and a task takes ${MOST_CONTAINERS}`);
  }
  const index = containers.findIndex(({ name }) => name === FLOW);
  const { enabled } = objectAt(containers[index] ?? {}, "restartPolicy", `${path}.containerDefinitions[${index}].restartPolicy`);
  if (enabled !== undefined && enabled !== false) {
    const message = `must not be enabled for the container "${FLOW}": it would start the run a second time`;
    throw refusalAt(`${path}.containerDefinitions[${index}].restartPolicy`, message);
  }
  const size = new TextEncoder().encode(JSON.stringify(definition)).length;
  if (size > LARGEST_DEFINITION) {
    throw new Refusal("TOO_LARGE", {
      path,
      message: `the task definition has ${size} bytes, and ECS takes ${LARGEST_DEFINITION}; variables of the run config that are too long for RunTask are in it, too`,
    });
  }
}
