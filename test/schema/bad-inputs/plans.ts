import type { JsonObject } from "../../../shared/core/json.ts";
import { type BadInput, SECRET } from "./row.ts";

const NOT_ALLOWED = "TEMPLATE_NOT_ALLOWED";
const ecs = (fields: JsonObject): JsonObject => ({ run_config: { type: "ECSRun", image: "i", env: { A: SECRET }, ...fields } });
const template = (path: string) => ecs({ task_definition_path: path });

/** The targets that the requests below go to. */
export const PLANNED_CONFIGURATION: JsonObject = {
  targets: [
    { name: "here", type: "local", labels: ["here"], env: { A: SECRET } },
    { name: "tasks", type: "ecs", region: "eu-west-1" },
    { name: "jobs", type: "kubernetes", cluster: "in_cluster", labels: ["k8s"] },
    { name: "vertex", type: "vertex", project: "p", region: "europe-west4" },
    { name: "box", type: "docker", host: "unix:///var/run/docker.sock" },
  ],
};

/** Valid requests that no target may or can take as things stand. */
export const plans: readonly BadInput<JsonObject>[] = [
  [
    "labels that no target has",
    { run_config: { type: "LocalRun", labels: ["gpu"] } },
    "NO_TARGET",
    "run_config.labels",
    'here: it lacks the label "gpu"',
  ],
  [
    "no labels where all targets have some",
    { run_config: { type: "LocalRun" } },
    "NO_TARGET",
    "run_config.labels",
    "needs a target without labels",
  ],
  ["a target that there is not", { target: "tsaks", run_config: { type: "ECSRun" } }, "TARGET_UNKNOWN", "target", 'did you mean "tasks"?'],
  ["a target of another type", { target: "box", run_config: { type: "ECSRun" } }, "TYPE_NOT_SUPPORTED", "run_config.type", "not ECSRun"],
  [
    "a Job that nobody gives an image",
    { run_config: { type: "KubernetesRun", labels: ["k8s"] } },
    "IMAGE_MISSING",
    "run_config.image",
    "flow.storage",
  ],
  [
    "a custom job without an image",
    { run_config: { type: "VertexRun" } },
    "IMAGE_MISSING",
    "run_config.image",
    'in target "vertex" (image)',
  ],
  ["a container that nobody gives an image", { run_config: { type: "DockerRun" } }, "IMAGE_MISSING", "run_config.image", "flow.storage"],
  ["a local run of no command", { target: "here", run_config: { type: "LocalRun" } }, "COMMAND_MISSING", "command", "command"],
  [
    "a template outside of the allowed prefix",
    template("s3://bucket/other/t.json"),
    NOT_ALLOWED,
    "run_config.task_definition_path",
    "in none of the allowed places",
  ],
  [
    "a template beside the allowed prefix",
    template("s3://bucket/templates-evil/t.json"),
    NOT_ALLOWED,
    "run_config.task_definition_path",
    "in none of the allowed places",
  ],
  [
    "a template that climbs out of the prefix",
    template("s3://bucket/templates/../secret.json"),
    NOT_ALLOWED,
    "run_config.task_definition_path",
    "..",
  ],
  [
    "a template in another store",
    template("gs://bucket/templates/t.json"),
    NOT_ALLOWED,
    "run_config.task_definition_path",
    "in none of the allowed places",
  ],
  [
    "a template that climbs out of the folder",
    template("agent:../../etc/passwd"),
    NOT_ALLOWED,
    "run_config.task_definition_path",
    "climbs with ..",
  ],
  ["a plain path that climbs", template("templates/../../etc/passwd"), NOT_ALLOWED, "run_config.task_definition_path", "climbs with .."],
  [
    "a template by an absolute path",
    template("/etc/passwd"),
    NOT_ALLOWED,
    "run_config.task_definition_path",
    "outside the template folder",
  ],
  [
    "a template over http",
    template(`https://u:${SECRET}@example.com/t.json`),
    NOT_ALLOWED,
    "run_config.task_definition_path",
    "not read over https",
  ],
  [
    "a template of the metadata service",
    template("http://169.254.169.254/latest"),
    NOT_ALLOWED,
    "run_config.task_definition_path",
    "not read over http",
  ],
  [
    "a template's file: path, which the sender reads",
    template("file:///etc/passwd"),
    NOT_ALLOWED,
    "run_config.task_definition_path",
    "where the request is written",
  ],
  [
    "a template of an unknown scheme",
    template("ftp://example.com/t.json"),
    NOT_ALLOWED,
    "run_config.task_definition_path",
    "its scheme is unknown",
  ],
];
