/** Task definitions: each content registered once, whoever needs it first, and reused by every dispatcher. */
import type { RegisterTaskDefinitionCommandInput, TaskDefinition } from "@aws-sdk/client-ecs";
import type { JsonObject } from "../../core/json.ts";
import type { Services } from "../../core/launcher.ts";
import { failedCall, sdkError } from "./answers.ts";

/** The calls that are needed of ECS; each throws what the SDK throws. */
export interface DefinitionCalls {
  register(definition: RegisterTaskDefinitionCommandInput, signal: AbortSignal): Promise<string>;
  describe(name: string, signal: AbortSignal): Promise<TaskDefinition>;
}

/** How long a registration may take before another takes it over, and how often one that waits for it looks. */
const LEASE_MILLISECONDS = 20_000;
const LOOK_MILLISECONDS = 150;

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
  const known = new Map<string, Promise<string>>();
  const nameOf = (family: string) => `definition/${scope}/${family}`;

  async function find(definition: JsonObject, signal: AbortSignal): Promise<string> {
    const family = String(definition["family"]);
    while (!signal.aborted) {
      const now = services.now();
      const claim = await services.shared.claim(nameOf(family), owner, now, now + LEASE_MILLISECONDS);
      switch (claim.status) {
        case "made":
          return claim.value;
        case "ours":
          return make(definition, family, claim.takenOver, signal);
        case "busy":
          await services.sleep(LOOK_MILLISECONDS, signal);
          break;
        default: {
          const unhandled: never = claim;
          return unhandled;
        }
      }
    }
    throw new DefinitionBusy(`another dispatcher is registering the definition ${family}`);
  }

  async function make(definition: JsonObject, family: string, takenOver: boolean, signal: AbortSignal): Promise<string> {
    // The family's name holds the content's hash: an active revision of it, which a dispatcher that died left, is the one.
    const left = takenOver ? await activeOf(family, signal) : undefined;
    const arn = left ?? (await registered(definition, family, signal));
    await services.shared.settle(nameOf(family), owner, arn);
    return arn;
  }

  /** Registers; where the answer got lost, what it made is looked for. A claim is given back only where surely nothing was made. */
  async function registered(definition: JsonObject, family: string, signal: AbortSignal): Promise<string> {
    try {
      return await calls.register(definition as unknown as RegisterTaskDefinitionCommandInput, signal);
    } catch (error) {
      if (failedCall(sdkError(error)).status === "refused") {
        await services.shared.settle(nameOf(family), owner, undefined);
        throw error;
      }
      const made = await activeOf(family, signal);
      if (made === undefined) throw error;
      return made;
    }
  }

  async function activeOf(family: string, signal: AbortSignal): Promise<string | undefined> {
    const described = await calls.describe(family, signal).catch(() => undefined);
    return described?.status === "ACTIVE" ? described.taskDefinitionArn : undefined;
  }

  return {
    arnOf(definition, signal) {
      const family = String(definition["family"]);
      const there = known.get(family);
      if (there !== undefined) return there;
      const finding = find(definition, signal);
      known.set(family, finding);
      finding.catch(() => known.delete(family));
      return finding;
    },
    async forget(definition, arn) {
      const family = String(definition["family"]);
      const current = known.get(family);
      // Another launch may have found it gone before, and be registering it already.
      if (current !== undefined && (await current.catch(() => arn)) === arn && known.get(family) === current) known.delete(family);
      await services.shared.forget(nameOf(family), arn);
    },
  };
}
