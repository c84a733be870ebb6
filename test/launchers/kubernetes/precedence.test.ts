/** What the agents did, with our differences: who says what of a Job. */
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import { templatePath } from "../../../shared/launchers/kubernetes/template.ts";
import { jobOf, jobWith, kubernetesRun, kubernetesTarget, planOf } from "./support.ts";

describe("the template is chosen, never merged", () => {
  const named = (name: string) => jobWith({ hostname: name });
  const read = (origin: "run" | "target") => ({ origin, document: named(`${origin} path`) });
  test.each([
    ["the run config's", { jobTemplate: named("run") }, undefined, { jobTemplate: named("target") }, "run"],
    ["the run config's path", { jobTemplatePath: "s3://a/b" }, read("run"), { jobTemplate: named("target") }, "run path"],
    ["the target's, where the run has none", {}, undefined, { jobTemplate: named("target") }, "target"],
    ["the target's path", {}, read("target"), { jobTemplatePath: "s3://a/b" }, "target path"],
    ["the target's, where the run's is empty", { jobTemplate: {} }, undefined, { jobTemplate: named("target") }, "target"],
    ["the default, where the target's is empty", {}, undefined, { jobTemplate: {} }, undefined],
  ] as const)("%s", (_name, config, template, settings, hostname) => {
    const { pod } = planOf(kubernetesRun(config, {}, template), kubernetesTarget({ settings }));
    expect(pod["hostname"]).toBe(hostname);
  });

  test.each([
    ["inline in the run", { jobTemplate: named("run") }, { jobTemplatePath: "s3://a/b" }, undefined],
    ["by the run's path", { jobTemplatePath: "s3://r" }, { jobTemplate: named("target") }, "s3://r"],
    ["by the target's path", {}, { jobTemplatePath: "s3://t" }, "s3://t"],
    ["inline in the target", {}, { jobTemplate: named("target") }, undefined],
    ["nowhere", {}, {}, undefined],
  ] as const)("given %s: what is read first", (_name, config, settings, path) => {
    expect(templatePath(kubernetesRun(config), kubernetesTarget({ settings }))?.path).toBe(path);
  });
});

describe("image", () => {
  const storage = { type: "Docker", registry_url: "r", image_name: "n", image_tag: "t" } as const;
  test.each([
    ["Docker storage", { image: "run:1" }, { flow: { storage } }, "tpl:1", "r/n:t"],
    ["run config", { image: "run:1" }, {}, "tpl:1", "run:1"],
    ["template", {}, {}, "tpl:1", "tpl:1"],
    ["target", {}, {}, undefined, "img:1"],
  ] as const)("of the %s", (_name, config, request, inTemplate, image) => {
    const template = inTemplate === undefined ? {} : { jobTemplate: jobOf({ image: inTemplate }) };
    expect(planOf(kubernetesRun({ ...template, ...config }, request)).container["image"]).toBe(image);
  });

  test("the first container is the run's own, whatever it is called, and the others stay as they are", () => {
    const others = [{ name: "flow", image: "other:1" }];
    const { pod } = planOf(kubernetesRun({ image: "run:1", jobTemplate: jobWith({ containers: [{ name: "main" }, ...others] }) }));
    expect(pod["containers"]).toEqual([expect.objectContaining({ name: "main", image: "run:1" }), ...others]);
  });

  test.each([
    ["no containers", {}, "flow"],
    ["a nameless one", { containers: [{ tty: true }] }, "flow"],
    ["a nameless one beside flow", { containers: [{}, { name: "flow", image: "a" }] }, "slipway-flow"],
  ])("%s: the run's own gets a name", (_name, pod, name) => {
    expect(planOf(kubernetesRun({ jobTemplate: { spec: { template: { spec: pod as JsonObject } } } })).container["name"]).toBe(name);
  });
});

