/** What a run may not bring to a Docker host: asked about every field of its `host_config`, and its image. */
import { allowsEverything, allowsPrivileged, checkAllowed, listOf, refuseDisallowed, shown } from "../../core/allow.ts";
import type { Issue } from "../../core/errors.ts";
import { globMatches } from "../../core/glob.ts";
import { isList, isObject, type Json, type JsonObject } from "../../core/json.ts";
import type { PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { isVolumeName, normalPath, partsOf, targetVolume } from "./binds.ts";
import { namesOf } from "./docker-py.ts";
import type { GivenField } from "./host-config.ts";
import type { EngineKey } from "./model.ts";
import { SAFE } from "./safe.ts";
import type { DockerSettings } from "./target.ts";

/** What is looked at: all that the run itself brings. */
export interface Brought {
  readonly run: PlannedRun;
  readonly target: Target<DockerSettings>;
  readonly fields: readonly GivenField[];
  readonly image: string;
}

/** Throws `Refusal` NOT_ALLOWED that names every rule that the run reaches outside of. */
export function refuseOutside({ run, target, fields, image }: Brought): void {
  if (allowsEverything(target)) return;
  const { runConfig, flow } = run.request;
  const own = [target.image];
  const ofStorage = flow?.storage?.type === "Docker";
  const ofConfig = "image" in runConfig && runConfig.image !== undefined && !ofStorage;
  refuseDisallowed([
    ofStorage ? checkAllowed({ target, rule: "images", value: image, path: "flow.storage", own }) : undefined,
    ofConfig ? checkAllowed({ target, rule: "images", value: image, path: "run_config.image", own }) : undefined,
    ...fields.flatMap((field) => outsideOf(field, target)),
  ]);
}

function outsideOf({ key, path, value }: GivenField, target: Target<DockerSettings>): readonly (Issue | undefined)[] {
  if (value === undefined || isNamed(key, target)) return [];
  switch (key) {
    case "Privileged":
      return value === false || allowsPrivileged(target)
        ? []
        : [outside(path, target, "privileged", "a privileged container has the host", "allow.privileged")];
    case "Binds":
      return listed(value).flatMap((bind, index) => ofBind(String(bind), `${path}[${index}]`, target));
    case "Mounts":
      return listed(value).flatMap((mount, index) => (isObject(mount) ? ofMount(mount, `${path}[${index}]`, target) : []));
    case "NetworkMode":
      return [ofNetwork(String(value), path, target)];
    default: {
      const list = listOf(target, "host_config") ?? [];
      if (list.some((pattern) => namesOf(key).some((name) => globMatches(pattern, name)))) return [];
      const judge = Object.hasOwn(SAFE, key) ? SAFE[key] : undefined;
      const why = judge === undefined ? "the field is not among those known to be safe" : judge(value);
      return why === undefined ? [] : [outside(path, target, "host_config", why, "allow.host_config")];
    }
  }
}

/** Fields with a rule of their own are opened by their name, not by a pattern that they happen to match. */
function isNamed(key: EngineKey, target: Target): boolean {
  const hasRule = key === "Privileged" || key === "Binds" || key === "Mounts" || key === "NetworkMode";
  if (!hasRule || (key === "Binds" && listOf(target, "binds") !== undefined)) return false;
  return listOf(target, "host_config")?.some((name) => namesOf(key).includes(name)) === true;
}

/** A mode that lets what is mounted in the container appear on the host. */
const SHARED: readonly string[] = ["shared", "rshared"];

function ofBind(bind: string, path: string, target: Target<DockerSettings>): readonly (Issue | undefined)[] {
  const { source, modes } = partsOf(bind);
  const shared = modes.find((mode) => SHARED.includes(mode));
  return [
    source === undefined ? undefined : ofSource(source, path, target),
    shared === undefined ? undefined : outside(path, target, "binds", `${shared} reaches from the container into the host`, 'allow: "*"'),
  ];
}

function ofMount(mount: JsonObject, path: string, target: Target<DockerSettings>): readonly (Issue | undefined)[] {
  const { Type: type = "", Source: source = "" } = mount;
  const options = mount["VolumeOptions"];
  const named = (why: string) => outside(path, target, "host_config", why, "allow.host_config (mounts)");
  if (isObject(options) && isObject(options["DriverConfig"])) return [named("a volume's driver options can name any path of the host")];
  const propagation = isObject(mount["BindOptions"]) ? mount["BindOptions"]["Propagation"] : undefined;
  if (SHARED.includes(String(propagation))) return [named(`${String(propagation)} reaches from the container into the host`)];
  switch (type) {
    case "tmpfs":
      return [];
    case "bind":
    case "volume":
      return [type === "volume" && source === "" ? undefined : ofSource(String(source), `${path}.Source`, target)];
    default:
      return [named(`mounts of type ${shown(String(type))} are not known to be safe`)];
  }
}

/** A path of the host, or a volume that another may have made: what is in it is not the run's, unless the target says so. */
function ofSource(source: string, path: string, target: Target<DockerSettings>): Issue | undefined {
  const value = isVolumeName(source) ? source : normalPath(source).replace(/^\/\//, "/");
  const own = (target.settings.volumes ?? []).map((text) => {
    const volume = targetVolume(text);
    return typeof volume === "string" ? undefined : volume.source;
  });
  return checkAllowed({ target, rule: "binds", value, path, own });
}

function ofNetwork(mode: string, path: string, target: Target<DockerSettings>): Issue | undefined {
  const own = target.settings.networks ?? [];
  if (mode === "none" || (own.length === 0 && ["default", "bridge"].includes(mode))) return undefined;
  if (mode !== "host" && !mode.includes(":")) return checkAllowed({ target, rule: "networks", value: mode, path, own });
  if (own.includes(mode)) return undefined;
  return outside(path, target, "host_config", `${shown(mode)} is another's network namespace`, "allow.host_config (network_mode)");
}

function outside(path: string, target: Target, rule: string, why: string, remedy: string): Issue {
  return { path, message: `rule ${rule} of target "${target.name}": ${why}; the operator can allow it in the target's ${remedy}` };
}

function listed(value: Json): readonly Json[] {
  return isList(value) ? value : [value];
}
