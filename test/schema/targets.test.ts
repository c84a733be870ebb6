import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../shared/core/json.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { issuesOf } from "./refused.ts";

const settingsOf = (type: string, fields: JsonObject) =>
  parseConfiguration({ targets: [{ name: "t", type, ...fields }] }, launchers).targets[0]?.settings;
const cluster = (form: Json) => settingsOf("kubernetes", { cluster: form });
const vertex = { project: "p", region: "europe-west4" };

describe("a target's own fields are understood", () => {
  test.each<[string, string, JsonObject, object]>([
    ["ecs: none", "ecs", {}, {}],
    [
      "ecs: all",
      "ecs",
      {
        region: "eu-west-1",
        role_arn: "r",
        external_id: "e",
        cluster: "c",
        launch_type: "ec2",
        task_definition: { a: 1 },
        task_role_arn: "t",
        execution_role_arn: "x",
        run_task_kwargs: { launchType: "EC2" },
        endpoint: "http://127.0.0.1:1",
      },
      {
        region: "eu-west-1",
        roleArn: "r",
        externalId: "e",
        cluster: "c",
        launchType: "EC2",
        taskDefinition: { a: 1 },
        taskRoleArn: "t",
        executionRoleArn: "x",
        runTaskKwargs: { launchType: "EC2" },
        endpoint: "http://127.0.0.1:1",
      },
    ],
    [
      "ecs: a launch type said twice alike, and an empty strategy, which is none",
      "ecs",
      { run_task_kwargs: { launchType: "FARGATE", capacityProviderStrategy: [] } },
      { runTaskKwargs: { launchType: "FARGATE", capacityProviderStrategy: [] } },
    ],
    [
      "kubernetes: all",
      "kubernetes",
      {
        cluster: "in_cluster",
        namespace: "jobs",
        job_template: { kind: "Job", spec: { template: { spec: {} } } },
        service_account_name: "sa",
        image_pull_secrets: ["a", ""],
        image_pull_policy: "Never",
      },
      {
        cluster: { kind: "in_cluster" },
        namespace: "jobs",
        jobTemplate: { kind: "Job", spec: { template: { spec: {} } } },
        serviceAccountName: "sa",
        imagePullSecrets: ["a", ""],
        imagePullPolicy: "Never",
      },
    ],
    ["vertex: the least", "vertex", vertex, vertex],
    [
      "vertex: all",
      "vertex",
      { ...vertex, service_account: "s", network: "n", machine_type: "m", credentials: "ssm:/c", endpoint: "https://e.example" },
      {
        ...vertex,
        serviceAccount: "s",
        network: "n",
        machineType: "m",
        credentials: { kind: "secret", reference: "ssm:/c" },
        endpoint: "https://e.example",
      },
    ],
    ["vertex: application default credentials by name", "vertex", { ...vertex, credentials: "application_default" }, vertex],
    [
      "vertex: a federation document",
      "vertex",
      { ...vertex, credentials: { type: "external_account", audience: "//iam", credential_source: { environment_id: "aws1" } } },
      {
        ...vertex,
        credentials: {
          kind: "federation",
          document: { type: "external_account", audience: "//iam", credential_source: { environment_id: "aws1" } },
        },
      },
    ],
    ["docker: a socket", "docker", { host: "unix:///var/run/docker.sock" }, { host: { kind: "unix", path: "/var/run/docker.sock" } }],
    [
      "docker: all, over SSH",
      "docker",
      {
        host: "ssh://deploy@10.0.0.5:2222",
        ssh: {
          private_key: "secretsmanager:slipway/gpu-box",
          passphrase: "env:PASSPHRASE",
          host_keys: ["SHA256:Zm9v", "ssh-ed25519 AAAAC3Nz comment"],
          known_hosts: "10.0.0.5 ssh-ed25519 AAAA",
        },
        networks: ["n"],
        volumes: ["/a:/b:ro", "v:/w"],
        pull: "always",
        registry_auth: "gcp:projects/p/secrets/s/versions/latest",
        remove: "on_success",
      },
      {
        host: { kind: "ssh", user: "deploy", host: "10.0.0.5", port: 2222 },
        ssh: {
          privateKey: "secretsmanager:slipway/gpu-box",
          passphrase: "env:PASSPHRASE",
          hostKeys: ["SHA256:Zm9v", "ssh-ed25519 AAAAC3Nz comment"],
          knownHosts: "10.0.0.5 ssh-ed25519 AAAA",
        },
        networks: ["n"],
        volumes: ["/a:/b:ro", "v:/w"],
        pull: "always",
        registryAuth: "gcp:projects/p/secrets/s/versions/latest",
        remove: "on_success",
      },
    ],
    [
      "docker: an address of version 6, port 22",
      "docker",
      { host: "ssh://deploy@[fe80::1]/", ssh: { known_hosts: "file:/etc/known_hosts", host_keys: null } },
      { host: { kind: "ssh", user: "deploy", host: "fe80::1", port: 22 }, ssh: { knownHosts: "file:/etc/known_hosts" } },
    ],
    ["local: all", "local", { working_dir: "/srv", max_parallel: 3 }, { workingDir: "/srv", maxParallel: 3 }],
  ])("%s", (_, type, fields, settings) => {
    expect(settingsOf(type, fields)).toStrictEqual(settings);
  });

  test.each<[string, Json, object]>([
    ["EKS", { eks: { name: "n" } }, { kind: "eks", name: "n" }],
    ["EKS elsewhere", { eks: { name: "n", region: "r", role_arn: "a" } }, { kind: "eks", name: "n", region: "r", roleArn: "a" }],
    ["GKE", { gke: { project: "p", location: "l", name: "n" } }, { kind: "gke", project: "p", location: "l", name: "n" }],
    ["a kubeconfig", { kubeconfig: "~/.kube/config", context: "c" }, { kind: "kubeconfig", kubeconfig: "~/.kube/config", context: "c" }],
    ["a kubeconfig in a secret", { kubeconfig: "ssm:/kube" }, { kind: "kubeconfig", kubeconfig: "ssm:/kube" }],
    [
      "a server",
      { server: "https://h:6443", certificate_authority: "-----BEGIN CERTIFICATE-----\n", token: "env:T" },
      { kind: "server", server: "https://h:6443", certificateAuthority: "-----BEGIN CERTIFICATE-----\n", token: "env:T" },
    ],
    ["its own cluster", "in_cluster", { kind: "in_cluster" }],
    ["its own cluster, as an object", { in_cluster: true, eks: null }, { kind: "in_cluster" }],
  ])("kubernetes: a cluster as %s", (_, form, settings) => {
    expect(cluster(form)).toStrictEqual({ cluster: settings });
  });
});