describe("service account, pull secrets and pull policy: run config, the run's template, target, the target's template", () => {
  const layers = ["run config", "run's template", "target", "target's template"] as const;
  const fields = [
    { field: "serviceAccountName", key: "serviceAccountName", value: (name: string) => name, inPod: (name: string) => name },
    { field: "imagePullSecrets", key: "imagePullSecrets", value: (name: string) => [name], inPod: (name: string) => [{ name }] },
  ] as const;
  const subsets = Array.from({ length: 16 }, (_, bits) => layers.filter((_layer, index) => (bits & (1 << index)) !== 0));
  const cases = fields.flatMap((each) => subsets.map((said) => ({ ...each, said })));
  test.each(cases)("$field said by $said", ({ key, value, inPod, said }) => {
    const says = (layer: (typeof layers)[number]) => said.includes(layer);
    const config = {
      ...(says("run config") ? { [key]: value("run config") } : {}),
      ...(says("run's template") ? { jobTemplate: jobWith({ [key]: inPod("run's template") }) } : {}),
    };
    const settings = {
      ...(says("target") ? { [key]: value("target") } : {}),
      ...(says("target's template") ? { jobTemplate: jobWith({ [key]: inPod("target's template") }) } : {}),
    };
    // A template that the run brings takes the place of the target's whole.
    const counts = layers.filter((layer) => says(layer) && !(layer === "target's template" && says("run's template")));
    const wins = counts[0];
    const { pod } = planOf(kubernetesRun(config), kubernetesTarget({ allow: "*", settings }));
    expect(pod[key]).toEqual(wins === undefined ? undefined : inPod(wins));
  });

  test("an empty service account of the run config counts, an empty list of pull secrets does not", () => {
    const settings = { serviceAccountName: "target", imagePullSecrets: ["target"] };
    const { pod } = planOf(kubernetesRun({ serviceAccountName: "", imagePullSecrets: [] }), kubernetesTarget({ allow: "*", settings }));
    expect(pod).toMatchObject({ serviceAccountName: "", imagePullSecrets: [{ name: "target" }] });
  });

  test.each([
    [["Always"], "Never", "IfNotPresent", "Always"],
    [[], "Never", "IfNotPresent", "Never"],
    [[], undefined, "IfNotPresent", "IfNotPresent"],
  ] as const)("pull policy: run config %j, the run's template %s, target %s", ([own], inTemplate, ofTarget, wins) => {
    const config = {
      ...(own === undefined ? {} : { imagePullPolicy: own }),
      jobTemplate: jobOf(inTemplate ? { imagePullPolicy: inTemplate } : {}),
    };
    const { container } = planOf(kubernetesRun(config), kubernetesTarget({ settings: { imagePullPolicy: ofTarget } }));
    expect(container["imagePullPolicy"]).toBe(wins);
  });
});

describe("command", () => {
  const template = jobOf({ command: ["wrap"], args: ["tpl"] });
  test.each([
    ["of the request", { command: ["a", "b c"] }, {}, { command: ["wrap"], args: ["a", "b c"] }],
    ["of the target", {}, { command: ["t"] }, { command: ["wrap"], args: ["t"] }],
    ["of the template", {}, {}, { command: ["wrap"], args: ["tpl"] }],
    ["and entrypoint of the request", { command: ["a"], entrypoint: ["e"] }, { entrypoint: ["t"] }, { command: ["e"], args: ["a"] }],
    ["and entrypoint of the target", { command: ["a"] }, { entrypoint: ["t"] }, { command: ["t"], args: ["a"] }],
  ] as const)("%s", (_name, request, target, expected) => {
    expect(planOf(kubernetesRun({ jobTemplate: template }, request), kubernetesTarget(target)).container).toMatchObject(expected);
  });

  test("a run's own dollars reach the container: Kubernetes would fill $(NAME) in, and take $$ for one", () => {
    const { container } = planOf(kubernetesRun({}, { command: ["echo $(HOME) $HOME $$ ${X} $$(Y) $"] }));
    expect(container["args"]).toEqual(["echo $$(HOME) $HOME $$$$ ${X} $$$$(Y) $"]);
  });
});

