/** Values of variables and secrets go to the service and nowhere else. */
import { expect } from "vitest";
import { type Bench, isEnded, isRunning, observe, type Rule, worldRule } from "../rule.ts";
import { CANARY } from "../subject.ts";
import { outputOf } from "../surroundings.ts";

/** A little of everything that a backend can say. */
async function everythingSaid({ subject, world, prepare, accepted, until }: Bench): Promise<readonly unknown[]> {
  const said: unknown[] = [];
  const attempt = async (act: () => Promise<unknown>) => {
    // What is thrown may end in a log as it is.
    said.push(await act().catch((error: unknown) => (error instanceof Error ? [error.message, error.stack, error.cause] : error)));
  };
  const submit = async (id: string) => {
    const { plan, launch } = prepare(id);
    await attempt(async () => (await world.connect()).submit(plan, launch));
    return launch;
  };
  for (const site of subject.submitSites) {
    for (const fault of ["never sent", "lost before", "lost after"] as const) {
      world.fault(site, fault);
      await submit(`said-${fault.replaceAll(" ", "-")}`);
    }
  }
  for (const [kind, provoke] of Object.entries(world.refuse)) {
    const lift = await provoke();
    await submit(`said-${kind}`);
    await lift();
  }
  if (world.occupy !== undefined) {
    await world.occupy(prepare("said-taken").launch);
    await submit("said-taken");
  }
  const backend = await world.connect();
  const prepared = prepare("said-ended");
  const launched = await accepted(backend, prepared);
  said.push(launched, await until(backend, launched, isRunning));
  await attempt(async () => backend.find?.(prepared.launch));
  for (const site of subject.lookSites) {
    world.fault(site, "lost before");
    await attempt(() => observe(backend, launched));
    world.fault(site, "lost before");
    await attempt(() => backend.stop(launched, "test"));
  }
  await world.end(prepared.launch, 3).catch(() => undefined);
  said.push(await until(backend, launched, isEnded), world.observed);
  return said;
}

export const secrecyRules: readonly Rule[] = [
  worldRule("no value of a variable or secret in any outcome, observation, handle, link or error, nor on the terminal", async (bench) => {
    const { plan } = bench.prepare("said-plan");
    expect(JSON.stringify(plan), "the plan holds the canary").toContain(CANARY);
    let said: readonly unknown[] = [];
    const output = await outputOf(async () => {
      said = await everythingSaid(bench);
    });
    expect(JSON.stringify(said)).not.toContain(CANARY);
    expect(output.trim()).toBe("");
  }),
];
