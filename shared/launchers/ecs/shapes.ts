/** Whether a document has the shapes that ECS takes: lists, objects, single values. The model names the fields, this says what each holds. */
import { type Issue, Refusal } from "../../core/errors.ts";
import { isList, isObject, type Json, type JsonObject } from "../../core/json.ts";
import { type FieldNames, unknownFields } from "../../core/known-fields.ts";

/** Fields with fields of their own that are lists of objects; the others are one object. */
const LISTS_OF_OBJECTS: ReadonlySet<string> = new Set([
  "capacityProviderStrategy",
  "containerDefinitions",
  "containerOverrides",
  "dependsOn",
  "devices",
  "environment",
  "environmentFiles",
  "extraHosts",
  "inferenceAcceleratorOverrides",
  "inferenceAccelerators",
  "mountPoints",
  "placementConstraints",
  "placementStrategy",
  "portMappings",
  "properties",
  "resourceRequirements",
  "secretOptions",
  "secrets",
  "systemControls",
  "tagSpecifications",
  "tags",
  "tmpfs",
  "ulimits",
  "volumeConfigurations",
  "volumes",
  "volumesFrom",
]);

/** Fields without known fields of their own that are lists of texts, or texts by name; the others are a single value. */
const LISTS_OF_TEXTS: ReadonlySet<string> = new Set([
  "add",
  "command",
  "credentialSpecs",
  "dnsSearchDomains",
  "dnsServers",
  "dockerSecurityOptions",
  "drop",
  "entryPoint",
  "links",
  "mountOptions",
  "requiresCompatibilities",
  "securityGroups",
  "subnets",
]);
const TEXTS_BY_NAME: ReadonlySet<string> = new Set(["dockerLabels", "driverOpts", "labels", "options"]);

/** Throws `Refusal` with every field of a document that ECS does not know or that does not hold what it should. */
export function refuseUnlike(document: JsonObject, fields: FieldNames, path: string): void {
  const wrong = wrongShapes(document, fields, path);
  // What stands inside of something that has the wrong shape has no place to be known in.
  const unknown = unknownFields(document, fields, path).filter((issue) => !wrong.some((outer) => issue.path.startsWith(`${outer.path}.`)));
  const [first, ...rest] = [...wrong, ...unknown];
  if (first === undefined) return;
  throw new Refusal(path.startsWith("targets.") ? "INVALID_CONFIGURATION" : "INVALID_REQUEST", [first, ...rest]);
}

function wrongShapes(document: JsonObject, fields: FieldNames, path: string): readonly Issue[] {
  return Object.entries(document).flatMap(([name, value]) => {
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (known === undefined || value === null) return [];
    const at = `${path}.${name}`;
    if (known === true) return ofLeaf(name, value, at);
    if (!LISTS_OF_OBJECTS.has(name)) return isObject(value) ? wrongShapes(value, known, at) : [{ path: at, message: "expected an object" }];
    if (!isList(value)) return [{ path: at, message: "expected a list of objects" }];
    return value.flatMap((element, index) =>
      isObject(element) ? wrongShapes(element, known, `${at}[${index}]`) : [{ path: `${at}[${index}]`, message: "expected an object" }],
    );
  });
}

function ofLeaf(name: string, value: Json, path: string): readonly Issue[] {
  if (LISTS_OF_TEXTS.has(name)) {
    return isList(value) && value.every((element) => typeof element === "string") ? [] : [{ path, message: "expected a list of strings" }];
  }
  if (TEXTS_BY_NAME.has(name)) {
    const fits = isObject(value) && Object.values(value).every((element) => element === null || typeof element === "string");
    return fits ? [] : [{ path, message: "expected an object of strings" }];
  }
  return typeof value === "object" ? [{ path, message: "expected a single value" }] : [];
}
