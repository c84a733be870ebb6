/** Kubernetes' own client reads the double, with a kubeconfig made for it, and shows the Job that the launcher made. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { planDigestOf } from "../../shared/core/identity.ts";
import { connectKubernetes } from "../../shared/launchers/kubernetes/backend.ts";
import { jobName } from "../../shared/launchers/kubernetes/naming.ts";
import { planKubernetes } from "../../shared/launchers/kubernetes/plan.ts";
import { servicesFor } from "../contract/services.ts";
import { type KubernetesDouble, startKubernetes } from "../doubles/kubernetes/server.ts";
import { kubernetesRun, kubernetesTarget } from "../launchers/kubernetes/support.ts";

const run = promisify(execFile);
let cluster: KubernetesDouble;
let folder: string;
let name: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-kubectl-"));
  cluster = await startKubernetes({ tokens: ["kubectl's"], namespaces: ["jobs"], life: { log: "what it wrote", stopMs: 0 } });
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "double",
        cluster: { server: cluster.server, "certificate-authority-data": Buffer.from(cluster.certificateAuthority).toString("base64") },
      },
    ],
    users: [{ name: "tester", user: { token: "kubectl's" } }],
    contexts: [{ name: "double", context: { cluster: "double", user: "tester", namespace: "jobs" } }],
    "current-context": "double",
  };
  const kubeconfig = join(folder, "config");
  await writeFile(kubeconfig, JSON.stringify(config));
  // The launcher reads the same kubeconfig.
  const target = kubernetesTarget({ settings: { cluster: { kind: "kubeconfig", kubeconfig }, namespace: "jobs" } });
  const backend = await connectKubernetes(target, servicesFor({}).services);
  const planned = kubernetesRun({ env: { A: "1" } }, { command: ["python", "-m", "jobs.etl"], flow: { name: "Nightly ETL" } });
  const plan = planKubernetes(planned, target);
  const { deployment, key, attempt, request } = planned;
  const launch = {
    deployment,
    key,
    attempt,
    id: request.id,
    planDigest: planDigestOf(plan),
    signal: new AbortController().signal,
  };
  expect(await backend.submit(plan, launch)).toMatchObject({ status: "accepted" });
  name = jobName(launch);
});
afterAll(async () => {
  await cluster.close();
  await rm(folder, { recursive: true, force: true });
});

async function kubectl(...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env["PATH"], HOME: folder, KUBECONFIG: join(folder, "config") };
  const { stdout } = await run("kubectl", args, { env });
  return stdout;
}

test("kubectl get jobs lists it", async () => {
  expect(await kubectl("get", "jobs")).toContain(name);
});

test("kubectl get job -o json shows what was sent, and the defaults", async () => {
  const job = JSON.parse(await kubectl("get", "job", name, "-o", "json"));
  expect(job.metadata.annotations).toMatchObject({
    "slipway/run-id": "run-1",
    "slipway/attempt": "1",
    "slipway/plan-digest": expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(job.spec).toMatchObject({
    backoffLimit: 0,
    completions: 1,
    template: { spec: { containers: [{ args: ["python", "-m", "jobs.etl"] }] } },
  });
});

test("kubectl get jobs -l finds it by our labels", async () => {
  expect((await kubectl("get", "jobs", "-l", "slipway/deployment=test", "-o", "name")).trim()).toBe(`job.batch/${name}`);
  expect((await kubectl("get", "jobs", "-l", "slipway/deployment in (other)", "-o", "name")).trim()).toBe("");
});

test("kubectl get pods and logs show its pod", async () => {
  const pods = JSON.parse(await kubectl("get", "pods", "-l", `job-name=${name}`, "-o", "json"));
  expect(pods.items).toMatchObject([{ status: { phase: "Running" } }]);
  expect(await kubectl("logs", pods.items[0].metadata.name)).toBe("what it wrote");
});

test("kubectl delete job takes it away", async () => {
  await kubectl("delete", "job", name, "--wait=false");
  expect((await kubectl("get", "jobs", "-o", "name")).trim()).toBe("");
});
