/** The backend before the double over HTTPS: what is sent, what each answer means, and what of it is told. */
import { afterEach, describe, expect, test } from "vitest";
import { planDigestOf } from "../../../shared/core/identity.ts";
import type { Launch } from "../../../shared/core/launcher.ts";
import type { PlannedRun } from "../../../shared/core/run.ts";
import { connectKubernetes } from "../../../shared/launchers/kubernetes/backend.ts";
import { jobName } from "../../../shared/launchers/kubernetes/naming.ts";
import { planKubernetes } from "../../../shared/launchers/kubernetes/plan.ts";
import { servicesFor } from "../../contract/services.ts";
import type { KubernetesDoubleOptions, RefusalName } from "../../doubles/kubernetes/options.ts";
import { type KubernetesDouble, startKubernetes } from "../../doubles/kubernetes/server.ts";
import type { DoubleAnswer, DoubleRequest } from "../../doubles/kubernetes/wire.ts";
import { jobOf, jobWith, kubernetesRun, kubernetesTarget, type TargetParts } from "./support.ts";

const open: KubernetesDouble[] = [];
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster.close();
});

type Through = (request: DoubleRequest, handle: (request: DoubleRequest) => Promise<DoubleAnswer>) => Promise<DoubleAnswer>;

async function world(options: KubernetesDoubleOptions = {}, parts: TargetParts = {}, through?: Through) {
  const cluster = await startKubernetes(options, through);
  open.push(cluster);
  const { server, certificateAuthority } = cluster;
  const target = kubernetesTarget({ ...parts, settings: { ...parts.settings, cluster: { kind: "server", server, certificateAuthority } } });
  const { now = Date.now } = options.clock ?? {};
  const backend = await connectKubernetes(target, servicesFor({ now }).services);
  const prepared = (run: PlannedRun, over: Partial<Launch> = {}) => {
    const plan = planKubernetes(run, target);
    const { deployment, key, attempt, request } = run;
    const planDigest = planDigestOf(plan);
    return { plan, launch: { deployment, id: request.id, key, attempt, planDigest, signal: new AbortController().signal, ...over } };
  };
  const submitted = (run: PlannedRun = kubernetesRun(), over: Partial<Launch> = {}) => {
    const { plan, launch } = prepared(run, over);
    return backend.submit(plan, launch);
  };
  return { cluster, backend, prepared, submitted };
}

describe("what is sent", () => {
  test("the plan's Job, to the last field, and the plan's digest in an annotation", async () => {
    const { cluster, prepared, backend } = await world({}, { allow: "*" });
    const everything = jobWith(
      {
        containers: [
          {
            name: "main",
            envFrom: [{ configMapRef: { name: "a", optional: true } }],
            ports: [{ containerPort: 80, protocol: "TCP" }],
            livenessProbe: { httpGet: { port: "http", path: "/" }, periodSeconds: 5 },
            lifecycle: { preStop: { exec: { command: ["true"] } } },
            resources: { limits: { cpu: 1, "nvidia.com/gpu": 1 } },
            securityContext: { capabilities: { drop: ["ALL"] }, seccompProfile: { type: "RuntimeDefault" } },
            volumeMounts: [{ name: "v", mountPath: "/v", subPath: "s" }],
          },
        ],
        initContainers: [{ name: "init", image: "i:1", restartPolicy: "Always" }],
        volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "t", expirationSeconds: 600 } }] } }],
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", labelSelector: {} }] } },
        tolerations: [{ operator: "Exists" }],
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }],
        dnsConfig: { options: [{ name: "ndots", value: "2" }] },
      },
      { podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [42] } }] }, suspend: true },
    );
    const { plan, launch } = prepared(kubernetesRun({ jobTemplate: everything }));
    expect(await backend.submit(plan, launch)).toMatchObject({ status: "accepted", handle: { id: `default/${jobName(launch)}` } });
    const [{ input }] = plan.calls;
    const sent = JSON.parse(cluster.calls[0]?.body ?? "{}");
    expect(sent.metadata.annotations["slipway/plan-digest"]).toBe(launch.planDigest);
    delete sent.metadata.annotations["slipway/plan-digest"];
    expect(sent).toEqual(input.body);
  });

  test("one call makes a Job, and a repeat two more: it is refused, and read", async () => {
    const { cluster, submitted } = await world();
    const first = await submitted();
    expect(cluster.calls.map(({ call }) => call)).toEqual(["create jobs"]);
    expect(await submitted()).toEqual(first);
    expect(cluster.calls.map(({ call, status }) => [call, status])).toEqual([
      ["create jobs", 201],
      ["create jobs", 409],
      ["get jobs", 200],
    ]);
  });
});

