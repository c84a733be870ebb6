/** The fields of HostConfig that are known to give no way into the host, nor into other containers. */
import { isList, isObject, type Json } from "../../core/json.ts";
import type { EngineKey } from "./model.ts";

/** Why a value is not known to be safe; undefined where it is. */
type Judge = (value: Json) => string | undefined;

const safe: Judge = () => undefined;

function values(...known: readonly Json[]): Judge {
  const told = known.map((each) => JSON.stringify(each)).join(", ");
  return (value) =>
    (isList(value) ? value : [value]).every((each) => known.includes(each)) ? undefined : `only ${told} is known to be safe`;
}

const LOG_TYPES: readonly Json[] = ["", "json-file", "local", "none"];

const logConfig: Judge = (value) =>
  LOG_TYPES.includes((isObject(value) ? value["Type"] : undefined) ?? "")
    ? undefined
    : "only the log drivers json-file, local and none are known to be safe: others send what they log with the host's rights";

const storageOptions: Judge = (value) =>
  isObject(value) && Object.keys(value).every((name) => name === "size") ? undefined : "only the option size is known to be safe";

const oomScore: Judge = (value) =>
  typeof value === "number" && value >= 0 ? undefined : "a score under 0 has the host's own processes end first";

/** By the Engine's name; what is not here is not known to be safe. Binds, mounts, networks and privileges have rules of their own. */
export const SAFE: Readonly<Partial<Record<EngineKey, Judge>>> = {
  AutoRemove: safe,
  BlkioWeight: safe,
  CapDrop: safe,
  CgroupnsMode: values("", "private"),
  ConsoleSize: safe,
  CpuCount: safe,
  CpuPercent: safe,
  CpuPeriod: safe,
  CpuQuota: safe,
  CpuShares: safe,
  CpusetCpus: safe,
  CpusetMems: safe,
  Dns: safe,
  DnsOptions: safe,
  DnsSearch: safe,
  ExtraHosts: safe,
  GroupAdd: safe,
  Init: safe,
  IpcMode: values("", "none", "private", "shareable"),
  Isolation: values("", "default"),
  KernelMemory: safe,
  KernelMemoryTCP: safe,
  LogConfig: logConfig,
  Memory: safe,
  MemoryReservation: safe,
  MemorySwap: safe,
  MemorySwappiness: safe,
  NanoCpus: safe,
  OomKillDisable: values(false),
  OomScoreAdj: oomScore,
  PidMode: values(""),
  PidsLimit: safe,
  PortBindings: safe,
  PublishAllPorts: safe,
  ReadonlyRootfs: safe,
  RestartPolicy: safe,
  SecurityOpt: values("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"),
  ShmSize: safe,
  StorageOpt: storageOptions,
  Tmpfs: safe,
  UTSMode: values(""),
  Ulimits: safe,
  UsernsMode: values(""),
};
