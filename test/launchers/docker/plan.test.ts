import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../shared/core/json.ts";
import { planDocker } from "../../../shared/launchers/docker/plan.ts";
import { refusalOf } from "../../support/refusal.ts";
import { bodyOf, dockerRun, dockerTarget, hostConfig, targetWith } from "./support.ts";

/** What is there without a word of the run's. */
const DEFAULTS = { NetworkMode: "default", ExtraHosts: ["host.docker.internal:host-gateway"] };

describe("host_config", () => {
  test.each<[rule: string, given: JsonObject, sent: JsonObject]>([
    ["nothing given", {}, {}],
    ["a size with a unit", { mem_limit: "512m" }, { Memory: 512 * 1024 ** 2 }],
    ["a size with two letters, in capitals", { mem_limit: "1GB" }, { Memory: 1024 ** 3 }],
    ["a size in bytes, as a number and as a text", { mem_limit: 1024, memswap_limit: "2048" }, { Memory: 1024, MemorySwap: 2048 }],
    ["a part of a unit", { mem_limit: "0.5g" }, { Memory: 512 * 1024 ** 2 }],
    ["no limit on swap", { memswap_limit: -1 }, { MemorySwap: -1 }],
    ["sizes of nothing", { mem_reservation: 0, kernel_memory: "", shm_size: 0 }, { ShmSize: 0 }],
    ["shared memory", { shm_size: "64k" }, { ShmSize: 65_536 }],
    ["binds as a list", { binds: ["/a:/b", "v:/c:rw"] }, { Binds: ["/a:/b", "v:/c:rw"] }],
    ["binds by source", { binds: { "/a": { bind: "/b", mode: "ro" }, v: { bind: "/c" } } }, { Binds: ["/a:/b:ro", "v:/c:rw"] }],
    [
      "binds by source, as texts and with ro",
      { binds: { "/a": "/b", "/c": { bind: "/d", ro: true } } },
      { Binds: ["/a:/b:rw", "/c:/d:ro"] },
    ],
    [
      "a port by number and by text",
      { port_bindings: { "80": 8080, "443/tcp": "8443" } },
      published({ "80/tcp": ["8080"], "443/tcp": ["8443"] }),
    ],
    ["a port of UDP", { port_bindings: { "53/udp": 5353 } }, published({ "53/udp": ["5353"] })],
    ["any port of the host", { port_bindings: { "80": null } }, published({ "80/tcp": [""] })],
    ["several ports of the host", { port_bindings: { "80": [8080, 8081] } }, published({ "80/tcp": ["8080", "8081"] })],
    [
      "a port on one address",
      { port_bindings: { "80": { HostIp: "127.0.0.1", HostPort: 8080 } } },
      { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "8080" }] } },
    ],
    ["hosts by name, in order", { extra_hosts: { b: "10.0.0.2", a: "10.0.0.1" } }, { ExtraHosts: ["a:10.0.0.1", "b:10.0.0.2"] }],
    ["hosts as a list", { extra_hosts: ["a:10.0.0.1"] }, { ExtraHosts: ["a:10.0.0.1"] }],
    ["no hosts at all", { extra_hosts: {} }, { ExtraHosts: [] }],
    [
      "links by container, and as pairs",
      {
        links: [
          ["b", "y"],
          ["a", "x"],
        ],
      },
      { Links: ["a:x", "b:y"] },
    ],
    [
      "limits",
      {
        ulimits: [
          { name: "nofile", soft: 1, hard: 2 },
          { Name: "core", Soft: 0 },
        ],
      },
      {
        Ulimits: [
          { Name: "nofile", Soft: 1, Hard: 2 },
          { Name: "core", Soft: 0 },
        ],
      },
    ],
    [
      "a log driver",
      { log_config: { type: "json-file", config: { "max-size": "1m" } } },
      { LogConfig: { Type: "json-file", Config: { "max-size": "1m" } } },
    ],
    ["a log driver without options", { log_config: { type: "none" } }, { LogConfig: { Type: "none", Config: {} } }],
    ["a device in one word", { devices: ["/dev/fuse"] }, { Devices: [device("/dev/fuse", "/dev/fuse", "rwm")] }],
    ["a device in three", { devices: ["/dev/sda:/dev/xvda:r"] }, { Devices: [device("/dev/sda", "/dev/xvda", "r")] }],
    ["memory as files, in a list", { tmpfs: ["/run", "/tmp:size=1m,mode=1777"] }, { Tmpfs: { "/run": "", "/tmp": "size=1m,mode=1777" } }],
    ["memory as files, by path", { tmpfs: { "/run": "" } }, { Tmpfs: { "/run": "" } }],
    ["kernel parameters as texts", { sysctls: { "net.core.somaxconn": 1024 } }, { Sysctls: { "net.core.somaxconn": "1024" } }],
    ["groups as texts", { group_add: [1000, "audio"] }, { GroupAdd: ["1000", "audio"] }],
    ["other containers' volumes in one text", { volumes_from: "a,b:ro" }, { VolumesFrom: ["a", "b:ro"] }],
    [
      "a request for devices, filled up",
      { device_requests: [{ count: -1, capabilities: [["gpu"]] }] },
      { DeviceRequests: [{ Driver: "", Count: -1, DeviceIDs: [], Capabilities: [["gpu"]], Options: {} }] },
    ],
    ["what is false or empty counts as not given", { privileged: false, cap_add: [], pid_mode: "", cpu_quota: 0 }, {}],
    [
      "but not what means something when it is",
      { init: false, read_only: false, mem_swappiness: 0, dns: [] },
      { Init: false, ReadonlyRootfs: false, MemorySwappiness: 0, Dns: [] },
    ],
    ["null counts as not given", { mem_limit: null, network_mode: null, Memory: null }, {}],
    ["the Engine's own names", { Memory: 1, CapDrop: ["ALL"], NetworkMode: "none" }, { Memory: 1, CapDrop: ["ALL"], NetworkMode: "none" }],
    ["removal is ours", { auto_remove: true }, {}],
    ["a policy of no restart", { restart_policy: { Name: "no" } }, { RestartPolicy: { Name: "no" } }],
  ])("%s", (_rule, given, sent) => {
    // The row about null gives one field under both of its names.
    const { Memory: _twice, ...once } = given;
    expect(hostConfig("mem_limit" in given ? once : given)).toEqual({ ...DEFAULTS, ...sent });
  });

  test.each<[rule: string, given: JsonObject, says: RegExp]>([
    ["an unknown key, with the nearest", { mem_limt: "1g" }, /^run_config\.host_config\.mem_limt: unknown field.*"mem_limit"/],
    ["an unknown key in other letters", { memory: 1 }, /unknown field.*"Memory"/],
    ["a key that Docker has no more", { lxc_conf: {} }, /no longer/],
    ["a prototype's name", { constructor: 1 } as unknown as JsonObject, /unknown field/],
    ["a field under both its names", { mem_limit: "1g", Memory: 1 }, /Memory: the same field as run_config\.host_config\.mem_limit/],
    ["a size of an unknown unit", { mem_limit: "512Mi" }, /mem_limit: expected a size/],
    ["half a byte", { shm_size: 1.5 }, /shm_size: expected a size/],
    ["a text for a number", { cpu_shares: "many" }, /cpu_shares: expected a whole number/],
    ["a number out of range", { mem_swappiness: 101 }, /from 0 to 100/],
    ["an address where a port belongs", { port_bindings: { "80": ["127.0.0.1", 8080] } }, /expected published ports.*HostIp/],
    ["a port that is none", { port_bindings: { http: 80 } }, /expected published ports/],
    ["a bind that says twice how", { binds: { "/a": { bind: "/b", ro: true, mode: "rw" } } }, /binds: expected/],
    ["a mount in other letters", { mounts: [{ target: "/x", type: "bind", source: "/" }] }, /mounts\[0\]\.target: unknown field.*"Target"/],
    ["a mount of another kind", { mounts: [{ Type: "image" }] }, /mounts\[0\]\.Type: expected one of/],
    ["users of another kind", { userns_mode: "private" }, /userns_mode: expected "host"/],
    ["an option that is no text", { log_config: { type: "json-file", config: { "max-file": 3 } } }, /Config\.max-file: expected a string/],
    ["ports published in the host's network", { network_mode: "host", port_bindings: { "80": 80 } }, /publishes no ports/],
    ["starting again after the end", { restart_policy: { Name: "always" } }, /started once/],
    ["starting again after a failure", { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 } }, /started once/],
  ])("refused: %s", (_rule, given, says) => {
    const refusal = refusalOf(() => hostConfig(given));
    expect(refusal.code).toBe("INVALID_REQUEST");
    expect(refusal.message).toMatch(says);
  });

  test("all that is wrong is told at once", () => {
    expect(refusalOf(() => hostConfig({ a: 1, mem_limit: "x", init: "yes" })).issues).toHaveLength(3);
  });
});

