/** The ways to a cluster, each before a server of its own on this machine: where it is, what it is shown, and for how long. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Access } from "../../../shared/launchers/kubernetes/access.ts";
import { kubernetesApi } from "../../../shared/launchers/kubernetes/api.ts";
import { eksAccess } from "../../../shared/launchers/kubernetes/eks.ts";
import { gkeAccess } from "../../../shared/launchers/kubernetes/gke.ts";
import { kubeconfigAccess } from "../../../shared/launchers/kubernetes/kubeconfig.ts";
import { inClusterAccess, serverAccess } from "../../../shared/launchers/kubernetes/plain.ts";
import { overNetwork } from "../../../shared/launchers/kubernetes/transport.ts";
import { type KubernetesDouble, startKubernetes } from "../../doubles/kubernetes/server.ts";
import { refusalFrom } from "../../support/refusal.ts";

const MINUTE = 60_000;

/** A small service over HTTP: who was asked for what, and answers by path. */
interface Asked {
  readonly endpoint: string;
  readonly requests: { readonly path: string; readonly body: string; readonly authorization: string }[];
}

const servers: Server[] = [];
let cluster: KubernetesDouble;
let folder: string;
let now = Date.UTC(2026, 0, 5, 12);
/** The tokens that the cluster was shown. */
const shown: string[] = [];
/** What the cluster does with the next requests. */
let refuse = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-access-"));
  cluster = await startKubernetes({}, async (request, handle) => {
    shown.push(request.headers["authorization"] ?? "");
    if (refuse > 0) {
      refuse--;
      return { status: 401, headers: {}, body: JSON.stringify({ kind: "Status", reason: "Unauthorized", message: "Unauthorized" }) };
    }
    return handle(request);
  });
});
afterEach(() => {
  shown.length = 0;
});
afterAll(async () => {
  await cluster.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true, force: true });
});

