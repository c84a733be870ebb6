/** The HostConfig of the Engine API, version 1.41: its fields and what they hold. */
import type { Shape } from "./shapes.ts";

const texts: Shape = { list: "text" };
const textsByName: Shape = { map: "text" };
const rates: Shape = { list: { fields: { Path: "text", Rate: { from: 0, to: Number.MAX_SAFE_INTEGER } } } };

const mount: Shape = {
  fields: {
    Target: "text",
    Source: "text",
    Type: { oneOf: ["bind", "volume", "tmpfs", "npipe"] },
    ReadOnly: "boolean",
    Consistency: "text",
    BindOptions: {
      fields: { Propagation: { oneOf: ["private", "rprivate", "shared", "rshared", "slave", "rslave"] }, NonRecursive: "boolean" },
    },
    VolumeOptions: {
      fields: { NoCopy: "boolean", Labels: textsByName, DriverConfig: { fields: { Name: "text", Options: textsByName } } },
    },
    TmpfsOptions: { fields: { SizeBytes: "integer", Mode: "integer" } },
  },
};

/** Every field, by the Engine's name. */
export const HOST_CONFIG = {
  AutoRemove: "boolean",
  Binds: texts,
  BlkioDeviceReadBps: rates,
  BlkioDeviceReadIOps: rates,
  BlkioDeviceWriteBps: rates,
  BlkioDeviceWriteIOps: rates,
  BlkioWeight: { from: 0, to: 1000 },
  BlkioWeightDevice: { list: { fields: { Path: "text", Weight: { from: 0, to: 1000 } } } },
  CapAdd: texts,
  CapDrop: texts,
  Cgroup: "text",
  CgroupParent: "text",
  CgroupnsMode: { oneOf: ["private", "host", ""] },
  ConsoleSize: { list: { from: 0, to: 65_535 } },
  ContainerIDFile: "text",
  CpuCount: "integer",
  CpuPercent: "integer",
  CpuPeriod: "integer",
  CpuQuota: "integer",
  CpuRealtimePeriod: "integer",
  CpuRealtimeRuntime: "integer",
  CpuShares: "integer",
  CpusetCpus: "text",
  CpusetMems: "text",
  DeviceCgroupRules: texts,
  DeviceRequests: {
    list: { fields: { Driver: "text", Count: "integer", DeviceIDs: texts, Capabilities: { list: texts }, Options: textsByName } },
  },
  Devices: { list: { fields: { PathOnHost: "text", PathInContainer: "text", CgroupPermissions: "text" } } },
  Dns: texts,
  DnsOptions: texts,
  DnsSearch: texts,
  ExtraHosts: texts,
  GroupAdd: texts,
  IOMaximumBandwidth: "integer",
  IOMaximumIOps: "integer",
  Init: "boolean",
  IpcMode: "text",
  Isolation: { oneOf: ["default", "process", "hyperv", ""] },
  KernelMemory: "integer",
  KernelMemoryTCP: "integer",
  Links: texts,
  LogConfig: { fields: { Type: "text", Config: textsByName } },
  MaskedPaths: texts,
  Memory: "integer",
  MemoryReservation: "integer",
  MemorySwap: "integer",
  MemorySwappiness: { from: 0, to: 100 },
  Mounts: { list: mount },
  NanoCpus: "integer",
  NetworkMode: "text",
  OomKillDisable: "boolean",
  OomScoreAdj: { from: -1000, to: 1000 },
  PidMode: "text",
  PidsLimit: "integer",
  PortBindings: { map: { list: { fields: { HostIp: "text", HostPort: "text" } } } },
  Privileged: "boolean",
  PublishAllPorts: "boolean",
  ReadonlyPaths: texts,
  ReadonlyRootfs: "boolean",
  RestartPolicy: { fields: { Name: { oneOf: ["", "no", "always", "unless-stopped", "on-failure"] }, MaximumRetryCount: "integer" } },
  Runtime: "text",
  SecurityOpt: texts,
  ShmSize: { from: 0, to: Number.MAX_SAFE_INTEGER },
  StorageOpt: textsByName,
  Sysctls: textsByName,
  Tmpfs: textsByName,
  UTSMode: "text",
  Ulimits: { list: { fields: { Name: "text", Soft: "integer", Hard: "integer" } } },
  UsernsMode: "text",
  VolumeDriver: "text",
  VolumesFrom: texts,
} as const satisfies Readonly<Record<string, Shape>>;

/** A field of HostConfig by the Engine's name. */
export type EngineKey = keyof typeof HOST_CONFIG;

/** Whether a name is one of the Engine's. */
export function isEngineKey(name: string): name is EngineKey {
  return Object.hasOwn(HOST_CONFIG, name);
}
