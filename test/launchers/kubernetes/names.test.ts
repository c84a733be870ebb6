/** Names and labels of anything whatsoever: what comes out is what Kubernetes takes, or a refusal. */
import * as client from "@kubernetes/client-node";
import fc from "fast-check";
import { Job } from "kubernetes-models/batch/v1";
import { describe, expect, test } from "vitest";
import { Refusal } from "../../../shared/core/errors.ts";
import { runKey } from "../../../shared/core/identity.ts";
import type { Json, JsonObject } from "../../../shared/core/json.ts";
import { JOB_TYPES } from "../../../shared/launchers/kubernetes/model.ts";
import { jobName, keyProblem, labelValue, labelValueProblem } from "../../../shared/launchers/kubernetes/naming.ts";
import { planKubernetes } from "../../../shared/launchers/kubernetes/plan.ts";
import { isQuantity } from "../../../shared/launchers/kubernetes/quantity.ts";
import { nearly } from "../../schema/arbitrary.ts";
import { jobWith, kubernetesRun, kubernetesTarget, planOf } from "./support.ts";

const NAME = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const long = (last: string) => `${"a".repeat(69)}${last}`;

describe("a Job's name", () => {
  const key = runKey("run-1");
  test.each([
    ["test", 1, `slipway-test-${key}-1`],
    ["a-deployment-of-twenty", 9, `slipway-a-deployment-of-twenty-${key}-9`],
  ])("of deployment %s, attempt %i", (deployment, attempt, name) => {
    expect(jobName({ deployment, key, attempt })).toBe(name);
  });

  test("is a name of at most 63 characters, and another one for another deployment, run or attempt", () => {
    const attempts = fc.record({
      deployment: fc.stringMatching(/^[a-z0-9-]{1,32}$/),
      key: fc.string().map(runKey),
      attempt: fc.integer({ min: 1, max: 999_999 }),
    });
    fc.assert(
      fc.property(attempts, attempts, (one, two) => {
        expect(jobName(one)).toMatch(NAME);
        expect(jobName(one).length).toBeLessThanOrEqual(63);
        expect(jobName(one) === jobName(two)).toBe(JSON.stringify(one) === JSON.stringify(two));
      }),
    );
  });

  test("the template's own is kept in an annotation", () => {
    const { metadata } = planOf(kubernetesRun({ jobTemplate: jobWith({}, {}, { name: "etl" }) }));
    expect(metadata).toMatchObject({ name: `slipway-test-${key}-1`, annotations: { "slipway/template-name": "etl" } });
  });
});

describe("a label", () => {
  test.each([
    ["", ""],
    ["nightly", "nightly"],
    ["a.b_c-D", "a.b_c-D"],
    ["x".repeat(63), "x".repeat(63)],
  ])("%j stays as it is", (text, label) => expect(labelValue(text)).toBe(label));

  test.each(["Nightly ETL", "-a", "a-", "ümlaut", "a/b", "---", "x".repeat(64), `${"x".repeat(60)}---- z`])("%j is made one", (text) => {
    expect(labelValueProblem(labelValue(text))).toBeUndefined();
    expect(labelValue(text)).not.toBe(text);
  });

  test("two that differ at character 70 stay different, and so do those that look alike", () => {
    expect(labelValue(long("x"))).not.toBe(labelValue(long("y")));
    expect(labelValue("a b")).not.toBe(labelValue("a-b"));
    expect(labelValue("a/b")).not.toBe(labelValue("a b"));
  });

  test("of any text is one that Kubernetes takes, and the whole text is in the annotation", () => {
    // A variable holds the name, too, and no variable can hold NUL.
    const texts = fc.string({ unit: "binary", maxLength: 300 }).filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(texts, (name) => {
        expect(labelValueProblem(labelValue(name))).toBeUndefined();
        const { metadata, podMetadata } = planOf(kubernetesRun({}, { flow: { name } }));
        const label = labelValue(name);
        for (const { labels } of [metadata, podMetadata]) expect((labels as JsonObject)["slipway/flow-name"]).toBe(label);
        expect((metadata["annotations"] as JsonObject)["slipway/flow-name"] ?? label).toBe(name);
      }),
    );
  });

  test.each([
    ["a", true],
    ["a.b/c_d", true],
    ["slipway/key", true],
    ["A.b/c", false],
    ["a/b/c", false],
    ["/a", false],
    ["a/", false],
    ["-a", false],
    ["x".repeat(64), false],
    [`${"x".repeat(254)}/a`, false],
  ])("%s as a key: %s", (key, fits) => expect(keyProblem(key) === undefined).toBe(fits));
});