describe("whose Job it is", () => {
  test.each<readonly [string, Partial<Launch>]>([
    ["another run", { id: "run-2" }],
    ["another deployment", { deployment: "test", planDigest: "another" }],
    ["another plan than the record's", { planDigest: "another" }],
  ])("a Job of %s with the name: NAME_TAKEN, and it is left alone", async (_name, over) => {
    const { cluster, submitted } = await world();
    await submitted();
    const before = JSON.stringify(cluster.jobs());
    expect(await submitted(kubernetesRun(), over)).toMatchObject({
      status: "refused",
      boundToKey: true,
      failure: { class: "conflict", code: "NAME_TAKEN", recognised: true },
    });
    expect(JSON.stringify(cluster.jobs())).toBe(before);
  });

  test("gone between the two calls: unknown, and the next try makes it", async () => {
    let gone = false;
    const { cluster, submitted, prepared } = await world({}, {}, (request, handle) => {
      if (!gone && request.method === "GET") {
        gone = true;
        cluster.vanish(jobName(prepared(kubernetesRun()).launch));
      }
      return handle(request);
    });
    await submitted();
    expect(await submitted()).toMatchObject({ status: "unknown", failure: { code: "GONE_MEANWHILE", class: "unavailable" } });
    expect(await submitted()).toMatchObject({ status: "accepted" });
  });
});

describe("what each answer means", () => {
  test.each<readonly [RefusalName, string, string, RegExp]>([
    ["quota", "refused", "capacity", /the quota compute of the namespace is used up/],
    ["quotaConflict", "refused", "throttled", /409/],
    ["tooMany", "refused", "throttled", /429/],
    ["noRight", "refused", "denied", /may not create jobs there/],
    ["webhook", "refused", "denied", /admission refused it: policy\.example\.com$/],
    ["policy", "refused", "invalid", /no-latest/],
    ["terminating", "refused", "not_found", /NamespaceTerminating/],
    ["invalid", "refused", "invalid", /containers\[0\]\.image \(FieldValueInvalid: must not have leading or trailing whitespace\)/],
    ["internal", "unknown", "unavailable", /500/],
    ["unavailable", "unknown", "unavailable", /503/],
  ])("%s: %s, %s", async (refusal, status, failureClass, says) => {
    const { cluster, submitted } = await world();
    cluster.refuse("create jobs", refusal);
    const outcome = await submitted(kubernetesRun({ env: { SECRET: "hunter2" } }));
    expect(outcome).toMatchObject({ status, failure: { class: failureClass, message: expect.stringMatching(says), recognised: true } });
    expect(JSON.stringify(outcome)).not.toContain("hunter2");
    expect(await submitted()).toMatchObject({ status: "accepted" });
  });

  test("the service's own word on when to come back is passed on", async () => {
    const { cluster, submitted } = await world();
    cluster.refuse("create jobs", "tooMany");
    expect(await submitted()).toMatchObject({ failure: { retryAfterSeconds: 1 } });
  });

  test("a namespace that is not there", async () => {
    const { submitted } = await world({}, { settings: { namespace: "nowhere" } });
    expect(await submitted()).toMatchObject({ status: "refused", failure: { class: "not_found" } });
  });

  test("a token that nobody knows", async () => {
    const { submitted } = await world({ tokens: ["another"] });
    expect(await submitted()).toMatchObject({ status: "refused", failure: { class: "denied", code: "Unauthorized" } });
  });

  test("what only the API server finds: every field that it names, with what is expected, and no value", async () => {
    const { submitted } = await world();
    const pod = {
      containers: [
        { name: "Not A Name", env: [{ name: "A", value: "hunter2" }], volumeMounts: [{ name: "hunter3", mountPath: "/v" }] },
        { name: "twice", image: "i" },
        { name: "twice", image: "i" },
      ],
    };
    const outcome = await submitted(kubernetesRun({ jobTemplate: jobWith(pod) }));
    expect(outcome).toMatchObject({ status: "refused", failure: { class: "invalid", code: "Invalid" } });
    const text = JSON.stringify(outcome);
    expect(text).toContain("spec.template.spec.containers[0].name (FieldValueInvalid: a lowercase RFC 1123 subdomain");
    expect(text).toContain("spec.template.spec.containers[0].volumeMounts[0].name (FieldValueNotFound)");
    expect(text).toContain("spec.template.spec.containers[2].name (FieldValueDuplicate)");
    for (const value of ["hunter", "Not A Name", "twice"]) expect(text).not.toContain(value);
  });

  test("more causes than are told are counted", async () => {
    const { submitted } = await world();
    const containers = Array.from({ length: 9 }, (_, index) => ({ name: `Bad ${index}`, image: "i" }));
    expect(JSON.stringify(await submitted(kubernetesRun({ jobTemplate: jobWith({ containers }) })))).toContain("and 4 more");
  });

  test.each([
    [200, "<html>a portal</html>", "unknown"],
    [404, "404 page not found", "refused"],
    [502, "<html>Bad Gateway</html>", "unknown"],
    [400, '{"kind":"Status","reason":"BadRequest","message":"strict decoding error: unknown field \\"spec.newer\\""}', "refused"],
  ])("%i with %s: %s", async (status, body, expected) => {
    const { submitted } = await world({}, {}, async () => ({ status, headers: { "content-type": "text/html" }, body }));
    const outcome = await submitted();
    expect(outcome.status).toBe(expected);
    if (body.includes("newer")) expect(JSON.stringify(outcome)).toContain("spec.newer");
  });
});

