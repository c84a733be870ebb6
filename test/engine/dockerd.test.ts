/** What the tests start ends with them, also where their daemon is killed and leaves its containers running. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { IMAGE, startDockerd } from "./dockerd.ts";
import { eventually, pidsNaming, signalAll } from "./processes.ts";

test("a daemon that was killed: its containers run on, and are ended with it", async () => {
  const dockerd = await startDockerd();
  const script = `while true; do sleep 0.1; done # ${dockerd.folder}`;
  const body = { Image: IMAGE, Cmd: ["sh", "-c", script], HostConfig: { NetworkMode: "none" } };
  const { json } = await dockerd.call("POST", "/containers/create", body);
  await dockerd.call("POST", `/containers/${(json as { Id: string }).Id}/start`);
  signalAll([Number(readFileSync(join(dockerd.folder, "dockerd.pid"), "utf8"))], "SIGKILL");
  await eventually(
    () => dockerd.call("GET", "/_ping").catch(() => undefined),
    (answer) => answer === undefined,
  );
  expect(pidsNaming(script)).toHaveLength(1);
  await dockerd.close();
  expect(pidsNaming(dockerd.folder)).toEqual([]);
  expect(existsSync(dockerd.folder)).toBe(false);
});