async function service(answer: (path: string, body: string) => readonly [status: number, body: object | string]): Promise<Asked> {
  const requests: Asked["requests"] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      requests.push({ path: incoming.url ?? "", body, authorization: incoming.headers.authorization ?? "" });
      const [status, given] = answer(incoming.url ?? "", body);
      const type = typeof given === "string" ? "text/xml" : "application/json";
      outgoing.writeHead(status, { "content-type": type }).end(typeof given === "string" ? given : JSON.stringify(given));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const services = {
  now: () => now,
  isFunction: false,
  environment: {},
  secret: async (reference: string) => SECRETS[reference] ?? Promise.reject(new Error(`no ${reference}`)),
};
const SECRETS: Record<string, string> = {};

/** One look at the cluster. */
function looked(access: Access): Promise<unknown> {
  return kubernetesApi(access, overNetwork).jobs("default", "slipway/deployment=test");
}

const certificateData = () => Buffer.from(cluster.certificateAuthority).toString("base64");

describe("EKS", () => {
  const describing = () =>
    service(() => [200, { cluster: { endpoint: cluster.server, certificateAuthority: { data: certificateData() } } }]);
  const environment = { AWS_ACCESS_KEY_ID: "AKIATESTER", AWS_SECRET_ACCESS_KEY: "secret" };
  const decoded = (header: string) => new URL(Buffer.from(header.replace("Bearer k8s-aws-v1.", ""), "base64url").toString());

  beforeAll(() => void Object.assign(process.env, environment));
  afterAll(() => {
    for (const name of Object.keys(environment)) delete process.env[name];
  });

  test("address and certificates by DescribeCluster, a token that is signed here; both are kept", async () => {
    const eks = await describing();
    const access = await eksAccess({ kind: "eks", name: "jobs", region: "eu-west-1" }, services, { eks: eks.endpoint });
    await looked(access);
    now += 13 * MINUTE;
    await looked(access);
    expect(eks.requests.map(({ path }) => path)).toEqual(["/clusters/jobs"]);
    expect(new Set(shown).size).toBe(1);
    expect(decoded(shown[0] ?? "").host).toBe("sts.eu-west-1.amazonaws.com");
    now += 2 * MINUTE;
    await looked(access);
    expect(new Set(shown).size, "a new token before the old one ends").toBe(2);
  });

  test("a token that the cluster refuses is made anew, and the call goes through", async () => {
    const eks = await describing();
    const access = await eksAccess({ kind: "eks", name: "jobs", region: "eu-west-1" }, services, { eks: eks.endpoint });
    await looked(access);
    now += 1000;
    refuse = 1;
    await looked(access);
    expect(new Set(shown).size).toBe(2);
    expect(eks.requests).toHaveLength(2);
  });

  test("another account's cluster is reached as a role, whose session signs the token", async () => {
    const eks = await describing();
    const sts = await service(() => [
      200,
      `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>session</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    ]);
    const roleArn = "arn:aws:iam::444455556666:role/launch";
    const access = await eksAccess({ kind: "eks", name: "jobs", region: "eu-west-1", roleArn }, services, {
      eks: eks.endpoint,
      sts: sts.endpoint,
    });
    await looked(access);
    expect(new URLSearchParams(sts.requests[0]?.body).get("RoleArn")).toBe(roleArn);
    const query = decoded(shown[0] ?? "").searchParams;
    expect(query.get("X-Amz-Credential")).toMatch(/^ASIAROLE\//);
    expect(query.get("X-Amz-Security-Token")).toBe("session");
  });

  test.each([
    [
      "no such cluster",
      404,
      { __type: "ResourceNotFoundException", message: "No cluster found for name: jobs." },
      "ResourceNotFoundException",
    ],
    ["no right to look", 403, { __type: "AccessDeniedException", message: "not authorized" }, "AccessDeniedException"],
    ["a cluster that is being made", 200, { cluster: { name: "jobs", status: "CREATING" } }, "ClusterNotFound"],
  ])("%s: nothing was sent", async (_name, status, body, code) => {
    const eks = await service(() => [status, body]);
    const access = await eksAccess({ kind: "eks", name: "jobs", region: "eu-west-1" }, services, { eks: eks.endpoint });
    await expect(looked(access)).rejects.toMatchObject({ code, sent: false });
    expect(shown).toEqual([]);
  });
});

describe("GKE", () => {
  const gke = { kind: "gke", project: "p", location: "europe-west4", name: "jobs" } as const;
  const answering = () =>
    service((path) =>
      path.startsWith("/token")
        ? [
            200,
            {
              access_token: "federated",
              expires_in: 3600,
              token_type: "Bearer",
              issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
            },
          ]
        : [200, { endpoint: new URL(cluster.server).host, masterAuth: { clusterCaCertificate: certificateData() } }],
    );

  test("from Lambda without a key: AWS credentials are exchanged, and the container API says where the cluster is", async () => {
    const google = await answering();
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIATESTER", AWS_SECRET_ACCESS_KEY: "secret" });
    try {
      const document = {
        type: "external_account",
        audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws",
        subject_token_type: "urn:ietf:params:aws:token-type:aws4_request",
        token_url: `${google.endpoint}/token`,
        credential_source: {
          environment_id: "aws1",
          regional_cred_verification_url: "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
        },
      };
      const onLambda = { ...services, environment: { AWS_REGION: "eu-west-1" } };
      const access = await gkeAccess({ ...gke, credentials: { kind: "federation", document } }, onLambda, google.endpoint);
      await looked(access);
      await looked(access);
    } finally {
      for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) delete process.env[name];
    }
    expect(google.requests.map(({ path }) => path)).toEqual(["/token", "/v1/projects/p/locations/europe-west4/clusters/jobs"]);
    const subject = new URLSearchParams(google.requests[0]?.body).get("subject_token") ?? "";
    expect(decodeURIComponent(subject)).toContain("sts.eu-west-1.amazonaws.com");
    expect(decodeURIComponent(subject)).toContain("Credential=AKIATESTER/");
    expect(google.requests[1]?.authorization).toBe("Bearer federated");
    expect(shown).toEqual(["Bearer federated", "Bearer federated"]);
  });

  test("with a document in a secret", async () => {
    const google = await answering();
    const file = join(folder, "subject");
    await writeFile(file, "a subject's token");
    SECRETS["env:GOOGLE"] = JSON.stringify({
      type: "external_account",
      audience: "//iam.googleapis.com/a",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${google.endpoint}/token`,
      credential_source: { file },
    });
    await looked(await gkeAccess({ ...gke, credentials: { kind: "secret", reference: "env:GOOGLE" } }, services, google.endpoint));
    expect(shown).toEqual(["Bearer federated"]);
  });

  test.each([
    ["no such cluster", 404, "ClusterNotFound"],
    ["no right to look", 403, "PermissionDenied"],
  ])("%s: nothing was sent", async (_name, status, code) => {
    const google = await service((path) =>
      path.startsWith("/token") ? [200, { access_token: "t", expires_in: 3600 }] : [status, { error: { status } }],
    );
    SECRETS["env:GOOGLE"] = JSON.stringify({ ...JSON.parse(SECRETS["env:GOOGLE"] ?? "{}"), token_url: `${google.endpoint}/token` });
    const access = await gkeAccess({ ...gke, credentials: { kind: "secret", reference: "env:GOOGLE" } }, services, google.endpoint);
    await expect(looked(access)).rejects.toMatchObject({ code, sent: false });
  });

  test("a token service that refuses: told as that, and nothing was sent", async () => {
    const google = await service(() => [400, { error: "invalid_target", error_description: "The audience is not known." }]);
    SECRETS["env:GOOGLE"] = JSON.stringify({ ...JSON.parse(SECRETS["env:GOOGLE"] ?? "{}"), token_url: `${google.endpoint}/token` });
    const access = await gkeAccess({ ...gke, credentials: { kind: "secret", reference: "env:GOOGLE" } }, services, google.endpoint);
    await expect(looked(access)).rejects.toMatchObject({ code: "NotAuthorized", sent: false });
    expect(google.requests.map(({ path }) => path)).toEqual(["/token"]);
  });

  test("with a service account's key, where somebody insists: the token service is asked, since the cluster takes no token signed here", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    SECRETS["env:KEY"] = JSON.stringify({ type: "service_account", client_email: "a@b.example", private_key: key });
    const proxy = createServer();
    const connected: (string | undefined)[] = [];
    proxy.on("connect", ({ url }, socket) => {
      connected.push(url);
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    servers.push(proxy);
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("HTTPS_PROXY", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    try {
      const access = await gkeAccess({ ...gke, credentials: { kind: "secret", reference: "env:KEY" } }, services);
      await expect(looked(access)).rejects.toMatchObject({ code: "NotAuthorized", sent: false });
    } finally {
      vi.unstubAllEnvs();
    }
    expect(new Set(connected)).toEqual(new Set(["oauth2.googleapis.com:443"]));
  });

  test.each([
    ["of another kind", { type: "gdch_service_account", private_key: "hunter2" }],
    ["of a service account without its key", { type: "service_account", client_email: "hunter2" }],
    ["that names a program to run", { type: "external_account", credential_source: { executable: { command: "hunter2" } } }],
  ])("a document %s", async (_rule, document) => {
    SECRETS["env:OTHER"] = JSON.stringify(document);
    const refusal = await refusalFrom(gkeAccess({ ...gke, credentials: { kind: "secret", reference: "env:OTHER" } }, services));
    expect(refusal).toMatchObject({ code: "INVALID_CONFIGURATION", path: "cluster.gke.credentials" });
    expect(refusal.message).not.toContain("hunter2");
  });

  test("a secret that holds no document", async () => {
    SECRETS["env:NONE"] = "not json: hunter2";
    const refusal = await refusalFrom(gkeAccess({ ...gke, credentials: { kind: "secret", reference: "env:NONE" } }, services));
    expect(refusal.code).toBe("SECRET_UNREADABLE");
    expect(refusal.message).not.toContain("hunter2");
  });
});

describe("kubeconfig", () => {
  function config(user: object, over: object = {}): string {
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: cluster.server, "certificate-authority-data": certificateData() } }],
      users: [
        { name: "u", user },
        { name: "other", user: { token: "other" } },
      ],
      contexts: [
        { name: "here", context: { cluster: "c", user: "u" } },
        { name: "there", context: { cluster: "c", user: "other" } },
        { name: "broken", context: { cluster: "none", user: "u" } },
      ],
      "current-context": "here",
      ...over,
    });
  }
  async function reached(text: string, context?: string, isFunction = false): Promise<Access> {
    const kubeconfig = join(folder, "config");
    await writeFile(kubeconfig, text);
    return kubeconfigAccess({ kind: "kubeconfig", kubeconfig, ...(context === undefined ? {} : { context }) }, "jobs", {
      ...services,
      isFunction,
    });
  }

  test("a file's current context, with a token", async () => {
    await looked(await reached(config({ token: "mine" })));
    expect(shown).toEqual(["Bearer mine"]);
  });

  test("another context", async () => {
    await looked(await reached(config({ token: "mine" }), "there"));
    expect(shown).toEqual(["Bearer other"]);
  });

  test("user and password", async () => {
    await looked(await reached(config({ username: "u", password: "p" })));
    expect(shown).toEqual([`Basic ${Buffer.from("u:p").toString("base64")}`]);
  });

  test("a document in a secret", async () => {
    SECRETS["env:KUBECONFIG"] = config({ token: "secret one" });
    await looked(await kubeconfigAccess({ kind: "kubeconfig", kubeconfig: "env:KUBECONFIG" }, "jobs", services));
    expect(shown).toEqual(["Bearer secret one"]);
  });

  const exec = {
    exec: {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: ["-p", JSON_OF_CREDENTIAL()],
      interactiveMode: "Never",
    },
  };
  test("a program that says the token", async () => {
    await looked(await reached(config(exec)));
    expect(shown).toEqual(["Bearer from a program"]);
  });

  test.each([
    ["a program, in a cloud function", () => reached(config(exec), undefined, true), "targets.jobs.cluster.kubeconfig", "cloud function"],
    [
      "a context that there is not",
      () => reached(config({ token: "t" }), "nowhere"),
      "targets.jobs.cluster.context",
      "here, there, broken",
    ],
    ["a context without its cluster", () => reached(config({ token: "t" }), "broken"), "targets.jobs.cluster.context", "broken"],
    [
      "a file that is not there",
      () => kubeconfigAccess({ kind: "kubeconfig", kubeconfig: "/nowhere/config" }, "jobs", services),
      "targets.jobs.cluster.kubeconfig",
      "/nowhere/config can't be read (there is no such file)",
    ],
    ["a file that is no kubeconfig", () => reached("- token: hunter2"), "targets.jobs.cluster.context", "there are: none"],
    ["a file that is no YAML", () => reached("token: hunter2: {"), "targets.jobs.cluster.kubeconfig", "no kubeconfig"],
  ])("%s: refused, with where and why", async (_name, act, path, says) => {
    const refusal = await refusalFrom(act());
    expect({ code: refusal.code, path: refusal.path }).toEqual({ code: "INVALID_CONFIGURATION", path });
    expect(refusal.message).toContain(says);
    expect(refusal.message).not.toContain("hunter2");
  });
});

