import { describe, expect, test } from "vitest";
import { credentialsFor, registryOf } from "../../../shared/launchers/docker/registry-auth.ts";
import type { Answer } from "../../doubles/docker/engine-double.ts";
import { daemonBench } from "./daemon.ts";
import { dockerRun } from "./support.ts";

const failing = (error: string): Answer => ({
  status: 200,
  lines: [
    { status: "Pulling from x", id: "latest" },
    { errorDetail: { message: error }, error },
  ],
});

describe("an image that is not there", () => {
  test("is pulled, and the run is launched", async () => {
    const asked: string[] = [];
    const { connect, prepare, engine } = await daemonBench({
      registry: (image) => {
        asked.push(image);
        return "there";
      },
    });
    const { plan, launch } = prepare(dockerRun({ image: "reg.io/team/img" }));
    expect(await (await connect()).submit(plan, launch)).toMatchObject({ status: "accepted" });
    // Without a tag the daemon would pull all that there are.
    expect(asked).toEqual(["reg.io/team/img:latest"]);
    expect(engine.state.started).toHaveLength(1);
  });

  test.each<[string, Answer, string, string]>([
    ["is not known by the registry", failing("manifest for img:9 not found: manifest unknown"), "not_found", "IMAGE_NOT_FOUND"],
    [
      "is not given out",
      failing("pull access denied for img, repository does not exist or may require 'docker login'"),
      "denied",
      "REGISTRY_DENIED",
    ],
    ["is asked for too often", failing("toomanyrequests: You have reached your pull rate limit"), "throttled", "REGISTRY_THROTTLED"],
    [
      "can't be reached",
      { status: 500, json: { message: 'Get "https://reg.io/v2/": dial tcp: lookup reg.io: no such host' } },
      "unavailable",
      "REGISTRY_UNREACHABLE",
    ],
    ["does not fit the disk", failing("write /var/lib/docker/tmp/x: no space left on device"), "unavailable", "NO_SPACE"],
    ["fails for a reason of its own", failing("something else"), "unavailable", "PULL_FAILED"],
    ["breaks off", { status: 200, lines: [{ status: "Downloading", id: "layer" }] }, "unavailable", "PULL_FAILED"],
  ])("%s: refused, nothing is made, and the registry's words are not repeated", async (_what, answer, failureClass, code) => {
    const { connect, prepare, engine } = await daemonBench({ registry: () => answer });
    const { plan, launch } = prepare(dockerRun({ image: "reg.io/img:9" }));
    const outcome = await (await connect()).submit(plan, launch);
    expect(outcome).toMatchObject({ status: "refused", failure: { class: failureClass, code, recognised: true } });
    expect(JSON.stringify(outcome)).not.toMatch(/manifest for|docker login|lookup reg/);
    expect(engine.state.made).toEqual([]);
  });

  test("takes longer than the invocation: the run waits, is told how far it is, is woken at the end, and needs no second pull", async () => {
    let pulls = 0;
    const bench = await daemonBench(
      {
        registry: () => {
          pulls++;
          return "there";
        },
      },
      { pull: "always" },
    );
    const { connect, entry, woken, prepare } = bench;
    const until = Promise.withResolvers<void>();
    const applied = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    entry.next("pull", { kind: "held", reached: reached.resolve, until: until.promise, applied: applied.resolve });
    const backend = await connect();
    const over = new AbortController();
    const first = prepare(dockerRun({ image: "img:9" }), over.signal);
    const submitted = backend.submit(first.plan, first.launch);
    await reached.promise;
    over.abort();
    expect(await submitted).toMatchObject({
      status: "refused",
      failure: { class: "unavailable", code: "IMAGE_PULLING", wokenByLauncher: true, message: expect.stringContaining("is being pulled") },
    });
    until.resolve();
    await applied.promise;
    await expect.poll(() => woken).toEqual(["r"]);
    const again = prepare({ ...dockerRun({ image: "img:9" }), attempt: 2 });
    expect(await backend.submit(again.plan, again.launch)).toMatchObject({ status: "accepted" });
    expect(pulls).toBe(1);
  });

  test("is wanted by many at once: it is pulled once", async () => {
    let pulls = 0;
    const { connect, prepare } = await daemonBench({
      registry: () => {
        pulls++;
        return "there";
      },
    });
    const backend = await connect();
    const runs = Array.from({ length: 5 }, (_, index) => prepare({ ...dockerRun({ image: "img:9" }), attempt: index + 1 }));
    const outcomes = await Promise.all(runs.map(({ plan, launch }) => backend.submit(plan, launch)));
    expect(outcomes.map(({ status }) => status)).toEqual(runs.map(() => "accepted"));
    expect(pulls).toBe(1);
  });
});