describe("what the target adds", () => {
  const sources = (volumes: readonly string[], given: JsonObject = {}) =>
    hostConfig(given, targetWith({ volumes }, { allow: "*" }))["Binds"];

  test.each<[rule: string, volumes: readonly string[], binds: Json]>([
    ["one path is the same on both sides", ["/data/"], ["/data:/data:rw"]],
    ["paths are made plain", ["/a/../b//c:/d/."], ["/b/c:/d:rw"]],
    ["a mode", ["/a:/b:ro"], ["/a:/b:ro"]],
    ["a named volume", ["cache:/cache"], ["cache:/cache:rw"]],
    ["of one source twice, the last counts", ["/a:/x", "/b:/y", "/a:/z:ro"], ["/a:/z:ro", "/b:/y:rw"]],
  ])("volumes: %s", (_rule, volumes, binds) => expect(sources(volumes)).toEqual(binds));

  test("a run's own binds are there instead of the target's volumes", () => {
    expect(sources(["/a:/b"], { binds: ["/c:/d"] })).toEqual(["/c:/d"]);
    expect(sources(["/a:/b"], { binds: null })).toBeUndefined();
  });

  test("networks: the first in the create call, the others connected before the start; host and none are modes", () => {
    const plan = planDocker(dockerRun(), targetWith({ networks: ["n1", "n2", "n3"] }));
    expect(bodyOf(plan)).toMatchObject({ NetworkingConfig: { EndpointsConfig: { n1: {} } }, HostConfig: { NetworkMode: "default" } });
    expect(plan.calls.slice(-3)).toMatchObject([
      { api: "docker:connectNetwork", input: { network: "n2" } },
      { api: "docker:connectNetwork", input: { network: "n3" } },
      { api: "docker:startContainer" },
    ]);
    for (const mode of ["host", "none"]) {
      expect(hostConfig({}, targetWith({ networks: [mode] }))["NetworkMode"]).toBe(mode);
      expect(hostConfig({ network_mode: "bridge" }, targetWith({ networks: [mode] }, { allow: "*" }))["NetworkMode"]).toBe("bridge");
    }
  });
});

