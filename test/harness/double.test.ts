/** The harness's table, and the one that the core's tests use, against dynalite: the same writes, the same answers. */
import { CreateTableCommand, DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand, type UpdateCommandInput } from "@aws-sdk/lib-dynamodb";
import dynalite from "dynalite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dynamoLeaseLock } from "../../shared/adapters/lease-lock.ts";
import { dynamoQuarantine } from "../../shared/adapters/quarantine.ts";
import { recentRuns } from "../../shared/adapters/run-list.ts";
import { dynamoRunStore } from "../../shared/adapters/run-store.ts";
import { dynamoSharedNames } from "../../shared/adapters/shared-names.ts";
import { tableDefinition } from "../../shared/adapters/table.ts";
import { textKeeper } from "../../shared/adapters/text-keeper.ts";
import type { RunStore } from "../../shared/core/ports.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import type { Write } from "../../shared/core/write.ts";
import { holds } from "../support/conditions.ts";
import { memoryRunStore } from "../support/memory-store.ts";
import { seededRandom } from "../support/random.ts";
import { carrier } from "./carrier.ts";
import { dynamoDouble } from "./dynamo-double.ts";
import { randomWrite } from "./random-writes.ts";
import { START } from "./virtual-time.ts";

const SEQUENCES = 10;
const WRITES = 25;

const server = dynalite({ createTableMs: 0 });
let endpoint = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Clients of one table: with items as the wire has them, and as documents. */
interface Clients {
  readonly wire: DynamoDBClient;
  readonly documents: DynamoDBDocumentClient;
}

/** Clients of the real wire and of the double, with a table of this name in each. */
async function bothTables(name: string): Promise<readonly [real: Clients, double: Clients]> {
  const options: DynamoDBClientConfig = {
    region: "us-east-1",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    maxAttempts: 1,
  };
  const real = new DynamoDBClient({ ...options, endpoint });
  await real.send(new CreateTableCommand(tableDefinition(name)));
  const table = dynamoDouble(name);
  const double = new DynamoDBClient({
    ...options,
    endpoint: "http://dynamodb.test",
    requestHandler: carrier(async ({ operation, body }) => table.answer(operation, body)),
  });
  const clients = (wire: DynamoDBClient) => ({
    wire,
    documents: DynamoDBDocumentClient.from(wire, { marshallOptions: { removeUndefinedValues: true } }),
  });
  return [clients(real), clients(double)];
}

/** One of four writes: the first that would be applied, else the last. */
function fittingWrite(draw: () => Write, before: RunRecord | undefined): Write {
  const drawn = [draw(), draw(), draw(), draw()] as const;
  return drawn.find((write) => holds(write.condition, before)) ?? drawn[3];
}

/** What is due, in the order of the table that says least of it: by time, then by key. */
async function dueOf(store: RunStore, now: number) {
  const runs = await Array.fromAsync(store.due(now));
  return runs
    .map(({ key, nextCheckAt, state, attempt, owner }) => ({ key, nextCheckAt, state, attempt, owner }))
    .sort((a, b) => a.nextCheckAt - b.nextCheckAt || (a.key < b.key ? -1 : 1));
}

test(`${SEQUENCES} random sequences of ${WRITES} of our writes have the same answers from dynalite, the double and the store in memory`, async () => {
  let applied = 0;
  const [real, double] = await bothTables("runs");
  const stores = [dynamoRunStore(real.wire, "runs"), dynamoRunStore(double.wire, "runs"), memoryRunStore()] as const;
  for (let seed = 1; seed <= SEQUENCES; seed++) {
    const random = seededRandom(seed);
    let now = START;
    for (let count = 0; count < WRITES; count++) {
      now += Math.floor(random() * 60_000);
      const key = `key-${seed}-${Math.floor(random() * 2)}`;
      const before = await stores[2].read(key);
      const write = fittingWrite(() => randomWrite(random, key, before, now), before);
      const [wanted, ...others] = await Promise.all(stores.map((store) => store.write(key, write)));
      for (const other of others) expect(other, `seed ${seed}, write ${count}`).toEqual(wanted);
      if (wanted?.applied) applied++;
    }
    const [items, ...alsoRead] = await Promise.all(
      stores.map((store) => Promise.all([0, 1].map((one) => store.read(`key-${seed}-${one}`)))),
    );
    for (const other of alsoRead) expect(other, `seed ${seed}, the items`).toEqual(items);
    const [due, ...same] = await Promise.all(stores.map((store) => dueOf(store, now)));
    for (const other of same) expect(other, `seed ${seed}, what is due`).toEqual(due);
    const [recent, alike] = await Promise.all([real, double].map(({ wire }) => recentRuns(wire, "runs", { now, days: 2, limit: 10 })));
    expect(alike, `seed ${seed}, recent runs`).toEqual(recent);
  }
  // Both ways are compared often.
  expect(applied).toBeGreaterThan((SEQUENCES * WRITES) / 5);
  expect(applied).toBeLessThan((SEQUENCES * WRITES * 4) / 5);
});