test("a portal that answers 200 to everything proves nothing: nobody is found, and nobody absent", async () => {
  const { backend, prepared, submitted } = await world({}, {}, async () => ({
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<html>",
  }));
  const { launch } = prepared(kubernetesRun());
  expect(await submitted()).toMatchObject({ status: "unknown", failure: { class: "unavailable", recognised: true } });
  expect(await backend.find?.(launch)).toMatchObject({ status: "unknown" });
  expect(await backend.inspect([{ ...launch, handle: `default/${jobName(launch)}` }])).toMatchObject([{ status: "unknown" }]);
  await expect(Array.fromAsync(backend.owned?.("test", launch.signal) ?? [])).rejects.toThrow();
});

describe("looking", () => {
  async function many(count: number, options: KubernetesDoubleOptions = {}, through?: Through) {
    const here = await world({ mostPerPage: 3, ...options }, {}, through);
    const launched = [];
    for (let index = 0; index < count; index++) {
      const { launch } = here.prepared(kubernetesRun({}, { id: `run-${index}` }));
      const outcome = await here.submitted(kubernetesRun({}, { id: `run-${index}` }));
      if (outcome.status !== "accepted") throw new Error("not accepted");
      launched.push({ id: launch.id, key: launch.key, attempt: 1, handle: outcome.handle.id });
    }
    return { ...here, launched };
  }

  test("every page of a list is read: two lists of eight Jobs are six calls", async () => {
    const { cluster, backend, launched } = await many(8);
    const before = cluster.calls.length;
    expect((await backend.inspect(launched)).map(({ status }) => status)).toEqual(Array(8).fill("running"));
    expect(cluster.calls.slice(before).map(({ call }) => call)).toEqual([...Array(3).fill("list jobs"), ...Array(3).fill("list pods")]);
  });

  test("a page that expired (410): the list is begun again, and nothing is there twice", async () => {
    let now = Date.UTC(2026, 0, 5);
    let late = 0;
    const { cluster, backend } = await many(8, { clock: { now: () => now }, pageLifeMs: 1000 }, (request, handle) => {
      if (request.path.includes("continue") && late++ === 0) now += 5000;
      return handle(request);
    });
    const owned = await Array.fromAsync(backend.owned?.("test", new AbortController().signal) ?? []);
    expect(owned.map(({ key }) => key)).toHaveLength(8);
    expect(new Set(owned.map(({ key }) => key)).size).toBe(8);
    expect(cluster.calls.filter(({ status }) => status === 410)).toHaveLength(1);
  });

  test("pages that expire again and again: no answer, rather than half a list", async () => {
    let now = Date.UTC(2026, 0, 5);
    const { backend, launched } = await many(8, { clock: { now: () => now }, pageLifeMs: 1000 }, (request, handle) => {
      if (request.path.includes("continue")) now += 5000;
      return handle(request);
    });
    expect((await backend.inspect(launched)).every(({ status }) => status === "unknown")).toBe(true);
    await expect(Array.fromAsync(backend.owned?.("test", new AbortController().signal) ?? [])).rejects.toThrow("410");
  });

  test("a list that is behind: what it does not show is asked for by its name", async () => {
    const { cluster, backend, launched } = await many(2, { listLagMs: 60_000 });
    expect((await backend.inspect(launched)).map(({ status }) => status)).toEqual(["starting", "starting"]);
    expect(cluster.calls.filter(({ call }) => call === "get jobs")).toHaveLength(2);
  });

  test("what completed needs no look at pods", async () => {
    const { cluster, backend, launched } = await many(1, { life: { runMs: 0 } });
    expect(await backend.inspect(launched)).toMatchObject([{ status: "ended", outcome: { state: "SUCCEEDED" } }]);
    expect(cluster.calls.map(({ call }) => call)).not.toContain("list pods");
  });

  test("the last lines of a failed container: the last twenty, each bounded", async () => {
    const log = [...Array.from({ length: 50 }, (_, index) => `line ${index}`), "y".repeat(3000), ""].join("\n");
    const { backend, launched } = await many(1, { life: { runMs: 0, exitCode: 3, log } });
    const [seen] = await backend.inspect(launched);
    if (seen?.status !== "ended" || seen.outcome.state !== "FAILED") throw new Error("it has not failed");
    const { lastLines = [] } = seen.outcome.failure;
    expect(lastLines).toHaveLength(19);
    expect(lastLines[0]).toBe("line 32");
    expect(lastLines.at(-1)?.length).toBeLessThan(600);
  });

  test("a log that can't be had keeps no end from being told", async () => {
    const { backend, launched } = await many(1, { life: { runMs: 0, exitCode: 3 } }, (request, handle) =>
      request.path.includes("/log") ? Promise.reject(new Error("gone")) : handle(request),
    );
    expect(await backend.inspect(launched)).toMatchObject([{ status: "ended", outcome: { state: "FAILED", failure: { exitCode: 3 } } }]);
  });
});

