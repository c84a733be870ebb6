/** What is ours at a service, and taking away what ended; never what runs, and never another's. */
import { expect } from "vitest";
import type { Backend, Owned } from "../../../shared/core/launcher.ts";
import { type Bench, isEnded, isRunning, observe, type Prepared, type Rule, worldRule } from "../rule.ts";

/** The whole list, sorted. */
export async function listed(backend: Backend, deployment: string, signal = new AbortController().signal): Promise<readonly Owned[]> {
  const all: Owned[] = [];
  for await (const one of backend.owned?.(deployment, signal) ?? missing()) all.push(one);
  return all.sort((a, b) => a.key.localeCompare(b.key) || a.attempt - b.attempt);
}

function missing(): never {
  throw new Error("the backend has no `owned`");
}

/** The rule's own runs, as a list would name them. */
function named(prepared: readonly Prepared[]): readonly Pick<Owned, "key" | "attempt">[] {
  return prepared.map(({ launch: { key, attempt } }) => ({ key, attempt })).sort((a, b) => a.key.localeCompare(b.key));
}

const nameOf = ({ key, attempt }: Owned) => ({ key, attempt });

/** A run that is over, with what it left. */
async function ended({ world, prepare, accepted, until }: Bench, backend: Backend, id: string, exitCode = 0) {
  const prepared = prepare(id);
  const launched = await accepted(backend, prepared);
  await until(backend, launched, isRunning);
  await world.end(prepared.launch, exitCode);
  await until(backend, launched, isEnded);
  return launched;
}

async function strangersOf({ world }: Bench) {
  const strangers = await world.strangers?.();
  if (strangers === undefined) throw new Error("leftovers are offered, and the world has no strangers");
  return strangers;
}

export const leftoverRules: readonly Rule[] = [
  worldRule(
    "owned: what this deployment launched, all of it, once, with the handles of its submits; nobody else's",
    async (bench) => {
      const { subject, world, prepare, accepted, until } = bench;
      const strangers = await strangersOf(bench);
      const backend = await world.connect();
      expect(await listed(backend, "test")).toEqual([]);
      const prepared = Array.from({ length: subject.crowd }, (_, index) => prepare(`crowd-${index}`));
      const handles = new Map<string, string>();
      for (const one of prepared) handles.set(one.launch.key, (await accepted(backend, one)).handle);
      for (const one of prepared) await until(backend, { ...one.launch, handle: handles.get(one.launch.key) ?? "" }, isRunning);
      for (const each of [backend, await world.connect()]) {
        const owned = await listed(each, "test");
        expect(owned.map(nameOf)).toEqual(named(prepared));
        for (const one of owned) expect(one).toMatchObject({ handle: handles.get(one.key), status: "active" });
      }
      const theirs = await listed(backend, strangers.deployment);
      expect(theirs.filter(({ key }) => handles.has(key))).toEqual([]);
      expect(await listed(backend, "tes")).toEqual([]);
      expect(await strangers.intact()).toBe(true);
    },
    "owned",
  ),

  worldRule(
    "owned: an end is told, and never for what runs",
    async (bench) => {
      const { world, prepare, accepted, until } = bench;
      const backend = await world.connect();
      const over = await ended(bench, backend, "over", 3);
      const running = await accepted(backend, prepare("running"));
      await until(backend, running, isRunning);
      const owned = await listed(backend, "test");
      expect(owned.find(({ key }) => key === running.key)).toMatchObject({ status: "active" });
      expect(owned.find(({ key }) => key === over.key)?.status ?? "ended").toBe("ended");
    },
    "owned",
  ),

  worldRule(
    "remove: what an ended attempt left is gone from the list, whoever asks, however often",
    async (bench) => {
      const { world } = bench;
      const backend = await world.connect();
      const [one, two, three] = [
        await ended(bench, backend, "one"),
        await ended(bench, backend, "two", 3),
        await ended(bench, backend, "three"),
      ];
      const other = await world.connect();
      expect((await listed(other, "test")).map(({ status }) => status)).toEqual(["ended", "ended", "ended"]);
      const { id: _id, ...leftover } = two;
      await Promise.all([other.remove?.(leftover, "FAILED"), other.remove?.(leftover, "FAILED")]);
      await other.remove?.(leftover);
      await (await world.connect()).remove?.(one, "SUCCEEDED");
      expect((await listed(backend, "test")).map(({ handle }) => handle)).toEqual([three.handle]);
      expect(await observe(backend, three)).toMatchObject({ status: "ended", outcome: { state: "SUCCEEDED" } });
    },
    "remove",
  ),

  worldRule(
    "remove of what runs: it goes on, and stays listed",
    async ({ world, prepare, accepted, until }) => {
      const backend = await world.connect();
      const prepared = prepare("runs");
      const launched = await accepted(backend, prepared);
      await until(backend, launched, isRunning);
      for (const each of [backend, await world.connect()]) await each.remove?.(launched, "SUCCEEDED").catch(() => undefined);
      expect(await observe(backend, launched)).toMatchObject({ status: "running" });
      expect(await listed(backend, "test")).toMatchObject([{ handle: launched.handle, status: "active" }]);
      await world.end(prepared.launch, 0);
      expect(await until(backend, launched, isEnded)).toMatchObject({ outcome: { state: "SUCCEEDED" } });
    },
    "remove",
  ),

  worldRule(
    "remove by the handle of somebody else's thing, running or ended: it is left alone",
    async (bench) => {
      const { world, prepare } = bench;
      const strangers = await strangersOf(bench);
      const backend = await world.connect();
      const { key, attempt } = prepare("ours").launch;
      expect(backend.remove).toBeDefined();
      for (const handle of strangers.handles) await backend.remove?.({ key, attempt, handle }, "SUCCEEDED").catch(() => undefined);
      expect(await strangers.intact()).toBe(true);
    },
    "remove",
  ),
];
