/** What is refused before any call, where, and with what to do. */
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import { kubernetesTargetIssues } from "../../../shared/launchers/kubernetes/target.ts";
import { refusalOf } from "../../support/refusal.ts";
import { jobOf, jobWith, kubernetesRun, kubernetesTarget, planOf, type TargetParts } from "./support.ts";

const T = "run_config.job_template";
const POD = `${T}.spec.template.spec`;

describe("a template that is no Job of one pod", () => {
  test.each<readonly [string, JsonObject, string, string]>([
    ["two completions", jobWith({}, { completions: 2 }), `${T}.spec.completions`, "one pod"],
    ["none", jobWith({}, { completions: 0 }), `${T}.spec.completions`, "one pod"],
    ["two at once", jobWith({}, { parallelism: 2 }), `${T}.spec.parallelism`, "one pod"],
    ["no pod", { spec: {} }, POD, "it is missing"],
    ["a pod that is a list", { spec: { template: { spec: [] } } }, POD, "it is missing"],
    ["nothing of a Job", { a: 1 }, POD, "it is missing"],
    ["another kind", { ...jobWith({}), kind: "CronJob" }, `${T}.kind`, "expected a Job"],
    ["another version", { ...jobWith({}), apiVersion: "batch/v1beta1" }, `${T}.kind`, "batch/v1"],
    ["restarted for ever", jobWith({ restartPolicy: "Always" }), `${POD}.restartPolicy`, "Never or OnFailure"],
    ["a container that is restarted", jobOf({ restartPolicy: "Always" }), `${POD}.containers[0].restartPolicy`, "second time"],
    ["an unknown field", jobWith({ nodeSelectr: {} }), `${POD}.nodeSelectr`, 'did you mean "nodeSelector"?'],
    ["a number for a text", jobOf({ args: [1] }), `${POD}.containers[0].args[0]`, "put it in quotes"],
    ["a text for a number", jobWith({}, { backoffLimit: "3" }), `${T}.spec.backoffLimit`, "whole number"],
    ["a text for true or false", jobOf({ tty: "yes" }), `${POD}.containers[0].tty`, "true or false"],
    ["an object for a list", jobWith({ volumes: { a: 1 } }), `${POD}.volumes`, "expected a list"],
    ["null in a list", jobWith({ containers: [null] }), `${POD}.containers[0]`, "expected an object"],
    ["a container without a name", jobWith({ containers: [{ name: "a" }, {}] }), `${POD}.containers[1].name`, "it is missing"],
    ["a mount to nowhere", jobOf({ volumeMounts: [{ name: "a" }] }), `${POD}.containers[0].volumeMounts[0].mountPath`, "it is missing"],
    ["an amount of nothing", jobOf({ resources: { limits: { cpu: "lots" } } }), `${POD}.containers[0].resources.limits["cpu"]`, "quantity"],
    ["a label that is none", { ...jobWith({}), metadata: { labels: { a: "b c" } } }, `${T}.metadata.labels["a"]`, "at most 63"],
    [
      "a label's key that is none",
      { ...jobWith({}), metadata: { labels: { "a b": "c" } } },
      `${T}.metadata.labels["a b"]`,
      "a name of at most",
    ],
    ["a label of a number", { ...jobWith({}), metadata: { labels: { a: 1 } } }, `${T}.metadata.labels["a"]`, "put it in quotes"],
  ])("%s", (_name, jobTemplate, path, says) => {
    const refusal = refusalOf(() => planOf(kubernetesRun({ jobTemplate }), kubernetesTarget({ allow: "*" })));
    expect({ code: refusal.code, path: refusal.path }).toEqual({ code: "INVALID_TEMPLATE", path });
    expect(refusal.message).toContain(says);
  });

  test("the target's own template is the operator's to mend", () => {
    const target = kubernetesTarget({ settings: { jobTemplate: jobWith({}, { completions: 2 }) } });
    expect(refusalOf(() => planOf(kubernetesRun(), target))).toMatchObject({
      code: "INVALID_CONFIGURATION",
      path: "targets.jobs.job_template.spec.completions",
    });
  });

  test("one that was read is named by its path's field", () => {
    const read = { document: jobWith({ volumes: 1 }), origin: "run", field: "run_config.job_template_path" } as const;
    expect(refusalOf(() => planOf(kubernetesRun({ jobTemplatePath: "s3://a" }, {}, read)))).toMatchObject({
      code: "INVALID_TEMPLATE",
      path: "run_config.job_template_path.spec.template.spec.volumes",
    });
  });

  test("all that is wrong is told at once", () => {
    const { issues } = refusalOf(() => planOf(kubernetesRun({ jobTemplate: jobOf({ tty: 1, stdin: 2, imag: "x" }) })));
    expect(issues.map(({ path }) => path.split(".").at(-1))).toEqual(["imag", "stdin", "tty"]);
  });
});

