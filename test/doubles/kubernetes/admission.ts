/** What the API server makes of a Job before it keeps it: refused, or with every default filled in. */
import * as client from "@kubernetes/client-node";
import { Job } from "kubernetes-models/batch/v1";
import { isList, isObject, type Json, type JsonObject } from "../../../shared/core/json.ts";
import type { Refused } from "./wire.ts";

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const QUALIFIED = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const SUBDOMAIN_EXPECTED =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";

type Cause = readonly [field: string, reason: string, message: string];

/** Why a Job is not kept: 400 for what can't be read, 422 for what is read and wrong. */
export function refusalOf(text: string, namespace: string, strict: boolean): Refused | undefined {
  const parsed = parse(text);
  if (parsed === undefined) return badRequest("couldn't get version/kind; json parse error: unexpected end of JSON input");
  const { metadata = {}, spec = {} } = parsed as { metadata?: JsonObject; spec?: JsonObject };
  if (parsed["kind"] !== "Job" || parsed["apiVersion"] !== "batch/v1")
    return badRequest("the object provided is unrecognized (must be of type Job)");
  if (metadata["namespace"] !== undefined && metadata["namespace"] !== namespace) {
    return badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  const unknown = strict ? unknownFields(parsed, "V1Job", "") : [];
  if (unknown.length > 0) {
    return badRequest(
      `Job in version "v1" cannot be handled as a Job: strict decoding error: ${unknown.map((field) => `unknown field "${field}"`).join(", ")}`,
    );
  }
  try {
    new Job(structuredClone(parsed) as never).validate();
  } catch (error) {
    return badRequest(`Job in version "v1" cannot be handled as a Job: json: cannot unmarshal: ${(error as Error).message}`);
  }
  const causes = [...wrongMetadata(metadata, "metadata"), ...wrongSpec(spec)];
  if (causes.length === 0) return undefined;
  const told = causes.map(([field, , message]) => `${field}: ${message}`);
  return {
    code: 422,
    reason: "Invalid",
    message: `Job.batch "${String(metadata["name"])}" is invalid: ${told.length === 1 ? told[0] : `[${told.join(", ")}]`}`,
    details: {
      name: String(metadata["name"]),
      group: "batch",
      kind: "Job",
      causes: causes.map(([field, reason, message]) => ({ reason, message, field })),
    },
  };
}

/** The Job as it is kept. */
export function withDefaults(job: JsonObject, uid: string, version: number, createdAt: number, namespace: string): JsonObject {
  const [metadata, spec] = [job["metadata"] as JsonObject, job["spec"] as JsonObject];
  const template = spec["template"] as JsonObject;
  const name = String(metadata["name"]);
  const generated = {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "job-name": name,
  };
  const podLabels = { ...((template["metadata"] as JsonObject | undefined)?.["labels"] as JsonObject), ...generated };
  return {
    ...job,
    metadata: {
      ...metadata,
      namespace,
      uid,
      resourceVersion: String(version),
      generation: 1,
      creationTimestamp: new Date(createdAt).toISOString().replace(/\.\d+Z$/, "Z"),
      labels: { ...(metadata["labels"] as JsonObject), ...generated },
    },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: "TerminatingOrFailed",
      ...spec,
      selector: { matchLabels: { "batch.kubernetes.io/controller-uid": uid } },
      template: {
        ...template,
        metadata: { ...(template["metadata"] as JsonObject), labels: podLabels },
        spec: podWithDefaults(template["spec"] as JsonObject),
      },
    },
  };
}

