/** Ways for a template to reach the node or other people's secrets: closed, each until its own key opens it. */
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import type { KubernetesRun } from "../../../shared/core/run.ts";
import type { Allow } from "../../../shared/core/target.ts";
import { refusalOf } from "../../support/refusal.ts";
import { jobOf, jobWith, kubernetesRun, kubernetesTarget, planOf } from "./support.ts";

/** Everything that can be allowed without allowing everything, for the row that is asked about to be left out of. */
const KEYS: Exclude<Allow, "*"> = {
  images: ["*"],
  task_definitions: ["*"],
  task_roles: ["*"],
  execution_roles: ["*"],
  secrets: ["*"],
  service_accounts: ["*"],
  clusters: ["*"],
  namespaces: ["*"],
  networks: ["*"],
  machine_types: ["*"],
  host_config: ["*"],
  binds: ["*"],
  privileged: true,
};

const volume = (source: JsonObject) => jobWith({ volumes: [{ name: "v", ...source }] });
const security = (of: JsonObject) => jobOf({ securityContext: of });
const pod = (of: JsonObject) => jobWith({ securityContext: of });
const init = (of: JsonObject) => jobWith({ initContainers: [{ name: "i", image: "i", ...of }] });
const ephemeral = (of: JsonObject) => jobWith({ ephemeralContainers: [{ name: "e", image: "i", ...of }] });
const annotated = (key: string, value = "x") => ({
  spec: { template: { metadata: { annotations: { [key]: value } }, spec: {} } },
});
const secretKeyRef = { name: "theirs", key: "k" };

