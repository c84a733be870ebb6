import { systemClock } from "../../shared/adapters/clock.ts";
import type { Services } from "../../shared/core/launcher.ts";
import { memorySharedNames } from "../support/shared-names.ts";
import type { World } from "./subject.ts";

/** What a backend is given of its surroundings, but for what the world says; and what it hands in. */
export function servicesFor(over: Partial<Services>): { readonly services: Services; readonly observed: World["observed"] } {
  const observed: { launched: Parameters<Services["observed"]>[0]; observation: unknown }[] = [];
  const services: Services = {
    environment: {},
    stateFolder: undefined,
    isFunction: false,
    now: systemClock.now,
    sleep: systemClock.sleep,
    shared: memorySharedNames(),
    secret: () => Promise.reject(new Error("this launcher has no secrets")),
    observed: (launched, observation) => void observed.push({ launched, observation }),
    roomFor: () => {},
    ...over,
  };
  return { services, observed };
}
