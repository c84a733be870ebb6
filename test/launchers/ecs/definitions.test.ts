/** The book of definitions: what shares one, what is found again after a dispatcher died, and what is given up when nobody uses it. */
import { RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import type { Backend, Services } from "../../../shared/core/launcher.ts";
import { connectEcs } from "../../../shared/launchers/ecs/backend.ts";
import { ecsClient } from "../../../shared/launchers/ecs/client.ts";
import { type EcsPlan, planEcs } from "../../../shared/launchers/ecs/plan.ts";
import { servicesFor } from "../../contract/services.ts";
import { type EcsService, ecsService } from "../../doubles/ecs/ecs-double.ts";
import { DEFINITION } from "../../doubles/ecs/scenario.ts";
import { sdkHandler } from "../../doubles/ecs/transport.ts";
import { memorySharedNames } from "../../support/shared-names.ts";
import { ecsRun, ecsTarget } from "./support.ts";

const TARGET = ecsTarget({ settings: { region: "eu-west-1" } });
const DAY = 24 * 3_600_000;
const signal = new AbortController().signal;

interface Book {
  readonly ecs: EcsService;
  /** A dispatcher with nothing in memory. */
  begin(over?: Partial<Services>): Promise<Backend<EcsPlan>>;
  pass(milliseconds: number): void;
}

async function inBook(act: (book: Book) => Promise<void>): Promise<void> {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIATESTER", AWS_SECRET_ACCESS_KEY: "secret" });
  let now = Date.UTC(2026, 10, 2, 9);
  const ecs = ecsService({ clock: { now: () => now, sleep: async () => {} }, registerMs: 0, life: { provisioningMs: 0, pendingMs: 0 } });
  const shared = memorySharedNames();
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  const begin = (over: Partial<Services> = {}) => {
    const { services } = servicesFor({ now: () => now, shared, sleep: async (milliseconds) => pass(milliseconds), ...over });
    return connectEcs(TARGET, services, (settings) => ecsClient(settings, sdkHandler(ecs.handle)));
  };
  await act({ ecs, begin, pass });
}

const plan = (attempt: number, image = "img:1") => planEcs({ ...ecsRun({ image }), attempt }, TARGET);

async function launch(backend: Backend<EcsPlan>, planned: EcsPlan, attempt: number): Promise<string> {
  const outcome = await backend.submit(planned, { deployment: "test", id: "run-1", key: "k", attempt, planDigest: "d", signal });
  if (outcome.status !== "accepted") throw new Error(outcome.failure.message);
  return outcome.handle.id;
}

const used = ({ ecs }: Book, handle: string) => ecs.tasks().find(({ arn }) => arn === handle)?.definition;

/** The same plan under the family of another: as if the first 12 characters of both digests were the same. */
function underFamilyOf(other: EcsPlan, { calls, ...rest }: EcsPlan): EcsPlan {
  const [register, run] = calls.map(({ input }) => input as JsonObject);
  const [{ family = "" } = {}] = other.calls.map(({ input }) => input as JsonObject);
  return {
    ...rest,
    calls: [
      { api: "ecs:RegisterTaskDefinition", input: { ...register, family } },
      { api: "ecs:RunTask", input: { ...run, taskDefinition: family } },
    ],
  };
}

test("two contents whose digests begin alike do not share a definition", () =>
  inBook(async (book) => {
    const backend = await book.begin();
    const first = await launch(backend, plan(1), 1);
    const second = await launch(backend, underFamilyOf(plan(1), plan(2, "other:1")), 2);
    expect(used(book, first)?.family).toBe(used(book, second)?.family);
    expect([first, second].map((handle) => used(book, handle)?.input.containerDefinitions?.[0]?.image)).toEqual(["img:1", "other:1"]);
  }));

test.each([
  ["of the same content is used", "img:1", 1],
  ["of another content is not", "other:1", 2],
])("what a dispatcher left that died while it registered: %s", (_what, image, registered) =>
  inBook(async (book) => {
    const shared = memorySharedNames();
    // It registers, and its claim is never settled.
    const dying = await book.begin({ shared: { ...shared, settle: () => Promise.reject(new Error("dead")) } });
    await launch(dying, underFamilyOf(plan(1), plan(1, image)), 1).catch(() => {});
    const backend = await book.begin({
      shared: { ...shared, claim: async () => ({ status: "ours", takenOver: true }), settle: async () => {} },
    });
    const handle = await launch(backend, plan(2), 2);
    expect(used(book, handle)?.input.containerDefinitions?.[0]?.image).toBe("img:1");
    expect(book.ecs.counter("RegisterTaskDefinition").calls).toBe(registered);
  }),
);

test("a definition that nobody used for 90 days becomes INACTIVE; whoever needs it again registers it again", () =>
  inBook(async (book) => {
    const backend = await book.begin();
    await launch(backend, plan(1), 1);
    book.pass(89 * DAY);
    await backend.tidy?.("test", signal);
    expect(book.ecs.definitions().map(({ status }) => status)).toEqual(["ACTIVE"]);
    book.pass(2 * DAY);
    await (await book.begin()).tidy?.("test", signal);
    expect(book.ecs.definitions().map(({ status }) => status)).toEqual(["INACTIVE"]);
    // One that still has the ARN in memory, and one that has not.
    await launch(backend, plan(2), 2);
    await launch(await book.begin(), plan(3), 3);
    expect(book.ecs.definitions().map(({ status }) => status)).toEqual(["INACTIVE", "ACTIVE"]);
  }));

test("one that is used stays, however long ago it was registered, and whichever dispatcher uses it; noted once a day", () =>
  inBook(async (book) => {
    const notes: string[] = [];
    const shared = memorySharedNames();
    const noting: Services["shared"] = {
      ...shared,
      used: (name, ...note) => {
        notes.push(name);
        return shared.used(name, ...note);
      },
    };
    const backend = await book.begin({ shared: noting });
    for (let day = 0; day < 100; day++) {
      for (const time of [1, 2]) await launch(backend, plan(2 * day + time), 2 * day + time);
      book.pass(DAY);
      await backend.tidy?.("test", signal);
    }
    expect(book.ecs.definitions().map(({ status }) => status)).toEqual(["ACTIVE"]);
    expect(notes).toHaveLength(100);
    expect(book.ecs.counter("DescribeTaskDefinition").calls).toBe(0);
  }));

test("definitions that we did not make are not touched, and not even looked for", () =>
  inBook(async (book) => {
    const operator = await ecsClient(TARGET.settings, sdkHandler(book.ecs.handle));
    await operator.send(new RegisterTaskDefinitionCommand(DEFINITION));
    book.pass(1000 * DAY);
    await (await book.begin()).tidy?.("test", signal);
    expect(book.ecs.definitions().map(({ status }) => status)).toEqual(["ACTIVE"]);
    for (const operation of ["ListTaskDefinitions", "DescribeTaskDefinition", "DeregisterTaskDefinition"] as const)
      expect(book.ecs.counter(operation).calls).toBe(0);
  }));
