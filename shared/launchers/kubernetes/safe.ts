/** The fields of a Job that a run brings which reach neither the node nor anybody else's secrets: Pod Security "baseline", and less. */
import { allowsPrivileged } from "../../core/allow.ts";
import type { FieldTree } from "../../core/safe-fields.ts";
import type { Target } from "../../core/target.ts";

const CAPABILITIES = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

const SYSCTLS = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_syncookies",
];

const PROFILE: FieldTree = { type: ["RuntimeDefault", "Localhost"], localhostProfile: true };

/** What a pod and a container have alike. A gMSA credential is somebody's account. */
const SECURITY: FieldTree = {
  runAsUser: true,
  runAsGroup: true,
  runAsNonRoot: true,
  seccompProfile: PROFILE,
  appArmorProfile: PROFILE,
  seLinuxOptions: { type: ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"], level: true },
  windowsOptions: { hostProcess: [false], runAsUserName: true },
};

/** A call of the kubelet's to a host of the run's choosing comes from the node. */
const HTTP_GET: FieldTree = { path: true, port: true, scheme: true, httpHeaders: true };
const PROBE: FieldTree = {
  exec: true,
  grpc: true,
  httpGet: HTTP_GET,
  tcpSocket: { port: true },
  initialDelaySeconds: true,
  periodSeconds: true,
  timeoutSeconds: true,
  successThreshold: true,
  failureThreshold: true,
  terminationGracePeriodSeconds: true,
};
const HANDLER: FieldTree = { exec: true, sleep: true, httpGet: HTTP_GET, tcpSocket: { port: true } };

/** A container of any kind. Images and secrets are asked about one by one. */
const CONTAINER: FieldTree = {
  name: true,
  targetContainerName: true,
  image: true,
  imagePullPolicy: true,
  command: true,
  args: true,
  workingDir: true,
  env: {
    name: true,
    value: true,
    valueFrom: { configMapKeyRef: true, fieldRef: true, fileKeyRef: true, resourceFieldRef: true, secretKeyRef: true },
  },
  envFrom: { prefix: true, configMapRef: true, secretRef: true },
  ports: { name: true, containerPort: true, protocol: true, hostPort: [0] },
  resources: { limits: true, requests: true },
  resizePolicy: true,
  restartPolicy: true,
  restartPolicyRules: true,
  volumeMounts: {
    name: true,
    mountPath: true,
    readOnly: true,
    recursiveReadOnly: true,
    subPath: true,
    subPathExpr: true,
    mountPropagation: ["None", "HostToContainer"],
  },
  livenessProbe: PROBE,
  readinessProbe: PROBE,
  startupProbe: PROBE,
  lifecycle: { postStart: HANDLER, preStop: HANDLER, stopSignal: true },
  terminationMessagePath: true,
  terminationMessagePolicy: true,
  stdin: true,
  stdinOnce: true,
  tty: true,
};

const CONTAINER_SECURITY: FieldTree = {
  ...SECURITY,
  allowPrivilegeEscalation: true,
  readOnlyRootFilesystem: true,
  capabilities: { add: CAPABILITIES, drop: true },
  procMount: ["Default"],
  privileged: [false],
};

/** Host paths, secrets, claims and images in it are asked about one by one; every other kind of volume reaches what is not the run's. */
const VOLUME: FieldTree = {
  name: true,
  emptyDir: true,
  configMap: true,
  downwardAPI: true,
  hostPath: true,
  image: true,
  persistentVolumeClaim: true,
  projected: { defaultMode: true, sources: { configMap: true, downwardAPI: true, secret: true } },
  secret: true,
};

/** The pod, but for its containers. The node and its runtime are the cluster's to choose. */
const POD: FieldTree = {
  activeDeadlineSeconds: true,
  affinity: true,
  automountServiceAccountToken: [false],
  dnsConfig: true,
  dnsPolicy: true,
  enableServiceLinks: true,
  hostAliases: true,
  hostIPC: [false],
  hostNetwork: [false],
  hostPID: [false],
  hostUsers: true,
  hostname: true,
  hostnameOverride: true,
  imagePullSecrets: true,
  nodeSelector: true,
  os: true,
  preemptionPolicy: true,
  priorityClassName: true,
  readinessGates: true,
  resources: { limits: true, requests: true },
  restartPolicy: true,
  schedulerName: true,
  schedulingGates: true,
  securityContext: {
    ...SECURITY,
    fsGroup: true,
    fsGroupChangePolicy: true,
    seLinuxChangePolicy: true,
    supplementalGroups: true,
    supplementalGroupsPolicy: true,
    sysctls: { name: SYSCTLS, value: true },
  },
  serviceAccount: true,
  serviceAccountName: true,
  setHostnameAsFQDN: true,
  shareProcessNamespace: true,
  subdomain: true,
  terminationGracePeriodSeconds: true,
  tolerations: true,
  topologySpreadConstraints: true,
  volumes: VOLUME,
};

/** The Job. A selector of its own would take in pods that are not the run's. Annotations are asked about one by one. */
const JOB_SPEC: FieldTree = {
  activeDeadlineSeconds: true,
  backoffLimit: true,
  backoffLimitPerIndex: true,
  completionMode: true,
  completions: true,
  manualSelector: [false],
  maxFailedIndexes: true,
  parallelism: true,
  podFailurePolicy: true,
  podReplacementPolicy: true,
  successPolicy: true,
  suspend: true,
  ttlSecondsAfterFinished: true,
};

/** The safe fields of a Job that a run brings to a target. */
export function safeJob(target: Target): FieldTree {
  const security = allowsPrivileged(target) ? { ...CONTAINER_SECURITY, privileged: true as const } : CONTAINER_SECURITY;
  const container = { ...CONTAINER, securityContext: security };
  const metadata: FieldTree = { name: true, generateName: true, namespace: true, labels: true, annotations: true };
  return {
    apiVersion: true,
    kind: true,
    metadata,
    spec: {
      ...JOB_SPEC,
      template: { metadata, spec: { ...POD, containers: container, initContainers: container, ephemeralContainers: container } },
    },
  };
}