describe("variables", () => {
  test("later wins: template, target, run config, ours, enforced; null takes away", () => {
    const names = ["T1", "T2", "T3", "T4"].map((name) => ({ name, value: "template" }));
    const { env } = planOf(
      kubernetesRun({ env: { T3: "run", T4: null, R: 1, B: true }, jobTemplate: jobOf({ env: names }) }),
      kubernetesTarget({ env: { T2: "target", T3: "target", SLIPWAY_RUN_ID: "no" }, enforcedEnv: { R: "enforced" } }),
    );
    expect(env).toMatchObject({ T1: "template", T2: "target", T3: "run", R: "enforced", B: "true", SLIPWAY_RUN_ID: "run-1" });
    expect(env).not.toHaveProperty("T4");
  });

  test("a template's entries keep their order, their references, and come as texts", () => {
    const valueFrom = { fieldRef: { fieldPath: "spec.nodeName" } };
    const list = [
      { name: "Z", value: 1 },
      { name: "N", valueFrom },
      { name: "A", value: "$(Z)" },
    ];
    const { container, env } = planOf(kubernetesRun({ jobTemplate: jobOf({ env: list }) }));
    expect((container["env"] as readonly JsonObject[]).map(({ name }) => name).slice(-3)).toEqual(["Z", "N", "A"]);
    expect(env).toMatchObject({ Z: "1", N: valueFrom, A: "$(Z)" });
  });

  test("a plain variable takes the place of a reference", () => {
    const list = [{ name: "S", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }];
    expect(planOf(kubernetesRun({ env: { S: "plain" }, jobTemplate: jobOf({ env: list }) })).env["S"]).toBe("plain");
  });

  test("the target's secrets are references, and win over the template's entries", () => {
    const target = kubernetesTarget({ secrets: { KEY: "database/password" } });
    const { env } = planOf(kubernetesRun({ jobTemplate: jobOf({ env: [{ name: "KEY", value: "x" }] }) }), target);
    expect(env["KEY"]).toEqual({ secretKeyRef: { name: "database", key: "password" } });
  });

  test("what Slipway sets is data, whatever is in it", () => {
    const { env } = planOf(kubernetesRun({}, { parameters: { a: "$(HOME) $$" } }));
    expect(env["SLIPWAY_PARAMETERS"]).toBe('{"a":"$$(HOME) $$$$"}');
  });
});

describe("sizes", () => {
  const gpu = { limits: { cpu: "1", memory: "1Gi", "nvidia.com/gpu": 1 }, requests: { memory: "512Mi" }, claims: [{ name: "c" }] };
  test.each([
    ["one limit over the template's", { cpuLimit: "2" }, { limits: { ...gpu.limits, cpu: "2" }, requests: gpu.requests }],
    [
      "all four",
      { cpuLimit: "2", cpuRequest: "500m", memoryLimit: "4Gi", memoryRequest: "2Gi" },
      {
        limits: { cpu: "2", memory: "4Gi", "nvidia.com/gpu": 1 },
        requests: { cpu: "500m", memory: "2Gi" },
      },
    ],
    ["an empty text says nothing", { cpuLimit: "" }, { limits: gpu.limits, requests: gpu.requests }],
    ["zero counts", { memoryRequest: "0" }, { limits: gpu.limits, requests: { memory: "0" } }],
  ])("%s", (_name, config, expected) => {
    const { container } = planOf(kubernetesRun({ ...config, jobTemplate: jobOf({ resources: gpu }) }), kubernetesTarget({ allow: "*" }));
    expect(container["resources"]).toEqual({ ...expected, claims: gpu.claims });
  });
});