describe("the calls", () => {
  const apis = (target = dockerTarget()) => planDocker(dockerRun(), target).calls.map(({ api }) => api);

  test("pull, volumes, create, networks, start, in this order", () => {
    const target = targetWith({ volumes: ["cache:/cache"], networks: ["a", "b"] });
    expect(apis(target)).toEqual([
      "docker:pull",
      "docker:createVolume",
      "docker:createContainer",
      "docker:connectNetwork",
      "docker:startContainer",
    ]);
  });

  test("an image is pulled when it is missing, always, or never", () => {
    expect(planDocker(dockerRun(), dockerTarget()).calls[0]).toEqual({
      api: "docker:pull",
      input: { image: "image:1", policy: "missing" },
    });
    expect(planDocker(dockerRun(), targetWith({ pull: "always" })).calls[0]).toMatchObject({ input: { policy: "always" } });
    expect(apis(targetWith({ pull: "never" }))).toEqual(["docker:createContainer", "docker:startContainer"]);
  });

  test("image, command, entrypoint, environment, ports, labels and a name that holds deployment, key and attempt", () => {
    const run = {
      ...dockerRun({ image: "own:2", env: { B: "2", A: "1", GONE: null }, ports: [80, 443] }, { command: ["a", "b"], entrypoint: ["e"] }),
      attempt: 3,
    };
    const { calls } = planDocker(run, dockerTarget({ tags: { team: "${run.id}" } }));
    expect(calls[1]).toMatchObject({
      input: {
        name: `slipway-test-${run.key}-3`,
        body: {
          Image: "own:2",
          Cmd: ["a", "b"],
          Entrypoint: ["e"],
          Env: ["A=1", "B=2", "GONE", "SLIPWAY_ATTEMPT=3", "SLIPWAY_RUN_ID=r", "SLIPWAY_TARGET=box"],
          ExposedPorts: { "80/tcp": {}, "443/tcp": {} },
          Labels: { team: "r", "slipway:key": run.key, "slipway:attempt": "3", "slipway:deployment": "test", "slipway:run-id": "r" },
        },
      },
    });
  });

  test.each([
    ["A=B", "x"],
    ["", "x"],
    ["A", "\0"],
  ])("a variable that no process can have is refused: %j", (name, value) => {
    const refusal = refusalOf(() => planDocker(dockerRun({ env: { [name]: value } }), dockerTarget()));
    expect(refusal.path).toMatch(/^run_config\.env/);
  });
});

function published(ports: Readonly<Record<string, readonly string[]>>): JsonObject {
  const entries = Object.entries(ports).map(([port, outside]) => [port, outside.map((HostPort) => ({ HostIp: "", HostPort }))] as const);
  return { PortBindings: Object.fromEntries(entries) };
}

function device(PathOnHost: string, PathInContainer: string, CgroupPermissions: string): JsonObject {
  return { PathOnHost, PathInContainer, CgroupPermissions };
}