function JSON_OF_CREDENTIAL(): string {
  return `JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token: "from a program" } })`;
}

describe("a server", () => {
  test("with a token and certificates by reference; the token is read again after a minute, and after a refusal", async () => {
    SECRETS["env:TOKEN"] = "first\n";
    SECRETS["env:CA"] = cluster.certificateAuthority;
    const access = await serverAccess(
      { kind: "server", server: `${cluster.server}/`, certificateAuthority: "env:CA", token: "env:TOKEN" },
      services,
    );
    await looked(access);
    SECRETS["env:TOKEN"] = "second";
    await looked(access);
    now += 61_000;
    await looked(access);
    SECRETS["env:TOKEN"] = "third";
    refuse = 1;
    await looked(access);
    expect(shown).toEqual(["Bearer first", "Bearer first", "Bearer second", "Bearer second", "Bearer third"]);
  });

  test("a certificate of nobody's: nothing was sent", async () => {
    const access = await serverAccess({ kind: "server", server: cluster.server, token: "env:TOKEN" }, services);
    await expect(looked(access)).rejects.toMatchObject({ code: expect.stringMatching(/CERT|SELF_SIGNED/), sent: false });
    expect(shown).toEqual([]);
  });

  test("nobody there: nothing was sent", async () => {
    const access = await serverAccess({ kind: "server", server: "https://127.0.0.1:1" }, services);
    await expect(looked(access)).rejects.toMatchObject({ code: "ECONNREFUSED", sent: false });
  });

  test("a secret that can't be read: nothing was sent", async () => {
    const access = await serverAccess(
      { kind: "server", server: cluster.server, certificateAuthority: cluster.certificateAuthority, token: "env:GONE" },
      services,
    );
    await expect(looked(access)).rejects.toMatchObject({ sent: false });
  });

  test("connections are kept: a hundred calls one after the other need one", async () => {
    SECRETS["env:TOKEN"] = "t";
    const access = await serverAccess(
      { kind: "server", server: cluster.server, certificateAuthority: cluster.certificateAuthority, token: "env:TOKEN" },
      services,
    );
    const before = cluster.connections;
    for (let call = 0; call < 100; call++) await looked(access);
    expect(cluster.connections - before).toBe(1);
  });
});

describe("the dispatcher's own cluster", () => {
  test("with the pod's account", async () => {
    await writeFile(join(folder, "token"), "the pod's\n");
    await writeFile(join(folder, "ca.crt"), cluster.certificateAuthority);
    const { hostname, port } = new URL(cluster.server);
    const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    await looked(await inClusterAccess({ ...services, environment }, folder));
    expect(shown).toEqual(["Bearer the pod's"]);
  });

  test("outside of one: refused", async () => {
    expect(await refusalFrom(inClusterAccess(services, folder))).toMatchObject({ code: "INVALID_CONFIGURATION", path: "cluster" });
  });
});