describe("how often, and for how long", () => {
  test("without a word in the template: one pod that is not started again, and kept for a day", () => {
    const { spec, pod } = planOf(kubernetesRun());
    expect(spec).toMatchObject({ backoffLimit: 0, ttlSecondsAfterFinished: 86_400 });
    expect(spec).not.toHaveProperty("activeDeadlineSeconds");
    expect(pod["restartPolicy"]).toBe("Never");
  });

  test.each([
    ["backoffLimit", { backoffLimit: 3 }, { backoffLimit: 3 }],
    ["a longer TTL", { ttlSecondsAfterFinished: 100_000 }, { ttlSecondsAfterFinished: 100_000 }],
    ["a TTL under a day is raised", { ttlSecondsAfterFinished: 60 }, { ttlSecondsAfterFinished: 86_400 }],
    ["one completion", { completions: 1, parallelism: 1 }, { completions: 1, parallelism: 1 }],
  ])("the template's own %s", (_name, given, expected) => {
    expect(planOf(kubernetesRun({ jobTemplate: jobWith({}, given) })).spec).toMatchObject(expected);
  });

  test.each([
    [60, 30, undefined, 30],
    [60, undefined, undefined, 60],
    [undefined, 90, 100, 90],
    [undefined, undefined, 100, 100],
  ])("time limit of the request %s, the target %s, the template %s: the smallest, %s", (request, target, template, expected) => {
    const run = kubernetesRun(
      template === undefined ? {} : { jobTemplate: jobWith({}, { activeDeadlineSeconds: template }) },
      request === undefined ? {} : { timeoutSeconds: request },
    );
    const { spec } = planOf(run, kubernetesTarget(target === undefined ? {} : { timeoutSeconds: target }));
    expect(spec["activeDeadlineSeconds"]).toBe(expected);
  });
});

describe("what stays of a template", () => {
  test("what the API server alone sets is taken out, nulls count as absent, and all else stays", () => {
    const { metadata, job, spec, pod } = planOf(
      kubernetesRun({
        jobTemplate: {
          ...jobWith(
            { nodeSelector: { a: "b" }, hostname: null },
            { suspend: true },
            { uid: "u", resourceVersion: "1", creationTimestamp: null, generateName: "a-", annotations: { note: "x" } },
          ),
          status: { active: 1 },
        },
      }),
    );
    expect(job).not.toHaveProperty("status");
    expect(Object.keys(metadata).toSorted()).toEqual(["annotations", "generateName", "labels", "name"]);
    expect(metadata["annotations"]).toMatchObject({ note: "x" });
    expect(spec["suspend"]).toBe(true);
    expect(pod).toMatchObject({ nodeSelector: { a: "b" } });
    expect(pod).not.toHaveProperty("hostname");
  });

  test("labels on Job and pod: the template's, the target's tags, ours; Kueue's queue passes through", () => {
    const jobTemplate = {
      metadata: { labels: { "kueue.x-k8s.io/queue-name": "q", "slipway/key": "mine", team: "tpl" } },
      spec: { template: { metadata: { labels: { app: "x" } }, spec: {} } },
    };
    const { metadata, podMetadata } = planOf(kubernetesRun({ jobTemplate }), kubernetesTarget({ tags: { team: "${run.id}" } }));
    expect(metadata["labels"]).toMatchObject({ "kueue.x-k8s.io/queue-name": "q", team: "run-1", "slipway/attempt": "1" });
    expect((metadata["labels"] as JsonObject)["slipway/key"]).not.toBe("mine");
    expect(podMetadata["labels"]).toMatchObject({ app: "x", team: "run-1", "slipway/target": "jobs" });
  });

  test("a run of any type gets the target's template", () => {
    const run = { ...kubernetesRun(), request: { id: "run-1", runConfig: { type: "UniversalRun", env: { A: "1" }, labels: [] } } } as const;
    const { env, pod } = planOf(run, kubernetesTarget({ settings: { jobTemplate: jobWith({ hostname: "h" }) } }));
    expect([env["A"], pod["hostname"]]).toEqual(["1", "h"]);
  });
});