test.each([
  ["500m", true],
  ["2.0", true],
  ["1.5Gi", true],
  ["1e3", true],
  [".5", true],
  [2, true],
  ["", false],
  ["2 vcpu", false],
  ["1g", false],
  ["1KiB", false],
  ["0x10", false],
  [Number.NaN, false],
  [true, false],
])("%j as an amount: %s", (value, fits) => expect(isQuantity(value)).toBe(fits));

test("every type that the model of a Job speaks of is in it", () => {
  const single = ["string", "integer", "int32", "boolean", "intOrString", "quantity"];
  const known = new Set([...single, ...Object.keys(JOB_TYPES)]);
  const spokenOf = Object.values(JOB_TYPES).flatMap((fields) =>
    Object.values(fields)
      .filter((type) => !type.includes("|"))
      .map((type) => type.replaceAll(/[^A-Za-z0-9]/g, "")),
  );
  expect(spokenOf.filter((type) => !known.has(type))).toEqual([]);
});

/** What the API server alone sets is taken out of templates before. */
const SERVERS_OWN = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "status",
  "uid",
];

test.each(Object.entries(JOB_TYPES))(
  "%s has the fields of the client's own model, which leaves others out without a word",
  (type, fields) => {
    const models = client as unknown as Readonly<
      Record<string, { getAttributeTypeMap?(): readonly { readonly baseName: string }[] } | undefined>
    >;
    const model = models[`V1${type}`] ?? models[`CoreV1${type}`];
    const known = (model?.getAttributeTypeMap?.() ?? []).map(({ baseName }) => baseName);
    const without = type === "Job" || type === "ObjectMeta" ? SERVERS_OWN : [];
    expect(Object.keys(fields).toSorted()).toEqual(known.filter((name) => !without.includes(name)).toSorted());
  },
);

const TEMPLATES: readonly JsonObject[] = [
  jobWith(
    {
      containers: [
        {
          name: "main",
          image: "a:1",
          args: ["a"],
          env: [
            { name: "A", value: 1 },
            { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          ],
          ports: [{ containerPort: 80 }],
          resources: { limits: { cpu: 1 }, requests: { memory: "1Gi" } },
          securityContext: { runAsUser: 1, capabilities: { drop: ["ALL"] } },
          volumeMounts: [{ name: "v", mountPath: "/v" }],
          livenessProbe: { httpGet: { port: "http", path: "/" } },
        },
        { name: "side", image: "b:1" },
      ],
      initContainers: [{ name: "init", image: "c:1" }],
      volumes: [
        { name: "v", emptyDir: { sizeLimit: "1Gi" } },
        { name: "s", secret: { secretName: "s", items: [{ key: "a", path: "b" }] } },
      ],
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } },
      tolerations: [{ key: "a", tolerationSeconds: 5 }],
    },
    { ttlSecondsAfterFinished: 5, podFailurePolicy: { rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }] } },
    { name: "etl", labels: { a: "b" }, annotations: { c: "d" } },
  ),
];

test("a template that is nearly right is planned as a Job that the model takes, or refused", () => {
  const values = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
  const few = fc.constantFrom<Json>("", [], {}, null, 0, 2, "x", true, [null], [{}], { name: "flow" }, "a b", 1.5, [["a"]]);
  const templates = fc
    .oneof(nearly(TEMPLATES, values), nearly(TEMPLATES, few))
    .filter((one) => typeof one === "object" && one !== null && !Array.isArray(one));
  let planned = 0;
  fc.assert(
    fc.property(templates, fc.constantFrom(undefined, "*" as const), (jobTemplate, allow) => {
      try {
        const run = kubernetesRun({ jobTemplate: jobTemplate as JsonObject });
        const [{ input }] = planKubernetes(run, kubernetesTarget(allow === undefined ? {} : { allow })).calls;
        new Job(structuredClone(input.body) as never).validate();
        planned++;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
  expect(planned).toBeGreaterThan(100);
});
