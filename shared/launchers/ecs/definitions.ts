/** Task definitions: each content registered once, whoever needs it first, and reused by every dispatcher. */
import type { RegisterTaskDefinitionCommandInput } from "@aws-sdk/client-ecs";
import { digestOf } from "../../core/identity.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Services } from "../../core/launcher.ts";
import { failedCall, sdkError } from "./answers.ts";
import { contentTag } from "./definition.ts";
import { remembered } from "./remembered.ts";

/** The calls that are needed of ECS; each throws what the SDK throws. */
export interface DefinitionCalls {
  register(definition: RegisterTaskDefinitionCommandInput, signal: AbortSignal): Promise<string>;
  /** The ARN of a family's latest active revision, where that has the same content. */
  sameOf(definition: JsonObject, signal: AbortSignal): Promise<string | undefined>;
}

/** How long a registration may take before another takes it over, and how often one that waits for it looks. */
const LEASE_MILLISECONDS = 20_000;
const LOOK_MILLISECONDS = 150;

/** How often one that is in use is noted to be. */
const NOTED_MILLISECONDS = 24 * 3_600_000;

/** What runs bring themselves may be as many definitions as there are runs. */
const MOST_KNOWN = 2000;

/** A definition could not be had in the time that there was. */
export class DefinitionBusy extends Error {
  override readonly name = "DefinitionBusy";
}

/** Definitions of one account and region. */
export interface Definitions {
  /** The ARN for a definition: known, looked up, or registered now. */
  arnOf(definition: JsonObject, signal: AbortSignal): Promise<string>;
  /** The ARN turned out to be inactive or gone. */
  forget(definition: JsonObject, arn: string): Promise<void>;
}

export function createDefinitions(
  scope: string,
  owner: string,
  calls: DefinitionCalls,
  services: Pick<Services, "shared" | "now" | "sleep">,
): Definitions {
  const { shared } = services;
  const known = remembered<{ readonly arn: Promise<string>; notedAt: number }>(MOST_KNOWN);
  const group = groupOf(scope);

  /** The family has 48 bits of the content's hash, for people to read: two contents may share it, and must not share the definition. */
  function nameOf(definition: JsonObject): string {
    return `definition/${scope}/${definition["family"]}/${contentTag(definition) ?? digestOf(definition)}`;
  }

  async function find(definition: JsonObject, signal: AbortSignal): Promise<string> {
    const name = nameOf(definition);
    while (!signal.aborted) {
      const now = services.now();
      const claim = await shared.claim(name, owner, now, now + LEASE_MILLISECONDS);
      switch (claim.status) {
        case "made":
          await shared.used(name, claim.value, group, now, now - NOTED_MILLISECONDS);
          return claim.value;
        case "ours":
          return make(definition, claim.takenOver, signal);
        case "busy":
          await services.sleep(LOOK_MILLISECONDS, signal);
          break;
        default: {
          const unhandled: never = claim;
          return unhandled;
        }
      }
    }
    throw new DefinitionBusy(`another dispatcher is registering the definition ${definition["family"]}`);
  }

  async function make(definition: JsonObject, takenOver: boolean, signal: AbortSignal): Promise<string> {
    // A dispatcher that died may have left it.
    const left = takenOver ? await sameOf(definition, signal) : undefined;
    const arn = left ?? (await registered(definition, signal));
    const name = nameOf(definition);
    await shared.settle(name, owner, arn);
    const now = services.now();
    await shared.used(name, arn, group, now, now - NOTED_MILLISECONDS);
    return arn;
  }

  /** Registers; where the answer got lost, what it made is looked for. A claim is given back only where surely nothing was made. */
  async function registered(definition: JsonObject, signal: AbortSignal): Promise<string> {
    try {
      return await calls.register(definition as unknown as RegisterTaskDefinitionCommandInput, signal);
    } catch (error) {
      if (failedCall(sdkError(error)).status === "refused") {
        await shared.settle(nameOf(definition), owner, undefined);
        throw error;
      }
      const made = await sameOf(definition, signal);
      if (made === undefined) throw error;
      return made;
    }
  }

  function sameOf(definition: JsonObject, signal: AbortSignal): Promise<string | undefined> {
    return calls.sameOf(definition, signal).catch(() => undefined);
  }

  return {
    async arnOf(definition, signal) {
      const name = nameOf(definition);
      const there = known.get(name);
      const now = services.now();
      if (there === undefined) {
        const found = { arn: find(definition, signal), notedAt: now };
        known.set(name, found);
        found.arn.catch(() => known.forget(name, found));
        return found.arn;
      }
      const arn = await there.arn;
      if (now - there.notedAt >= NOTED_MILLISECONDS) {
        there.notedAt = now;
        await shared.used(name, arn, group, now, now - NOTED_MILLISECONDS);
      }
      return arn;
    },
    async forget(definition, arn) {
      const name = nameOf(definition);
      const current = known.get(name);
      // Another launch may have found it gone before, and be registering it already.
      if (current !== undefined && (await current.arn.catch(() => arn)) === arn) known.forget(name, current);
      await shared.forget(name, arn);
    },
  };
}

/** What the definitions of an account and region are noted under when they are used. */
export function groupOf(scope: string): string {
  return `definitions/${scope}`;
}