test("always: pulled before each launch, but not for an attempt that is there already", async () => {
  let pulls = 0;
  const { connect, prepare } = await daemonBench(
    {
      registry: () => {
        pulls++;
        return "there";
      },
    },
    { pull: "always" },
  );
  const { plan, launch } = prepare();
  for (const repeated of [1, 2]) {
    expect(await (await connect()).submit(plan, launch)).toMatchObject({ status: "accepted" });
    expect(pulls, `submit ${repeated}`).toBe(1);
  }
});

test("never: an image that is not there is refused, and no registry is asked", async () => {
  const { connect, prepare, entry } = await daemonBench({}, { pull: "never" });
  const { plan, launch } = prepare(dockerRun({ image: "img:9" }));
  expect(await (await connect()).submit(plan, launch)).toMatchObject({ status: "refused", failure: { code: "IMAGE_NOT_PRESENT" } });
  expect(entry.calls).not.toContain("pull");
});

describe("credentials", () => {
  test("go to the daemon, and nowhere else", async () => {
    let sent: string | undefined;
    const { connect, prepare } = await daemonBench(
      {
        registry: (_image, auth) => {
          sent = auth;
          return "there";
        },
      },
      { registryAuth: "env:AUTH" },
      { secret: async () => JSON.stringify({ auths: { "reg.io": { auth: Buffer.from("me:word").toString("base64") } } }) },
    );
    const { plan, launch } = prepare(dockerRun({ image: "reg.io/img:9" }));
    expect(JSON.stringify(await (await connect()).submit(plan, launch))).not.toContain("word");
    expect(JSON.parse(Buffer.from(sent ?? "", "base64url").toString("utf8"))).toEqual({
      username: "me",
      password: "word",
      serveraddress: "reg.io",
    });
  });

  test.each(["not JSON", "{}", '{"auths": 1}'])("that are none are refused, and not repeated: %j", async (text) => {
    const { connect, prepare } = await daemonBench({ registry: () => "there" }, { registryAuth: "env:AUTH" }, { secret: async () => text });
    const { plan, launch } = prepare(dockerRun({ image: "reg.io/img:9" }));
    const outcome = await (await connect()).submit(plan, launch);
    expect(outcome).toMatchObject({ status: "refused", failure: { class: "denied", code: "REGISTRY_AUTH_UNREADABLE" } });
    expect(JSON.stringify(outcome)).not.toContain(text);
  });

  test.each([
    ["busybox", "docker.io"],
    ["team/img:1", "docker.io"],
    ["reg.io/img", "reg.io"],
    ["localhost/img", "localhost"],
    ["localhost:5000/img@sha256:00", "localhost:5000"],
  ])("the registry of %s is %s", (image, registry) => expect(registryOf(image)).toBe(registry));

  test.each<[string, object, object | undefined]>([
    ["reg.io/a", { username: "u", password: "p" }, { username: "u", password: "p", serveraddress: "reg.io" }],
    ["reg.io/a", { username: "u", password: "p", serveraddress: "other.io" }, undefined],
    [
      "busybox",
      { auths: { "https://index.docker.io/v1/": { identitytoken: "t" } } },
      { identitytoken: "t", serveraddress: "https://index.docker.io/v1/" },
    ],
    [
      "reg.io/a",
      { auths: { "https://reg.io/v2/": { username: "u", password: "p" } } },
      { username: "u", password: "p", serveraddress: "https://reg.io/v2/" },
    ],
    ["reg.io/a", { auths: { "reg.io.evil": { username: "u", password: "p" } } }, undefined],
  ])("for %s out of %j", (image, document, credentials) => {
    expect(credentialsFor(image, JSON.stringify(document))).toEqual(credentials);
  });
});
