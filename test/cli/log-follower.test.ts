import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { followLog } from "../../functions/cli/log-follower.ts";

let folder: string;
let log: string;
let seen: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-log-"));
  log = join(folder, "output.log");
  seen = "";
});
afterEach(() => rm(folder, { recursive: true }));

const follower = () => followLog((text) => (seen += text));

test("each look hands on what is new, and a character only once it is whole", async () => {
  const following = follower();
  await following.read(log);
  expect({ seen, wrote: following.wrote }).toEqual({ seen: "", wrote: false });
  const bytes = Buffer.from("aé\n");
  await writeFile(log, bytes.subarray(0, 2));
  await following.read(log);
  expect(seen).toBe("a");
  await appendFile(log, bytes.subarray(2));
  await following.read(log);
  await following.read(log);
  expect({ seen, wrote: following.wrote }).toEqual({ seen: "aé\n", wrote: true });
});

test("a log of many chunks comes whole, whatever a chunk's end cuts through", async () => {
  const text = `x${"é€😀".repeat(60_000)}`;
  await writeFile(log, text);
  await follower().read(log);
  expect(seen).toBe(text);
});

test("what else is said never comes within a line, and no line is ended twice", async () => {
  const following = follower();
  await writeFile(log, "half");
  await following.read(log);
  following.endLine();
  following.endLine();
  await appendFile(log, " and half\n");
  await following.read(log);
  following.endLine();
  expect(seen).toBe("half\n and half\n");
});

test("a new attempt's log is read from its beginning, and so is one that was cut", async () => {
  const following = follower();
  await writeFile(log, "first");
  await following.read(log);
  await writeFile(join(folder, "second.log"), "second\n");
  await following.read(join(folder, "second.log"));
  expect(seen).toBe("first\nsecond\n");
  await writeFile(join(folder, "second.log"), "cut\n");
  await following.read(join(folder, "second.log"));
  expect(seen).toBe("first\nsecond\ncut\n");
});

test.each([undefined, "https://console.example/logs/1", "relative.log"])(
  "a log that is no file of this machine (%s) is left alone",
  async (path) => {
    const following = follower();
    await following.read(path);
    expect({ seen, wrote: following.wrote }).toEqual({ seen: "", wrote: false });
  },
);
