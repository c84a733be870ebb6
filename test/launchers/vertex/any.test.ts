/** Whatever a run config, a flow and a target are: a plan that the service takes, or a refusal with a path. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Refusal } from "../../../shared/core/errors.ts";
import type { Json, JsonObject } from "../../../shared/core/json.ts";
import type { RunRequest, VertexRun } from "../../../shared/core/run.ts";
import { checkCreate } from "../../doubles/vertex/checks.ts";
import { planOf, vertexRun, vertexTarget } from "./support.ts";

const RUNS = 2000;
const words = fc.string({ unit: "grapheme", maxLength: 200 });
const name = fc.oneof(words, fc.constantFrom("", "a", "日本 語", "x".repeat(300), "𝒳".repeat(100), "-".repeat(200), "__proto__", "Ⅻ ² ßẞ"));
const value = fc.oneof(words, fc.constantFrom("$(A)", "$$(A)", "$", "\u0000", ""), fc.integer(), fc.boolean(), fc.constant(null));
const env = fc.dictionary(fc.constantFrom("A", "B_1", "_", "SLIPWAY_RUN_ID", "PATH"), value, { maxKeys: 5 });

/** Pools and schedulings that are nearly right: known names in either spelling, with any value. */
const field = fc.constantFrom(
  "machine_spec",
  "machineSpec",
  "machine_type",
  "machineType",
  "accelerator_type",
  "acceleratorCount",
  "replica_count",
  "disk_spec",
  "bootDiskSizeGb",
  "container_spec",
  "image_uri",
  "env",
  "name",
  "value",
  "nfs_mounts",
  "timeout",
  "strategy",
  "disable_retries",
  "max_wait_duration",
  "seconds",
  "nonsense",
  "__proto__",
);
const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom("n1-standard-4", "NVIDIA_L4", "SPOT", "3600s", "0.5s", "1", 1, 3600, 1.5, true, null),
  words,
  fc.integer(),
);
const { document } = fc.letrec<{ document: JsonObject; any: Json }>((tie) => ({
  document: fc.dictionary(field, tie("any"), { maxKeys: 4 }) as fc.Arbitrary<JsonObject>,
  any: fc.oneof({ maxDepth: 3 }, leaf, leaf, tie("document"), fc.array(tie("any"), { maxLength: 2 }) as fc.Arbitrary<Json>),
}));

const machine = fc.record({ machine_spec: fc.constant({ machine_type: "m" }), replica_count: fc.constant(1) });
const pool: fc.Arbitrary<JsonObject | null> = fc.oneof(machine, machine, fc.constant(null), document);
const config: fc.Arbitrary<Partial<VertexRun>> = fc
  .record(
    {
      image: words,
      machineType: words,
      scheduling: document,
      serviceAccount: words,
      network: words,
      workerPoolSpecs: fc.array(pool, { maxLength: 4 }),
      env: env as fc.Arbitrary<VertexRun["env"]>,
    },
    { requiredKeys: [] },
  )
  .map((given) => given as Partial<VertexRun>);
const request: fc.Arbitrary<Partial<RunRequest>> = fc
  .record(
    {
      id: fc.string({ unit: fc.constantFrom(..."abcXYZ019 ~!-_./:"), minLength: 1, maxLength: 200 }),
      name,
      flow: fc.record({ id: name, name, version: fc.oneof(fc.integer(), name) }, { requiredKeys: [] }),
      command: fc.array(words, { maxLength: 3 }),
      timeoutSeconds: fc.integer({ min: 1, max: 1e6 }),
    },
    { requiredKeys: [] },
  )
  .map((given) => given as Partial<RunRequest>);
const tags = fc.dictionary(fc.constantFrom("team", "run", "a-b_1"), fc.constantFrom("${run.name}", "${flow.name}", "X", "x".repeat(99)), {
  maxKeys: 3,
});

test(`${RUNS} runs: what is planned is taken by the service, and the same again`, () => {
  let planned = 0;
  fc.assert(
    fc.property(config, request, tags, (given, sent, labels) => {
      const plan = () => planOf(vertexRun(given, sent), vertexTarget({ tags: labels }));
      let seen: ReturnType<typeof planOf>;
      try {
        seen = plan();
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        for (const { path, message } of (error as Refusal).issues) expect([path === "", message === ""]).toEqual([false, false]);
        return;
      }
      planned++;
      expect(JSON.stringify(plan().customJob)).toBe(JSON.stringify(seen.customJob));
      expect(String(seen.customJob["displayName"]).length).toBeLessThanOrEqual(128);
      // As the client sends it: enums by number or name, spans of time as texts. A machine type is the sender's business.
      const sendable = JSON.parse(JSON.stringify(seen.customJob), (key, inner) =>
        (key === "timeout" || key === "maxWaitDuration") && typeof inner === "object" ? `${inner.seconds ?? 0}s` : inner,
      ) as JsonObject;
      try {
        checkCreate(sendable);
      } catch (error) {
        expect(String(error)).toMatch(/machine_type|Required field image_uri/);
      }
    }),
    { numRuns: RUNS },
  );
  expect(planned).toBeGreaterThan(RUNS / 10);
});