describe("what is wrong elsewhere", () => {
  test.each<readonly [string, Parameters<typeof kubernetesRun>[0], TargetParts, string, string]>([
    ["a size that is none", { cpuLimit: "2 vcpu" }, {}, "INVALID_REQUEST", "run_config.cpu_limit"],
    ["a memory that is none", { memoryRequest: "4 GB" }, {}, "INVALID_REQUEST", "run_config.memory_request"],
    ["a variable's name with =", { env: { "A=B": "1" } }, {}, "INVALID_REQUEST", "run_config.env.A=B"],
    ["a variable without a name", { env: { "": "1" } }, {}, "INVALID_REQUEST", "run_config.env."],
    ["a variable of the target", {}, { env: { ü: "1" } }, "INVALID_CONFIGURATION", "targets.jobs.env.ü"],
    ["a variable with NUL", { env: { A: "a\0b" } }, {}, "INVALID_REQUEST", "run_config.env.A"],
    ["a variable that is a secret", { env: { A: "1" } }, { secrets: { A: "a/b" } }, "INVALID_REQUEST", "run_config.env.A"],
    ["a tag that is no label", {}, { tags: { "a b": "1" } }, "INVALID_CONFIGURATION", "targets.jobs.tags.a b"],
    ["no image", {}, { image: "" }, "IMAGE_MISSING", "run_config.image"],
    ["too much", { env: { A: "x".repeat(1_100_000) } }, {}, "TOO_LARGE", ""],
  ])("%s", (_name, config, target, code, path) => {
    const refusal = refusalOf(() => planOf(kubernetesRun(config), kubernetesTarget(target)));
    expect({ code: refusal.code, path: refusal.path }).toEqual({ code, path });
  });

  test("what a request's names put into a variable", () => {
    expect(refusalOf(() => planOf(kubernetesRun({}, { flow: { name: "a\0" } })))).toMatchObject({
      code: "INVALID_REQUEST",
      path: "flow.name",
    });
  });

  test("no refusal repeats the value of a variable", () => {
    const refusal = refusalOf(() => planOf(kubernetesRun({ env: { "A=B": "hunter2", C: "hunter2\0" } })));
    expect(refusal.message).not.toContain("hunter2");
  });
});

test.each([
  ["a reference without a key", { secrets: { A: "database" } }, ["secrets.A"]],
  ["one with too much", { secrets: { A: "a/b/c" } }, ["secrets.A"]],
  ["a Secret that can't be", { secrets: { A: "Data base/b" } }, ["secrets.A"]],
  ["a good one", { secrets: { A: "data-base.x/pass_word" } }, []],
  ["two templates", { job_template: {}, job_template_path: "a" }, ["job_template_path"]],
  ["a template that is no Job", { job_template: { kind: "Job" } }, ["job_template.spec.template.spec"]],
  [
    "a template with fields that nobody knows",
    { job_template: jobWith({ nodeSelectr: {} }, { ttl: 1 }) },
    ["job_template.spec.template.spec.nodeSelectr", "job_template.spec.ttl"],
  ],
  ["a null beside a template", { job_template: {}, job_template_path: null }, []],
])("between the fields of a target: %s", (_name, target, paths) => {
  expect(kubernetesTargetIssues(target).map(({ path }) => path)).toEqual(paths);
});