test("locks, quarantine and shared names have the same answers from dynalite and the double", async () => {
  const answers = (await bothTables("others")).map(async ({ documents: client }) => {
    const lock = dynamoLeaseLock(client, "others", "sweep");
    const names = dynamoSharedNames(client, "others");
    const quarantine = dynamoQuarantine(
      client,
      "others",
      textKeeper({ get: () => Promise.reject(new Error("no payloads")), remove: async () => {} }),
    );
    const entry = { code: "NOT_JSON", issues: [{ path: "", message: "no" }], source: "sqs:1", body: "{" };
    await quarantine.keep(entry, START);
    await quarantine.keep({ ...entry, runId: "r", messageId: "m" }, START + 1);
    return [
      await lock.take("one", START, START + 10),
      await lock.take("two", START, START + 10),
      await lock.take("two", START + 11, START + 20),
      await lock.release("one"),
      await lock.release("two"),
      await lock.take("three", START, START + 10),
      await names.claim("n", "one", START, START + 10),
      await names.claim("n", "two", START, START + 10),
      await names.claim("n", "two", START + 11, START + 20),
      await names.settle("n", "two", "value"),
      await names.claim("n", "three", START, START + 10),
      await names.forget("n", "other"),
      await names.forget("n", "value"),
      await names.claim("n", "three", START, START + 10),
      await names.settle("n", "three", undefined),
      await names.claim("n", "four", START, START + 10),
      await names.settle("n", "four", "value"),
      await names.used("n", "other", "group", START, START),
      await names.unused("group", START + 100, 5),
      await names.used("n", "value", "group", START, START),
      await names.used("n", "value", "group", START + 5, START),
      await names.unused("group", START, 5),
      await names.unused("group", START + 1, 5),
      await names.used("n", "value", "group", START + 5, START + 1),
      await names.unused("group", START + 1, 5),
      await names.unused("others", START + 100, 5),
      await names.retire("n", "value", START + 5),
      await names.retire("n", "other", START + 6),
      await names.retire("n", "value", START + 6),
      await names.unused("group", START + 100, 5),
      await names.claim("n", "five", START, START + 10),
    ];
  });
  const [real, double] = await Promise.all(answers);
  expect(double).toEqual(real);
});

const KEY = { TableName: "faulty", Key: { pk: "run#k" } };
const VALUES = { ExpressionAttributeValues: { ":a": 1 } };
const faulty: readonly (readonly [rule: string, update: UpdateCommandInput])[] = [
  ["a value that is not used", { ...KEY, UpdateExpression: "REMOVE a", ...VALUES }],
  ["a name that is not used", { ...KEY, UpdateExpression: "REMOVE a", ExpressionAttributeNames: { "#b": "b" } }],
  ["a value that is not defined", { ...KEY, UpdateExpression: "SET a = :b", ...VALUES }],
  ["an attribute named twice", { ...KEY, UpdateExpression: "SET a = :a REMOVE a", ...VALUES }],
  ["a change of the key", { ...KEY, UpdateExpression: "SET pk = :a", ExpressionAttributeValues: { ":a": "run#b" } }],
  ["an expression that ends too early", { ...KEY, UpdateExpression: "SET a = ", ...VALUES }],
  ["a key of another table", { ...KEY, Key: { id: "k" }, UpdateExpression: "REMOVE a" }],
  ["an operand that is not there", { ...KEY, UpdateExpression: "SET a = a + :a", ...VALUES }],
];

test.each(faulty)("both refuse %s", async (rule, update) => {
  const name = `faulty-${rule.replaceAll(" ", "-")}`;
  for (const { documents: client } of await bothTables(name)) {
    await expect(client.send(new UpdateCommand({ ...update, TableName: name }))).rejects.toMatchObject({ name: "ValidationException" });
  }
});
