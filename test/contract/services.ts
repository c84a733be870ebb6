import { systemClock } from "../../shared/adapters/clock.ts";
import type { Services } from "../../shared/core/launcher.ts";
import type { World } from "./subject.ts";

/** What a backend is given of its surroundings, but for what the world says; and what it hands in. */
export function servicesFor(over: Partial<Services>): { readonly services: Services; readonly observed: World["observed"] } {
  const observed: { launched: Parameters<Services["observed"]>[0]; observation: unknown }[] = [];
  const unused = () => Promise.reject(new Error("this launcher makes nothing that is shared"));
  const services: Services = {
    environment: {},
    stateFolder: undefined,
    isFunction: false,
    now: systemClock.now,
    sleep: systemClock.sleep,
    shared: { claim: unused, settle: unused, forget: unused },
    secret: () => Promise.reject(new Error("this launcher has no secrets")),
    observed: (launched, observation) => void observed.push({ launched, observation }),
    roomFor: () => {},
    ...over,
  };
  return { services, observed };
}
