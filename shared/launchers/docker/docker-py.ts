/** The keys that docker-py's create_host_config takes, each with the Engine's field and the form it comes in. */
import { binds } from "./binds.ts";
import {
  asIs,
  commaList,
  devices,
  extraHosts,
  type Form,
  links,
  listOfTexts,
  objectsWith,
  objectWith,
  only,
  size,
  sizeUnlessFalsy,
  textsByName,
  tmpfs,
  unlessFalsy,
} from "./forms.ts";
import type { EngineKey } from "./model.ts";
import { portBindings } from "./ports.ts";

const LOG_CONFIG = { type: "Type", config: "Config" };
const ULIMIT = { name: "Name", soft: "Soft", hard: "Hard" };
const DEVICE_REQUEST = { driver: "Driver", count: "Count", device_ids: "DeviceIDs", capabilities: "Capabilities", options: "Options" };
const NO_DEVICE_REQUEST = { Driver: "", Count: 0, DeviceIDs: [], Capabilities: [], Options: {} };

/** By docker-py's name. */
export const DOCKER_PY: Readonly<Record<string, readonly [EngineKey, Form]>> = {
  auto_remove: ["AutoRemove", unlessFalsy],
  binds: ["Binds", binds],
  blkio_weight: ["BlkioWeight", unlessFalsy],
  blkio_weight_device: ["BlkioWeightDevice", unlessFalsy],
  cap_add: ["CapAdd", unlessFalsy],
  cap_drop: ["CapDrop", unlessFalsy],
  cgroup_parent: ["CgroupParent", asIs],
  cgroupns: ["CgroupnsMode", unlessFalsy],
  cpu_count: ["CpuCount", unlessFalsy],
  cpu_percent: ["CpuPercent", unlessFalsy],
  cpu_period: ["CpuPeriod", unlessFalsy],
  cpu_quota: ["CpuQuota", unlessFalsy],
  cpu_rt_period: ["CpuRealtimePeriod", unlessFalsy],
  cpu_rt_runtime: ["CpuRealtimeRuntime", unlessFalsy],
  cpu_shares: ["CpuShares", unlessFalsy],
  cpuset_cpus: ["CpusetCpus", unlessFalsy],
  cpuset_mems: ["CpusetMems", unlessFalsy],
  device_cgroup_rules: ["DeviceCgroupRules", asIs],
  device_read_bps: ["BlkioDeviceReadBps", unlessFalsy],
  device_read_iops: ["BlkioDeviceReadIOps", unlessFalsy],
  device_requests: ["DeviceRequests", objectsWith(DEVICE_REQUEST, NO_DEVICE_REQUEST)],
  device_write_bps: ["BlkioDeviceWriteBps", unlessFalsy],
  device_write_iops: ["BlkioDeviceWriteIOps", unlessFalsy],
  devices: ["Devices", devices],
  dns: ["Dns", asIs],
  dns_opt: ["DnsOptions", asIs],
  dns_search: ["DnsSearch", unlessFalsy],
  extra_hosts: ["ExtraHosts", extraHosts],
  group_add: ["GroupAdd", listOfTexts],
  init: ["Init", asIs],
  ipc_mode: ["IpcMode", unlessFalsy],
  isolation: ["Isolation", unlessFalsy],
  kernel_memory: ["KernelMemory", sizeUnlessFalsy],
  links: ["Links", links],
  log_config: ["LogConfig", objectWith(LOG_CONFIG, { Config: {} })],
  mem_limit: ["Memory", size],
  mem_reservation: ["MemoryReservation", sizeUnlessFalsy],
  mem_swappiness: ["MemorySwappiness", asIs],
  memswap_limit: ["MemorySwap", size],
  mounts: ["Mounts", asIs],
  nano_cpus: ["NanoCpus", unlessFalsy],
  network_mode: ["NetworkMode", unlessFalsy],
  oom_kill_disable: ["OomKillDisable", unlessFalsy],
  oom_score_adj: ["OomScoreAdj", unlessFalsy],
  pid_mode: ["PidMode", unlessFalsy],
  pids_limit: ["PidsLimit", unlessFalsy],
  port_bindings: ["PortBindings", portBindings],
  privileged: ["Privileged", unlessFalsy],
  publish_all_ports: ["PublishAllPorts", unlessFalsy],
  read_only: ["ReadonlyRootfs", asIs],
  restart_policy: ["RestartPolicy", unlessFalsy],
  runtime: ["Runtime", unlessFalsy],
  security_opt: ["SecurityOpt", asIs],
  shm_size: ["ShmSize", size],
  storage_opt: ["StorageOpt", asIs],
  sysctls: ["Sysctls", textsByName],
  tmpfs: ["Tmpfs", tmpfs],
  ulimits: ["Ulimits", objectsWith(ULIMIT)],
  userns_mode: ["UsernsMode", only("host")],
  uts_mode: ["UTSMode", only("host")],
  volume_driver: ["VolumeDriver", asIs],
  volumes_from: ["VolumesFrom", commaList],
};

/** Keys that docker-py knows and no Engine of today does. */
export const GONE: readonly string[] = ["lxc_conf", "init_path"];

const BY_ENGINE = new Map(Object.entries(DOCKER_PY).map(([name, [key]]) => [key, name]));

/** What an operator may call a field in `allow.host_config`. */
export function namesOf(key: EngineKey): readonly string[] {
  const name = BY_ENGINE.get(key);
  return name === undefined ? [key] : [name, key];
}