/** The way, the Job, the key that opens it, and what the refusal points to. */
const WAYS: readonly (readonly [way: string, job: JsonObject, key: string, path: RegExp])[] = [
  ["the host's network", jobWith({ hostNetwork: true }), "*", /hostNetwork$/],
  ["the host's processes", jobWith({ hostPID: true }), "*", /hostPID$/],
  ["the host's IPC", jobWith({ hostIPC: true }), "*", /hostIPC$/],
  ["a port of the host", jobOf({ ports: [{ containerPort: 1, hostPort: 22 }] }), "*", /hostPort$/],
  ["an address of the host", jobOf({ ports: [{ containerPort: 1, hostIP: "0.0.0.0" }] }), "*", /hostIP$/],
  ["a privileged container", security({ privileged: true }), "privileged", /privileged$/],
  ["a privileged init container", init({ securityContext: { privileged: true } }), "privileged", /initContainers\[0\].*privileged$/],
  ["a privileged ephemeral container", ephemeral({ securityContext: { privileged: true } }), "privileged", /ephemeral.*privileged$/],
  ["a capability", security({ capabilities: { add: ["SYS_ADMIN"] } }), "*", /capabilities\.add$/],
  ["all capabilities", security({ capabilities: { add: ["ALL"] } }), "*", /capabilities\.add$/],
  [
    "a capability beside a harmless one, in an init container",
    init({ securityContext: { capabilities: { add: ["KILL", "NET_RAW"] } } }),
    "*",
    /add$/,
  ],
  ["a Windows process of the host", pod({ windowsOptions: { hostProcess: true } }), "*", /hostProcess$/],
  ["a Windows process of the host, in a container", security({ windowsOptions: { hostProcess: true } }), "*", /hostProcess$/],
  ["somebody's Windows account", security({ windowsOptions: { gmsaCredentialSpecName: "a" } }), "*", /gmsa/],
  ["no seccomp", pod({ seccompProfile: { type: "Unconfined" } }), "*", /seccompProfile\.type$/],
  ["no seccomp in a container", security({ seccompProfile: { type: "Unconfined" } }), "*", /seccompProfile\.type$/],
  ["no AppArmor", security({ appArmorProfile: { type: "Unconfined" } }), "*", /appArmorProfile\.type$/],
  ["no AppArmor, by the annotation", annotated("container.apparmor.security.beta.kubernetes.io/flow", "unconfined"), "*", /annotations$/],
  ["another SELinux type", security({ seLinuxOptions: { type: "spc_t" } }), "*", /seLinuxOptions\.type$/],
  ["another SELinux user", pod({ seLinuxOptions: { user: "system_u" } }), "*", /seLinuxOptions\.user$/],
  ["an unmasked /proc", security({ procMount: "Unmasked" }), "*", /procMount$/],
  ["a setting of the node's kernel", pod({ sysctls: [{ name: "kernel.core_pattern", value: "|/x" }] }), "*", /sysctls\[0\]\.name$/],
  ["a path of the host", volume({ hostPath: { path: "/var/run/docker.sock" } }), "binds", /hostPath\.path$/],
  [
    "a mount that reaches the host",
    jobOf({ volumeMounts: [{ name: "v", mountPath: "/v", mountPropagation: "Bidirectional" }] }),
    "*",
    /Propagation$/,
  ],
  ["a block device", jobOf({ volumeDevices: [{ name: "v", devicePath: "/dev/x" }] }), "*", /volumeDevices$/],
  ["a repository that the node clones", volume({ gitRepo: { repository: "https://x" } }), "*", /gitRepo$/],
  ["a FlexVolume driver", volume({ flexVolume: { driver: "x" } }), "*", /flexVolume$/],
  ["a CSI driver", volume({ csi: { driver: "secrets-store.csi.k8s.io" } }), "*", /csi$/],
  ["an NFS server", volume({ nfs: { server: "s", path: "/" } }), "*", /nfs$/],
  ["a disk", volume({ awsElasticBlockStore: { volumeID: "v" } }), "*", /awsElasticBlockStore$/],
  ["a share with a secret", volume({ azureFile: { secretName: "theirs", shareName: "s" } }), "*", /azureFile$/],
  ["somebody's claim", volume({ persistentVolumeClaim: { claimName: "theirs" } }), "*", /claimName$/],
  [
    "a claim made from somebody's",
    volume({ ephemeral: { volumeClaimTemplate: { spec: { dataSource: { kind: "PersistentVolumeClaim", name: "a" } } } } }),
    "*",
    /ephemeral$/,
  ],
  ["a secret as a volume", volume({ secret: { secretName: "theirs" } }), "secrets", /secretName$/],
  [
    "a secret in a projected volume",
    volume({ projected: { sources: [{ secret: { name: "theirs" } }] } }),
    "secrets",
    /sources\[0\]\.secret$/,
  ],
  [
    "a token in a projected volume",
    volume({ projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }),
    "*",
    /serviceAccountToken$/,
  ],
  [
    "a certificate in a projected volume",
    volume({ projected: { sources: [{ podCertificate: { signerName: "a/b", keyType: "RSA4096" } }] } }),
    "*",
    /podCertificate$/,
  ],
  ["a secret in a variable", jobOf({ env: [{ name: "A", valueFrom: { secretKeyRef } }] }), "secrets", /secretKeyRef$/],
  [
    "a secret in an init container's variable",
    init({ env: [{ name: "A", valueFrom: { secretKeyRef } }] }),
    "secrets",
    /initContainers\[0\]\.env/,
  ],
  [
    "a secret in an ephemeral container's variable",
    ephemeral({ env: [{ name: "A", valueFrom: { secretKeyRef } }] }),
    "secrets",
    /ephemeral.*secretKeyRef$/,
  ],
  ["a whole secret as variables", jobOf({ envFrom: [{ secretRef: { name: "theirs" } }] }), "secrets", /secretRef$/],
  ["a whole secret in an init container", init({ envFrom: [{ secretRef: { name: "theirs" } }] }), "secrets", /secretRef$/],
  ["somebody's pull secret", jobWith({ imagePullSecrets: [{ name: "theirs" }] }), "secrets", /imagePullSecrets\[0\]$/],
  ["another service account", jobWith({ serviceAccountName: "admin" }), "service_accounts", /serviceAccountName$/],
  ["another service account, by its name of old", jobWith({ serviceAccount: "admin" }), "service_accounts", /serviceAccount$/],
  ["an empty service account, which is the default one", jobWith({ serviceAccountName: "" }), "service_accounts", /serviceAccountName$/],
  ["a token where the account gives none", jobWith({ automountServiceAccountToken: true }), "*", /automountServiceAccountToken$/],
  ["a node of its choosing", jobWith({ nodeName: "control-plane" }), "*", /nodeName$/],
  ["another runtime", jobWith({ runtimeClassName: "runc" }), "*", /runtimeClassName$/],
  ["a device that is claimed", jobWith({ resourceClaims: [{ name: "a", resourceClaimName: "theirs" }] }), "*", /resourceClaims$/],
  ["the priority of the cluster's own parts", jobWith({ priorityClassName: "system-node-critical" }), "*", /priorityClassName$/],
  [
    "a probe that the node makes elsewhere",
    jobOf({ livenessProbe: { httpGet: { port: 80, host: "169.254.169.254" } } }),
    "*",
    /httpGet\.host$/,
  ],
  [
    "a hook that the node calls elsewhere",
    jobOf({ lifecycle: { postStart: { tcpSocket: { port: 80, host: "10.0.0.1" } } } }),
    "*",
    /tcpSocket\.host$/,
  ],
  ["other people's pods, by a selector", jobWith({}, { manualSelector: true }), "*", /manualSelector$/],
  ["other people's pods, by a selector's labels", jobWith({}, { selector: { matchLabels: { app: "theirs" } } }), "*", /selector$/],
  [
    "an owner that takes it away",
    jobWith({}, {}, { ownerReferences: [{ apiVersion: "v1", kind: "A", name: "a", uid: "u" }] }),
    "*",
    /ownerReferences$/,
  ],
  ["a finalizer", jobWith({}, {}, { finalizers: ["a/b"] }), "*", /finalizers$/],
  ["another controller", jobWith({}, { managedBy: "a/b" }), "*", /managedBy$/],
  ["another namespace", jobWith({}, {}, { namespace: "kube-system" }), "namespaces", /metadata\.namespace$/],
  ["a volume that a sidecar injector mounts", annotated("sidecar.istio.io/userVolume"), "*", /annotations$/],
  ["a device that the runtime hands out", annotated("io.kubernetes.cri-o.Devices"), "*", /annotations$/],
  ["another network", annotated("k8s.v1.cni.cncf.io/networks"), "*", /annotations$/],
];

