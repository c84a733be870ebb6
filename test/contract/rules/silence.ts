/** A service that does not answer says nothing: no run is taken for gone, nothing is stopped, and nothing removed. */
import { expect } from "vitest";
import { isEnded, isRunning, observe, type Rule, worldRule } from "../rule.ts";
import { listed } from "./leftovers.ts";

/** How long a call of the suite is given, in milliseconds, where it would hang. */
const GIVEN = 100;

const soonOver = () => AbortSignal.timeout(GIVEN);

export const silenceRules: readonly Rule[] = [
  worldRule(
    "a service that does not answer, in each of its ways: unknown of every attempt in the batch, and what runs goes on",
    async ({ subject, world, prepare, accepted, until, soon }) => {
      const [backend, other] = [await world.connect(), await world.connect()];
      const [one, two] = [prepare("goes-on"), prepare("has-ended")];
      const launched = [await accepted(backend, one), await accepted(backend, two)] as const;
      for (const each of launched) await until(backend, each, isRunning);
      await world.end(two.launch, 0);
      await until(backend, launched[1], isEnded);
      const before = await observe(other, launched[1]);
      for (const kind of subject.outages) {
        const lift = await world.outage(kind);
        for (const each of [backend, other]) {
          const seen = await soon(each.inspect([launched[1], ...launched], soonOver()));
          expect(
            seen.map(({ status }) => status),
            kind,
          ).toEqual(["unknown", "unknown", "unknown"]);
          if (each.find !== undefined) {
            const { launch } = prepare("goes-on", 1, soonOver());
            expect((await soon(each.find(launch))).status, `find, ${kind}`).toBe("unknown");
          }
        }
        await lift();
      }
      expect(await observe(backend, launched[0])).toMatchObject({ status: "running" });
      expect(await observe(other, launched[1])).toEqual(before);
    },
  ),

  worldRule(
    "a stop that the service did not take throws, and stops nothing",
    async ({ subject, world, prepare, accepted, until, soon }) => {
      const backend = await world.connect();
      const launched = await accepted(backend, prepare("not-stopped"));
      await until(backend, launched, isRunning);
      for (const kind of subject.outages) {
        const lift = await world.outage(kind);
        await expect(soon(backend.stop(launched, "test", soonOver())), kind).rejects.not.toThrow("within");
        await lift();
        expect(await observe(await world.connect(), launched), kind).toMatchObject({ status: "running" });
      }
    },
  ),

  worldRule(
    "a list that is not whole throws",
    async ({ subject, world, prepare, accepted, soon }) => {
      const backend = await world.connect();
      for (let index = 0; index < subject.crowd; index++) await accepted(backend, prepare(`crowd-${index}`));
      for (const kind of subject.outages) {
        const lift = await world.outage(kind);
        await expect(soon(listed(backend, "test", soonOver())), kind).rejects.not.toThrow("within");
        await lift();
      }
      for (const site of subject.listSites) {
        for (const fault of ["never sent", "lost before", "lost after"] as const) {
          world.fault(site, fault);
          await expect(soon(listed(backend, "test")), `${site} ${fault}`).rejects.not.toThrow("within");
        }
      }
      expect(await listed(backend, "test")).toHaveLength(subject.crowd);
    },
    "owned",
  ),

  worldRule(
    "a removal that gets no answer removes nothing that is not listed as gone",
    async ({ subject, world, prepare, accepted, until, soon }) => {
      const backend = await world.connect();
      const [one, two] = [prepare("stays"), prepare("over")];
      const [running, ended] = [await accepted(backend, one), await accepted(backend, two)];
      await until(backend, running, isRunning);
      await until(backend, ended, isRunning);
      await world.end(two.launch, 0);
      await until(backend, ended, isEnded);
      for (const kind of subject.outages) {
        const lift = await world.outage(kind);
        await soon(backend.remove?.(ended, "SUCCEEDED", soonOver()).catch(() => undefined) ?? Promise.resolve());
        await lift();
      }
      await backend.remove?.(ended, "SUCCEEDED");
      expect((await listed(backend, "test")).map(({ key }) => key)).toEqual([running.key]);
      expect(await observe(backend, running)).toMatchObject({ status: "running" });
    },
    "remove",
  ),
];