describe("stopping and removing", () => {
  test("a stop deletes in the foreground, once, and only the Job that was looked at", async () => {
    const { cluster, backend, prepared, submitted } = await world({ life: { stopMs: 60_000 } });
    await submitted();
    const { launch } = prepared(kubernetesRun());
    const launched = { id: launch.id, key: launch.key, attempt: 1, handle: `default/${jobName(launch)}` };
    await backend.stop(launched, "cancelled");
    await backend.stop(launched, "cancelled");
    const deletions = cluster.calls.filter(({ call }) => call === "delete jobs");
    expect(deletions).toHaveLength(1);
    expect(JSON.parse(deletions[0]?.body ?? "{}")).toMatchObject({
      propagationPolicy: "Foreground",
      preconditions: { uid: expect.any(String) },
    });
    expect(await backend.inspect([launched])).toMatchObject([{ status: "running" }]);
  });

  test("a Job that took the name between the look and the deletion is left alone", async () => {
    const { cluster, backend, prepared, submitted } = await world({}, {}, async (request, handle) => {
      const answer = await handle(request);
      if (request.method === "GET") {
        const name = jobName(prepared(kubernetesRun()).launch);
        cluster.vanish(name);
        cluster.make({
          apiVersion: "batch/v1",
          kind: "Job",
          metadata: { name },
          spec: { template: { metadata: {}, spec: { containers: [] } } },
        });
      }
      return answer;
    });
    await submitted();
    const { launch } = prepared(kubernetesRun());
    await backend.stop({ id: launch.id, key: launch.key, attempt: 1, handle: `default/${jobName(launch)}` }, "cancelled");
    expect(cluster.jobs().at(-1)).toMatchObject({ gone: false });
    expect(cluster.jobs().at(-1)?.deleted).toBeUndefined();
  });

  test("a Job whose template keeps it for longer is left to the cluster", async () => {
    const { cluster, backend, prepared, submitted } = await world({ life: { runMs: 0 } });
    const run = kubernetesRun({
      jobTemplate: { ...jobOf({}), spec: { ...(jobOf({})["spec"] as object), ttlSecondsAfterFinished: 1_000_000 } },
    });
    await submitted(run);
    const { launch } = prepared(run);
    await backend.remove?.({ key: launch.key, attempt: 1, handle: `default/${jobName(launch)}` }, "SUCCEEDED");
    expect(cluster.calls.map(({ call }) => call)).not.toContain("delete jobs");
  });
});
