import { docker } from "../../shared/launchers/docker/index.ts";
import type { DockerLauncher } from "./docker-world.ts";

/** The launcher with another name for each call of an attempt: nothing meets the first one's container. */
export function withoutTheName(): DockerLauncher {
  let calls = 0;
  return {
    ...docker,
    plan(run, target) {
      const suffix = `-${++calls}`;
      return {
        calls: docker
          .plan(run, target)
          .calls.map((call) =>
            call.api === "docker:createContainer" ? { ...call, input: { ...call.input, name: `${call.input.name}${suffix}` } } : call,
          ),
      };
    },
  };
}
