import { describe, expect, test } from "vitest";
import { Refusal } from "../../../shared/core/errors.ts";
import type { JsonObject } from "../../../shared/core/json.ts";
import type { Allow } from "../../../shared/core/target.ts";
import { planDocker } from "../../../shared/launchers/docker/plan.ts";
import { dockerRun, dockerTarget, targetWith } from "./support.ts";

type Lists = Exclude<Allow, "*">;

/** What reaches the host or other containers, and the only thing that lets it. */
const WAYS: readonly (readonly [what: string, hostConfig: JsonObject, opens: Lists])[] = [
  ["a folder of the host", { binds: ["/etc:/x"] }, { binds: ["/etc"] }],
  ["a folder of the host, as an object", { binds: { "/etc": { bind: "/x", mode: "ro" } } }, { binds: ["/etc"] }],
  ["a folder of the host, in the Engine's name", { Binds: ["/etc:/x:ro"] }, { binds: ["/etc"] }],
  ["the daemon's own socket", { binds: ["/var/run/docker.sock:/s"] }, { binds: ["/var/run/*.sock"] }],
  ["a path that climbs out of an allowed one", { binds: ["/data/../etc:/x"] }, { binds: ["/etc"] }],
  ["a home folder", { binds: ["~/x:/x"] }, { binds: ["~/x"] }],
  ["a relative path", { binds: ["../x:/x"] }, { binds: ["../x"] }],
  ["another's named volume", { binds: ["database:/x"] }, { binds: ["database"] }],
  ["a bind that mounts back into the host", { binds: ["/data:/x:rshared"] }, { host_config: ["binds"] }],
  ["a mount of the host's path", { mounts: [{ Type: "bind", Source: "/", Target: "/x" }] }, { binds: ["/"] }],
  ["a mount of another's volume", { mounts: [{ Type: "volume", Source: "database", Target: "/x" }] }, { binds: ["database"] }],
  [
    "a mount that mounts back into the host",
    { mounts: [{ Type: "bind", Source: "/data", Target: "/x", BindOptions: { Propagation: "rshared" } }] },
    { host_config: ["mounts"] },
  ],
  [
    "a volume whose driver's options name a path",
    {
      mounts: [
        {
          Type: "volume",
          Target: "/x",
          VolumeOptions: { DriverConfig: { Name: "local", Options: { type: "none", o: "bind", device: "/etc" } } },
        },
      ],
    },
    { host_config: ["mounts"] },
  ],
  ["a named pipe", { mounts: [{ Type: "npipe", Source: "//./pipe/docker_engine", Target: "/x" }] }, { host_config: ["mounts"] }],
  ["other containers' volumes", { volumes_from: ["database"] }, { host_config: ["volumes_from"] }],
  ["a volume driver", { volume_driver: "nfs" }, { host_config: ["volume_driver"] }],
  ["a device", { devices: ["/dev/sda:/dev/xvdc:rwm"] }, { host_config: ["devices"] }],
  ["rules for devices", { device_cgroup_rules: ["a *:* rwm"] }, { host_config: ["device_cgroup_rules"] }],
  ["requests for devices", { device_requests: [{ count: -1, capabilities: [["gpu"]] }] }, { host_config: ["device_requests"] }],
  ["the host's processes", { pid_mode: "host" }, { host_config: ["pid_mode"] }],
  ["another container's processes", { pid_mode: "container:database" }, { host_config: ["pid_mode"] }],
  ["the host's shared memory", { ipc_mode: "host" }, { host_config: ["ipc_mode"] }],
  ["another container's shared memory", { ipc_mode: "container:database" }, { host_config: ["ipc_mode"] }],
  ["the host's network", { network_mode: "host" }, { host_config: ["network_mode"] }],
  ["another container's network", { network_mode: "container:database" }, { host_config: ["network_mode"] }],
  ["a network that the target does not name", { network_mode: "internal" }, { networks: ["internal"] }],
  ["the host's name", { uts_mode: "host" }, { host_config: ["uts_mode"] }],
  ["the host's users", { userns_mode: "host" }, { host_config: ["userns_mode"] }],
  ["the host's control groups", { cgroupns: "host" }, { host_config: ["cgroupns"] }],
  ["a parent control group", { cgroup_parent: "/" }, { host_config: ["cgroup_parent"] }],
  ["a control group by name", { Cgroup: "container:database" }, { host_config: ["Cgroup"] }],
  ["every privilege", { privileged: true }, { privileged: true }],
  ["a capability", { cap_add: ["SYS_ADMIN"] }, { host_config: ["cap_add"] }],
  ["no system call filter", { security_opt: ["seccomp=unconfined"] }, { host_config: ["security_opt"] }],
  ["no mandatory access control", { security_opt: ["apparmor=unconfined"] }, { host_config: ["security_opt"] }],
  ["no masked paths of the kernel", { MaskedPaths: [] }, { host_config: ["MaskedPaths"] }],
  ["no read-only paths of the kernel", { ReadonlyPaths: [] }, { host_config: ["ReadonlyPaths"] }],
  ["a kernel parameter", { sysctls: { "net.ipv4.ip_forward": 1 } }, { host_config: ["sysctls"] }],
  ["another runtime", { runtime: "crun" }, { host_config: ["runtime"] }],
  ["a file of the host, with the container's id in it", { ContainerIDFile: "/etc/x" }, { host_config: ["ContainerIDFile"] }],
  ["a log driver with the host's rights", { log_config: { type: "awslogs" } }, { host_config: ["log_config"] }],
  ["options of the storage driver", { storage_opt: { "dm.basesize": "1" } }, { host_config: ["storage_opt"] }],
  ["links to other containers", { links: { database: "db" } }, { host_config: ["links"] }],
  ["real-time priority", { cpu_rt_runtime: 950_000 }, { host_config: ["cpu_rt_runtime"] }],
  ["no end for want of memory", { oom_kill_disable: true }, { host_config: ["oom_kill_disable"] }],
  ["the host's processes ended first", { oom_score_adj: -900 }, { host_config: ["oom_score_adj"] }],
  ["limits by the host's devices", { device_read_bps: [{ Path: "/dev/sda", Rate: 1 }] }, { host_config: ["device_read_bps"] }],
];

