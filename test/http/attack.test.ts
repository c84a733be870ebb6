/** The HTTP interface of the embedded stack under rubbish, from loopback: it goes on answering those who have a token, in bounded memory. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { DevStack } from "../support/dev-stack.ts";
import { bearerClient } from "../support/http-clients.ts";
import { seededRandom } from "../support/random.ts";

const CONNECTIONS = 10_000;
/** So many calls are answered meanwhile, however slow the machine. */
const FEWEST_CALLS = 10;
const AT_ONCE = 200;
/** Connections that send a little and then nothing, for as long as the attack lasts. */
const HANGING = 200;
const MOST_GROWTH_MIB = 250;
const SEED = Number(process.env["SLIPWAY_SEED"] ?? Date.now() % 1_000_000);

let stack: DevStack | undefined;
afterEach(() => stack?.remove());

type Rubbish = (random: () => number) => string | Buffer;

const bytes = (random: () => number, most: number) => randomBytes(Math.floor(random() * most));
const head = (lines: readonly string[]) => `${["POST /runs HTTP/1.1", "host: h", ...lines].join("\r\n")}\r\n\r\n`;

const RUBBISH: Readonly<Record<string, Rubbish>> = {
  "random bytes": (random) => bytes(random, 2000),
  "a request that breaks off": () => "POST /runs HTTP/1.1\r\nhost: h\r\nauthor",
  "headers beyond all measure": () => `GET /runs HTTP/1.1\r\nhost: h\r\nx: ${"x".repeat(40_000)}\r\n\r\n`,
  "a wrong token with a body": (random) =>
    Buffer.concat([Buffer.from(head([`authorization: Bearer ${random()}`, "content-length: 1000"])), bytes(random, 1000)]),
  "a wrong signature over random bytes": (random) => {
    const body = bytes(random, 5000);
    const time = Math.floor(Date.now() / 1000);
    const lines = [
      `webhook-id: msg_${random()}`,
      `webhook-timestamp: ${time}`,
      "webhook-signature: v1,AAAA",
      `content-length: ${body.length}`,
    ];
    return Buffer.concat([Buffer.from(head([...lines, "connection: close"])), body]);
  },
  "a body said to be larger than it may be": () => head(["webhook-id: a", "content-length: 99999999999"]),
  "a chunked body of wrong chunks": (random) =>
    `${head(["transfer-encoding: chunked", "authorization: Bearer x"])}${bytes(random, 100).toString("latin1")}`,
  "paths of every kind": (random) =>
    `GET /${bytes(random, 200).toString("base64")}/../%00%ff?cursor=%zz HTTP/1.1\r\nhost: \xff\r\nconnection: close\r\n\r\n`,
};

/** Sends it, and hangs up when there is an answer, or soon after. */
function throwAt(port: number, rubbish: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.setTimeout(100, () => socket.destroy());
    socket.once("data", () => socket.destroy());
    socket.once("error", () => socket.destroy());
    socket.once("close", () => resolve());
    socket.write(rubbish);
  });
}

async function residentMebibytes(pid: number): Promise<number> {
  const [, kilobytes = "0"] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

test(`${CONNECTIONS} connections of rubbish and ${HANGING} that hang (seed ${SEED}): every call with a token is answered, the memory stays`, async () => {
  stack = await DevStack.create(
    "http: {webhooks: [{name: ci, secrets: ['env:CI'], targets: ['*']}]}\ntargets: [{name: local, type: local}]\n",
    {
      CI: `whsec_${Buffer.from("a secret of 24 bytes ...").toString("base64")}`,
    },
  );
  await stack.start();
  const { endpoints, pid } = await stack.stackFile();
  const token = (await readFile(join(stack.folder, ".slipway", "http-token"), "utf8")).trim();
  const client = bearerClient(endpoints.http, token);
  const port = Number(new URL(endpoints.http).port);
  const random = seededRandom(SEED);
  const request = (id: string) => ({ id, command: ["true"], run_config: { type: "LocalRun" } });
  expect(await client.post("/runs", request("before"))).toMatchObject({ status: 202 });
  const before = await residentMebibytes(pid);

  const hanging = Array.from({ length: HANGING }, (_, index) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => socket.destroy());
    socket.write(
      index % 2 === 0 ? "POST /runs HTTP/1.1\r\nhost" : `${head([`authorization: Bearer ${token}`, "content-length: 1000"])}{"id`,
    );
    return socket;
  });
  const kinds = Object.values(RUBBISH);
  let thrown = 0;
  let answered = 0;
  let most = before;
  const attackers = Array.from({ length: AT_ONCE }, async () => {
    while (thrown < CONNECTIONS || answered < FEWEST_CALLS) {
      thrown++;
      await throwAt(port, kinds[Math.floor(random() * kinds.length)]?.(random) ?? "");
    }
  });
  const attack = Promise.all(attackers);
  let over = false;
  void attack.then(() => {
    over = true;
  });
  for (let index = 0; !over; index++) {
    const answer = await client.post("/runs", request(`during-${index}`));
    expect(answer, `call ${index}`).toMatchObject({ status: 202 });
    expect(await client.get("/healthz")).toMatchObject({ status: 200 });
    most = Math.max(most, await residentMebibytes(pid));
    answered++;
  }
  await attack;
  for (const socket of hanging) socket.destroy();
  expect(await client.post("/runs", request("after"))).toMatchObject({ status: 202 });
  expect(most - before, "MiB of memory more than before").toBeLessThan(MOST_GROWTH_MIB);
  const log = await readFile(join(stack.folder, ".slipway", "slipway.log"), "utf8");
  expect(log).not.toContain("could not be read");
  expect(log).not.toContain('"level":"error"');
  // A line for each call and each message of ours and for each that hung with a token, and none for rubbish.
  expect(log.split("\n").length).toBeLessThan(answered * 4 + HANGING + 50);
}, 120_000);