describe.each(WAYS)("%s", (_way, jobTemplate, key, path) => {
  const run = kubernetesRun({ jobTemplate });
  // The target has a service account of its own, which an empty one is not.
  const target = (allow?: Allow) =>
    kubernetesTarget({ settings: { serviceAccountName: "own" }, ...(allow === undefined ? {} : { allow }) });
  const without = Object.fromEntries(Object.entries(KEYS).filter(([name]) => name !== key));

  test.each([
    ["without allow", undefined],
    ["with an empty one", {}],
    ["with every other key", without],
  ])("%s it is refused, where it is", (_name, allow) => {
    const refusal = refusalOf(() => planOf(run, target(allow)));
    expect(refusal.code).toBe("NOT_ALLOWED");
    expect(refusal.issues.map((issue) => issue.path)).toEqual([expect.stringMatching(path)]);
    expect(refusal.message).toContain(key === "*" ? 'allow: "*"' : `allow.${key}`.replace("allow.privileged", "allow"));
  });

  test("with its own key it is planned", () => {
    const own: Allow = key === "*" ? "*" : { [key]: key === "privileged" ? true : ["*"] };
    planOf(run, target(own));
  });

  test("the target itself may have it", () => {
    planOf(kubernetesRun(), kubernetesTarget({ settings: { jobTemplate } }));
  });
});

describe("what the run config itself names", () => {
  const target = (allow?: Allow) =>
    kubernetesTarget({ settings: { serviceAccountName: "own", imagePullSecrets: ["own"] }, ...(allow === undefined ? {} : { allow }) });
  test.each<readonly [string, Partial<KubernetesRun>, Exclude<Allow, "*">, string]>([
    ["a service account", { serviceAccountName: "admin" }, { service_accounts: ["adm*"] }, "run_config.service_account_name"],
    ["an empty one", { serviceAccountName: "" }, { service_accounts: ["default"] }, "run_config.service_account_name"],
    ["a pull secret", { imagePullSecrets: ["own", "theirs"] }, { secrets: ["theirs"] }, "run_config.image_pull_secrets[1]"],
  ])("%s: refused until its own key opens it", (_name, config, own, path) => {
    expect(refusalOf(() => planOf(kubernetesRun(config), target()))).toMatchObject({ code: "NOT_ALLOWED", path });
    planOf(kubernetesRun(config), target(own));
  });

  test("an image outside of the target's list, wherever the run brings it", () => {
    const limited = kubernetesTarget({ allow: { images: ["good/*"] } });
    for (const config of [
      { image: "bad:1" },
      { jobTemplate: jobOf({ image: "bad:1" }) },
      { jobTemplate: init({ image: "bad:1" }) },
      { jobTemplate: volume({ image: { reference: "bad:1" } }) },
    ]) {
      expect(refusalOf(() => planOf(kubernetesRun(config), limited)).code).toBe("NOT_ALLOWED");
    }
    planOf(kubernetesRun({ image: "good/a:1" }), limited);
  });
});

test("what the target names, a run may name too", () => {
  const own = jobWith({
    serviceAccountName: "own",
    imagePullSecrets: [{ name: "pull" }],
    volumes: [
      { name: "a", hostPath: { path: "/data" } },
      { name: "b", persistentVolumeClaim: { claimName: "shared" } },
      { name: "c", secret: { secretName: "certificate" } },
    ],
  });
  const target = kubernetesTarget({ settings: { jobTemplate: own }, secrets: { A: "database/password" } });
  planOf(kubernetesRun({ jobTemplate: own, serviceAccountName: "own" }), target);
  planOf(
    kubernetesRun({ jobTemplate: jobOf({ env: [{ name: "B", valueFrom: { secretKeyRef: { name: "database", key: "x" } } }] }) }),
    target,
  );
});

test("what is known to be safe needs no key", () => {
  planOf(
    kubernetesRun({
      jobTemplate: jobWith({
        containers: [
          {
            name: "flow",
            ports: [{ containerPort: 80 }],
            securityContext: { capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] }, privileged: false, runAsUser: 0 },
            envFrom: [{ configMapRef: { name: "settings" } }],
            volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
            livenessProbe: { exec: { command: ["true"] } },
            resources: { limits: { "nvidia.com/gpu": 1 } },
          },
        ],
        initContainers: [{ name: "proxy", image: "p", restartPolicy: "Always" }],
        securityContext: {
          fsGroup: 1,
          seccompProfile: { type: "RuntimeDefault" },
          sysctls: [{ name: "net.ipv4.tcp_syncookies", value: "1" }],
        },
        volumes: [
          { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } },
          { name: "self", projected: { sources: [{ downwardAPI: { items: [] } }, { configMap: { name: "a" } }] } },
        ],
        tolerations: [{ operator: "Exists" }],
        affinity: { nodeAffinity: {} },
        automountServiceAccountToken: false,
        priorityClassName: "batch",
      }),
    }),
  );
});
