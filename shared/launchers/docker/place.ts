import type { Services } from "../../core/launcher.ts";
import type { Target } from "../../core/target.ts";
import type { DockerSettings } from "./target.ts";

/** The daemon. A socket is this machine's: the same path on another is another place. */
export function placeOf({ settings: { host, ssh } }: Target<DockerSettings>, services: Pick<Services, "stateFolder" | "stateId">): string {
  if (host.kind === "ssh") return `docker:ssh://${host.user}@${host.host}:${host.port}${ssh?.socket ?? ""}`;
  return `docker:unix://${host.path}@${services.stateId ?? services.stateFolder ?? ""}`;
}