test("secrets that the service resolves are taken where it can", () => {
  const targets = [
    { name: "e", type: "ecs", secrets: { A: "arn:aws:ssm:x" } },
    { name: "k", type: "kubernetes", cluster: "in_cluster", secrets: { A: "name/key" } },
  ];
  expect(parseConfiguration({ targets }, launchers).targets.map(({ secrets }) => secrets)).toEqual([
    { A: "arn:aws:ssm:x" },
    { A: "name/key" },
  ]);
});

test("what is wrong between fields is told together with what is wrong in them, at every target", () => {
  const targets = [
    { name: "a", type: "docker", host: "ssh://u@h", pull: "maybe" },
    { name: "b", type: "kubernetes", cluster: {}, job_template: {}, job_template_path: "p" },
    { name: "c", type: "ecs", cpu: 1, run_task_kwargs: { launchType: "EC2" } },
    { name: "d", type: "nope", host: "ssh://u@h" },
  ];
  expect(issuesOf(() => parseConfiguration({ targets, tables: "x" }, launchers)).map((issue) => issue.split(": ")[0])).toEqual([
    "targets[0].pull",
    "targets[1].cluster",
    "targets[2].cpu",
    "targets[3].type",
    "tables",
    "targets[0].ssh",
    "targets[1].job_template_path",
    "targets[2].run_task_kwargs.launchType",
  ]);
});
