/** What a Job names that is not its own: secrets, host paths, claims, images, each with where. */
import type { Json, JsonObject } from "../../core/json.ts";
import { isList, isObject } from "../../core/json.ts";
import { objectIn, objectsIn, textIn } from "./documents.ts";
import { podOf } from "./template.ts";

/** A thing by its name, and where the Job names it. */
export type Named = readonly [name: string, path: string];

/** All that a Job reaches for. */
export interface Reached {
  readonly images: readonly Named[];
  readonly secrets: readonly Named[];
  readonly hostPaths: readonly Named[];
  readonly claims: readonly Named[];
  readonly serviceAccounts: readonly Named[];
}

const CONTAINERS = ["containers", "initContainers", "ephemeralContainers"] as const;

/** All that a Job reaches for; paths begin with `path`. */
export function reachedBy(job: JsonObject, path: string): Reached {
  const pod = podOf(job);
  const at = `${path}.spec.template.spec`;
  const containers = CONTAINERS.flatMap((kind) =>
    objectsIn(pod, kind).map((container, index) => [container, `${at}.${kind}[${index}]`] as const),
  );
  const volumes = objectsIn(pod, "volumes").map((volume, index) => [volume, `${at}.volumes[${index}]`] as const);
  const inVolumes = (source: string, field: string) =>
    volumes.flatMap(([volume, where]) => {
      const name = textIn(objectIn(volume, source), field);
      return name === undefined ? [] : [[name, `${where}.${source}.${field}`] as const];
    });
  const pull = objectsIn(pod, "imagePullSecrets").map(
    ({ name = "" }, index) => [String(name), `${at}.imagePullSecrets[${index}]`] as const,
  );
  return {
    images: [
      ...containers.flatMap(([{ image }, where]) =>
        typeof image === "string" && image !== "" ? [[image, `${where}.image`] as const] : [],
      ),
      ...inVolumes("image", "reference"),
    ],
    secrets: [
      ...pull,
      ...containers.flatMap(([container, where]) => ofVariables(container, where)),
      ...inVolumes("secret", "secretName"),
      ...volumes.flatMap(([volume, where]) =>
        objectsIn(objectIn(volume, "projected"), "sources").flatMap((source, index) =>
          isObject(source["secret"]) ? [[nameIn(source["secret"]), `${where}.projected.sources[${index}].secret`] as const] : [],
        ),
      ),
    ],
    hostPaths: inVolumes("hostPath", "path"),
    claims: inVolumes("persistentVolumeClaim", "claimName"),
    // The second is the first one's name of old, and still read.
    serviceAccounts: ["serviceAccountName", "serviceAccount"].flatMap((field) => {
      const name = textIn(pod, field);
      return name === undefined ? [] : [[name, `${at}.${field}`] as const];
    }),
  };
}

function ofVariables(container: JsonObject, path: string): readonly Named[] {
  const single = objectsIn(container, "env").flatMap((variable, index) => {
    const reference = objectIn(variable, "valueFrom")["secretKeyRef"];
    return reference === undefined ? [] : [[nameIn(reference), `${path}.env[${index}].valueFrom.secretKeyRef`] as const];
  });
  const whole = objectsIn(container, "envFrom").flatMap(({ secretRef }, index) =>
    secretRef === undefined ? [] : [[nameIn(secretRef), `${path}.envFrom[${index}].secretRef`] as const],
  );
  return [...single, ...whole];
}

function nameIn(reference: Json): string {
  return isObject(reference) && !isList(reference) ? (textIn(reference, "name") ?? "") : "";
}
