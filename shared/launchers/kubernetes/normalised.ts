/** A template as it was meant: without what the API server alone sets, with a first container that has a name, variables as texts. */
import { isList, isObject, type Json, type JsonObject } from "../../core/json.ts";

/** The name of the run's container where the template gives it none. */
const CONTAINER = "flow";
const KINDS = ["containers", "initContainers", "ephemeralContainers"] as const;

/** A Job that was read from a cluster has them, and one that is made must not. */
const SERVERS_OWN: ReadonlySet<string> = new Set([
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
]);

/** What has a wrong shape stays as it is: `shapes.ts` says so afterwards. */
export function normalised({ status: _status, ...document }: JsonObject): JsonObject {
  return changed(changed(document, ["metadata"], withoutServersOwn), ["spec", "template"], (template) =>
    changed(changed(template, ["metadata"], withoutServersOwn), ["spec"], (pod) => named(withTexts(pod))),
  );
}

/** The object with the one that the path leads to changed; as it is where the path leads to none. */
function changed(object: JsonObject, [step, ...rest]: readonly string[], change: (inner: JsonObject) => JsonObject): JsonObject {
  const inner = step === undefined ? undefined : object[step];
  if (step === undefined || !isObject(inner)) return step === undefined ? change(object) : object;
  return { ...object, [step]: changed(inner, rest, change) };
}

function withoutServersOwn(metadata: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !SERVERS_OWN.has(name)));
}

/** The first container is the run's own, whatever it is called. */
function named(pod: JsonObject): JsonObject {
  const containers: Json = pod["containers"] ?? [];
  if (!isList(containers)) return pod;
  const [first = {}, ...others] = containers;
  if (!isObject(first) || first["name"] !== undefined) return pod;
  const taken = new Set(KINDS.flatMap((kind) => listOf(pod[kind]).map((container) => (isObject(container) ? container["name"] : null))));
  let name = CONTAINER;
  while (taken.has(name)) name = `slipway-${name}`;
  return { ...pod, containers: [{ ...first, name }, ...others] };
}

function withTexts(pod: JsonObject): JsonObject {
  const lists = KINDS.flatMap((kind) => (isList(pod[kind]) ? [[kind, listOf(pod[kind]).map(ofContainer)] as const] : []));
  return { ...pod, ...Object.fromEntries(lists) };
}

function ofContainer(container: Json): Json {
  return isObject(container) && isList(container["env"]) ? { ...container, env: container["env"].map(ofVariable) } : container;
}

/** YAML makes numbers of what is meant as a text; a run config's variables are taken so, too. */
function ofVariable(variable: Json): Json {
  if (!isObject(variable)) return variable;
  const { value } = variable;
  return typeof value === "number" || typeof value === "boolean" ? { ...variable, value: JSON.stringify(value) } : variable;
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}