function isPlanned(hostConfig: JsonObject, allow?: Allow): boolean {
  try {
    planDocker(dockerRun({ hostConfig }), dockerTarget(allow === undefined ? {} : { allow }));
    return true;
  } catch (error) {
    if (!(error instanceof Refusal && error.code === "NOT_ALLOWED")) throw error;
    expect(error.issues[0]?.path).toMatch(/^run_config\.host_config\./);
    expect(error.message).toContain("allow");
    return false;
  }
}

/** The field that a host configuration sets, whichever of its names it has. */
function fold(hostConfig: JsonObject): string {
  return Object.keys(hostConfig).join().toLowerCase();
}

describe("ways to the host", () => {
  test("there are at least thirty of them", () => expect(WAYS.length).toBeGreaterThanOrEqual(30));

  test.each(WAYS)("%s: refused unless its own key allows it", (_what, hostConfig, opens) => {
    expect(isPlanned(hostConfig), "by default").toBe(false);
    expect(isPlanned(hostConfig, {}), "with an empty allow").toBe(false);
    expect(isPlanned(hostConfig, opens), "by its own key").toBe(true);
    expect(isPlanned(hostConfig, "*"), "where anything is allowed").toBe(true);
    const field = fold(hostConfig);
    for (const [other, given, by] of WAYS) {
      // A path or a volume's name is opened by the one list, wherever a run names it.
      const serves = fold(given) === field || JSON.stringify(by) === JSON.stringify(opens) || ("binds" in by && "binds" in opens);
      if (!serves) expect(isPlanned(hostConfig, by), `by the key of: ${other}`).toBe(false);
    }
  });

  test("a pattern opens no field that has a rule of its own", () => {
    const all: Allow = { host_config: ["*"] };
    for (const given of [{ privileged: true }, { binds: ["/etc:/x"] }, { network_mode: "host" }]) expect(isPlanned(given, all)).toBe(false);
    expect(isPlanned({ cap_add: ["SYS_ADMIN"] }, all)).toBe(true);
  });

  test("a list of host paths bounds a run that may set binds", () => {
    const allow: Allow = { host_config: ["binds"], binds: ["/data/*"] };
    expect(isPlanned({ binds: ["/data/in:/x"] }, allow)).toBe(true);
    expect(isPlanned({ binds: ["/data/../etc:/x"] }, allow)).toBe(false);
  });

  test("both names of a field are one in the target's list", () => {
    for (const given of [{ cap_add: ["NET_RAW"] }, { CapAdd: ["NET_RAW"] }]) {
      for (const name of ["cap_add", "CapAdd"]) expect(isPlanned(given, { host_config: [name] })).toBe(true);
    }
  });
});

test.each<[string, JsonObject]>([
  ["memory", { mem_limit: "512m", memswap_limit: -1, mem_reservation: "1g", mem_swappiness: 0, shm_size: "64m" }],
  ["processors", { cpu_shares: 512, cpu_period: 100_000, cpu_quota: 50_000, cpuset_cpus: "0,1", nano_cpus: 1_500_000_000 }],
  ["limits", { pids_limit: 100, ulimits: [{ name: "nofile", soft: 1024, hard: 2048 }] }],
  ["published ports", { port_bindings: { "80": 8080, "53/udp": null }, publish_all_ports: true }],
  ["names and addresses", { dns: ["1.1.1.1"], dns_search: ["example.com"], extra_hosts: { a: "10.0.0.1" } }],
  ["less than it would have", { cap_drop: ["ALL"], read_only: true, security_opt: ["no-new-privileges"], network_mode: "none" }],
  ["memory as files, volumes of its own", { tmpfs: ["/run:size=1m"], mounts: [{ Type: "volume", Target: "/x" }], binds: ["/cache"] }],
  ["a log kept on the host", { log_config: { type: "json-file", config: { "max-size": "10m" } } }],
])("not asked about: %s", (_what, hostConfig) => {
  expect(isPlanned(hostConfig)).toBe(true);
});

test("what the target itself mounts and joins is a run's to name, too", () => {
  const target = targetWith({ volumes: ["/data:/in:ro", "cache:/cache"], networks: ["jobs"] });
  const hostConfig = { binds: ["/data/./:/elsewhere", "cache:/c"], network_mode: "jobs" };
  expect(() => planDocker(dockerRun({ hostConfig }), target)).not.toThrow();
});

test("a run's image is held to the target's list, the target's own is not", () => {
  const target = dockerTarget({ allow: { images: ["reg.io/*"] } });
  expect(() => planDocker(dockerRun(), target)).not.toThrow();
  expect(() => planDocker(dockerRun({ image: "reg.io/a:1" }), target)).not.toThrow();
  expect(() => planDocker(dockerRun({ image: "other.io/a:1" }), target)).toThrow(/rule images/);
  const storage = { type: "Docker", registry_url: "other.io", image_name: "a", image_tag: "1" };
  expect(() => planDocker(dockerRun({}, { flow: { storage } }), target)).toThrow(/flow\.storage: rule images/);
});
