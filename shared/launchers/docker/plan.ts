/** Pure: a run and its target → the Engine's calls, byte for byte. */
import { chooseCommand } from "../../core/command.ts";
import { type ComposedEnvironment, composeEnvironment } from "../../core/environment.ts";
import { Refusal } from "../../core/errors.ts";
import { requireImage } from "../../core/image.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Plan } from "../../core/launcher.ts";
import type { DockerRun, PlannedRun } from "../../core/run.ts";
import { composeTags, OWN_TAGS } from "../../core/tags.ts";
import type { Target } from "../../core/target.ts";
import { refuseOutside } from "./allowed.ts";
import { bindsOf, isVolumeName, partsOf } from "./binds.ts";
import { type GivenField, givenFields, hostConfigOf } from "./host-config.ts";
import { containerName } from "./naming.ts";
import type { DockerSettings } from "./target.ts";

/** Gets the image, when it is missing or always. */
export interface PullCall {
  readonly api: "docker:pull";
  readonly input: { readonly image: string; readonly policy: "missing" | "always" };
}

/** Makes a named volume of the target's where it is missing. */
export interface VolumeCall {
  readonly api: "docker:createVolume";
  readonly input: { readonly Name: string; readonly Driver: "local"; readonly Labels: Readonly<Record<string, string>> };
}

/** Makes the container, which does not run yet. */
export interface CreateCall {
  readonly api: "docker:createContainer";
  readonly input: { readonly name: string; readonly body: JsonObject };
}

/** Connects it to a further network. */
export interface ConnectCall {
  readonly api: "docker:connectNetwork";
  readonly input: { readonly network: string; readonly container: string };
}

/** Starts it. */
export interface StartCall {
  readonly api: "docker:startContainer";
  readonly input: { readonly container: string };
}

/** What a launch on a Docker host may call. */
export type DockerCall = PullCall | VolumeCall | CreateCall | ConnectCall | StartCall;

/** The calls of a launch, in order. */
export interface DockerPlan extends Plan {
  readonly calls: readonly DockerCall[];
}

/** What a container reaches the machine it runs on by; Linux gives the name only where it is asked to. */
const HOST_GATEWAY = "host.docker.internal:host-gateway";

/** The launch of a run on a Docker host. Throws `Refusal`. */
export function planDocker(run: PlannedRun, target: Target<DockerSettings>): DockerPlan {
  const config = run.request.runConfig.type === "DockerRun" ? run.request.runConfig : undefined;
  const image = requireImage({ run, target });
  const fields = givenFields(config?.hostConfig ?? {});
  refuseOutside({ run, target, fields, image });
  const { networks = [], pull = "missing" } = target.settings;
  const container = containerName(run);
  const body = bodyOf(run, target, config, fields, image);
  const policy = pull === "never" ? [] : [{ api: "docker:pull", input: { image, policy: pull } } as const];
  return {
    calls: [
      ...policy,
      ...volumesOf(run, target, fields),
      { api: "docker:createContainer", input: { name: container, body } },
      ...networks.slice(1).map((network) => ({ api: "docker:connectNetwork", input: { network, container } }) as const),
      { api: "docker:startContainer", input: { container } },
    ],
  };
}

function bodyOf(
  run: PlannedRun,
  target: Target<DockerSettings>,
  config: DockerRun | undefined,
  fields: readonly GivenField[],
  image: string,
): JsonObject {
  const { entrypoint, command } = chooseCommand(run, target, image);
  const { networks = [], volumes = [] } = target.settings;
  const [network] = networks;
  const defaults: JsonObject = {
    // A container of the target's first network keeps the Engine's default mode; these two are modes, not networks.
    NetworkMode: network === "host" || network === "none" ? network : "default",
    ExtraHosts: [HOST_GATEWAY],
    ...(volumes.length === 0 ? {} : { Binds: bindsOf(volumes) }),
  };
  const hostConfig = hostConfigOf(defaults, fields);
  const ports = config?.ports ?? [];
  return {
    Image: image,
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
    ...(command === undefined ? {} : { Cmd: command }),
    Env: environmentOf(composeEnvironment(run, target, { image }), run, target),
    ...(ports.length === 0 ? {} : { ExposedPorts: Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}])) }),
    Labels: composeTags(run, target, image),
    HostConfig: { NetworkMode: "default", ...hostConfig },
    ...(network === undefined ? {} : { NetworkingConfig: { EndpointsConfig: { [network]: {} } } }),
  };
}

/** `NAME=value`; a name alone takes the image's variable away. Throws `Refusal` for what no process can have. */
function environmentOf(variables: ComposedEnvironment, run: PlannedRun, target: Target): readonly string[] {
  return Object.entries(variables).map(([name, value]) => {
    if (name === "" || /[=\0]/.test(name) || value?.includes("\0")) {
      const own = Object.hasOwn(run.request.runConfig.env, name);
      const path = own ? "run_config.env" : `targets.${target.name}.env`;
      const message = "a variable's name must not be empty, nor hold = or NUL, and no value may hold NUL";
      throw new Refusal(own ? "INVALID_REQUEST" : "INVALID_CONFIGURATION", { path: `${path}.${name.slice(0, 80)}`, message });
    }
    return value === null ? name : `${name}=${value}`;
  });
}

/** The target's named volumes, unless the run has binds of its own in their place. */
function volumesOf(run: PlannedRun, target: Target<DockerSettings>, fields: readonly GivenField[]): readonly VolumeCall[] {
  if (fields.some(({ key }) => key === "Binds")) return [];
  const names = bindsOf(target.settings.volumes ?? []).flatMap((bind) => partsOf(bind).source ?? []);
  return names.filter(isVolumeName).map((Name) => ({
    api: "docker:createVolume",
    input: { Name, Driver: "local", Labels: { [OWN_TAGS.deployment]: run.deployment, [OWN_TAGS.target]: target.name } },
  }));
}
