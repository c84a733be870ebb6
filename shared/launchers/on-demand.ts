import type { Launcher } from "../core/launcher.ts";

/** Every kind of target of the registry, each loaded when a configuration has one: a function that has just started needs no others. */
const loads: Readonly<Record<string, () => Promise<Launcher>>> = {
  ecs: async () => (await import("./ecs/index.ts")).ecs,
  kubernetes: async () => (await import("./kubernetes/index.ts")).kubernetes,
  vertex: async () => (await import("./vertex/index.ts")).vertex,
  docker: async () => (await import("./docker/index.ts")).docker,
  local: async () => (await import("./local/index.ts")).local,
};

/** The launchers of these types; all, where one of them is none that is known, for whoever tells which there are. */
export async function launchersFor(types: readonly unknown[]): Promise<Readonly<Record<string, Launcher>>> {
  const areKnown = types.length > 0 && types.every((type) => typeof type === "string" && Object.hasOwn(loads, type));
  const wanted = Object.entries(loads).filter(([type]) => !areKnown || types.includes(type));
  return Object.fromEntries(await Promise.all(wanted.map(async ([type, load]) => [type, await load()] as const)));
}