function podWithDefaults(pod: JsonObject): JsonObject {
  const account = pod["serviceAccountName"] || pod["serviceAccount"];
  const container = (each: Json): Json => ({
    imagePullPolicy: "IfNotPresent",
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    ...(each as JsonObject),
  });
  const lists = ["containers", "initContainers"].flatMap((kind) => (isList(pod[kind]) ? [[kind, pod[kind].map(container)] as const] : []));
  return {
    dnsPolicy: "ClusterFirst",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    ...pod,
    ...(account ? { serviceAccountName: account, serviceAccount: account } : {}),
    ...Object.fromEntries(lists),
  };
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function badRequest(message: string): Refused {
  return { code: 400, reason: "BadRequest", message };
}

interface Model {
  getAttributeTypeMap(): readonly { readonly baseName: string; readonly type: string }[];
}

/** Fields that the client's own models do not have, as strict decoding finds them. */
function unknownFields(value: Json | undefined, type: string, path: string): readonly string[] {
  const inner = /^(?:Array<(.*)>|\{ \[key: string\]: (.*); \})$/.exec(type);
  const element = inner?.[1] ?? inner?.[2];
  if (element !== undefined) {
    const members = isList(value)
      ? value.map((each, index) => [`[${index}]`, each] as const)
      : isObject(value)
        ? Object.entries(value)
        : [];
    return members.flatMap(([name, each]) => unknownFields(each, element, `${path}${name.startsWith("[") ? name : `.${name}`}`));
  }
  const model = (client as unknown as Readonly<Record<string, Partial<Model> | undefined>>)[type];
  if (model?.getAttributeTypeMap === undefined || !isObject(value)) return [];
  const types = new Map(model.getAttributeTypeMap().map(({ baseName, type: of }) => [baseName, of]));
  return Object.entries(value).flatMap(([name, each]) => {
    const at = path === "" ? name : `${path}.${name}`;
    const of = types.get(name);
    return of === undefined ? [at] : unknownFields(each, of, at);
  });
}

function wrongMetadata(metadata: JsonObject, path: string): readonly Cause[] {
  const name = String(metadata["name"] ?? "");
  const causes: Cause[] = [];
  if (path === "metadata") {
    if (name === "") causes.push(["metadata.name", "FieldValueRequired", "Required value: name or generateName is required"]);
    else if (name.length > 253 || !SUBDOMAIN.test(name)) causes.push(invalid("metadata.name", name, SUBDOMAIN_EXPECTED));
    else if (name.length > 63) causes.push(invalid("spec.template.labels", name, "must be no more than 63 characters"));
  }
  for (const [key, value] of Object.entries((metadata["labels"] ?? {}) as JsonObject)) {
    const text = String(value);
    if (!QUALIFIED.test(key)) causes.push(invalid(`${path}.labels`, key, "name part must consist of alphanumeric characters"));
    if (text.length > 63) causes.push(invalid(`${path}.labels`, text, "must be no more than 63 characters"));
    else if (!LABEL_VALUE.test(text))
      causes.push(invalid(`${path}.labels`, text, "a valid label must be an empty string or consist of alphanumeric characters"));
  }
  let size = 0;
  for (const [key, value] of Object.entries((metadata["annotations"] ?? {}) as JsonObject)) {
    size += key.length + Buffer.byteLength(String(value));
    if (!QUALIFIED.test(key.toLowerCase()))
      causes.push(invalid(`${path}.annotations`, key, "name part must consist of alphanumeric characters"));
  }
  if (size > 256 * 1024) causes.push([`${path}.annotations`, "FieldValueTooLong", "Too long: may not be more than 262144 bytes"]);
  return causes;
}

function wrongSpec(spec: JsonObject): readonly Cause[] {
  const template = (spec["template"] ?? {}) as JsonObject;
  const pod = (template["spec"] ?? {}) as JsonObject;
  const path = "spec.template.spec";
  const causes: Cause[] = [...wrongMetadata((template["metadata"] ?? {}) as JsonObject, "spec.template.metadata")];
  const restart = pod["restartPolicy"];
  if (restart !== "Never" && restart !== "OnFailure") {
    causes.push([
      `${path}.restartPolicy`,
      "FieldValueNotSupported",
      `Unsupported value: "${String(restart ?? "Always")}": supported values: "OnFailure", "Never"`,
    ]);
  }
  if (spec["manualSelector"] !== true && spec["selector"] !== undefined) {
    causes.push(invalid("spec.selector", JSON.stringify(spec["selector"]), "`selector` not auto-generated"));
  }
  for (const name of ["backoffLimit", "ttlSecondsAfterFinished", "activeDeadlineSeconds"]) {
    if (Number(spec[name] ?? 0) < 0)
      causes.push([`spec.${name}`, "FieldValueInvalid", `Invalid value: ${spec[name]}: must be greater than or equal to 0`]);
  }
  if (pod["ephemeralContainers"] !== undefined) {
    causes.push([`${path}.ephemeralContainers`, "FieldValueForbidden", "Forbidden: ephemeral containers not allowed in pod template"]);
  }
  return [...causes, ...wrongContainers(pod, path)];
}

function wrongContainers(pod: JsonObject, path: string): readonly Cause[] {
  const volumes = new Set(((pod["volumes"] ?? []) as readonly JsonObject[]).map(({ name }) => name));
  const seen = new Set<unknown>();
  return ["containers", "initContainers"].flatMap((kind) =>
    ((pod[kind] ?? []) as readonly JsonObject[]).flatMap((container, index): readonly Cause[] => {
      const at = `${path}.${kind}[${index}]`;
      const { name, image } = container;
      const causes: Cause[] = [];
      if (!LABEL.test(String(name)) || String(name).length > 63) causes.push(invalid(`${at}.name`, String(name), SUBDOMAIN_EXPECTED));
      if (seen.has(name)) causes.push([`${at}.name`, "FieldValueDuplicate", `Duplicate value: "${String(name)}"`]);
      seen.add(name);
      if (!image) causes.push([`${at}.image`, "FieldValueRequired", "Required value"]);
      for (const [nth, variable] of ((container["env"] ?? []) as readonly JsonObject[]).entries()) {
        if (!/^[\x20-\x3c\x3e-\x7e]+$/.test(String(variable["name"])))
          causes.push(
            invalid(
              `${at}.env[${nth}].name`,
              String(variable["name"]),
              "a valid environment variable name must consist only of printable ASCII characters other than '='",
            ),
          );
      }
      for (const [nth, mount] of ((container["volumeMounts"] ?? []) as readonly JsonObject[]).entries()) {
        if (!volumes.has(mount["name"] ?? ""))
          causes.push([`${at}.volumeMounts[${nth}].name`, "FieldValueNotFound", `Not found: "${String(mount["name"])}"`]);
      }
      return causes;
    }),
  );
}

function invalid(field: string, value: string, detail: string): Cause {
  return [field, "FieldValueInvalid", `Invalid value: ${JSON.stringify(value)}: ${detail}`];
}
