/** Task definitions: each content registered once, whoever needs it first, and reused by every dispatcher. */
import type { RegisterTaskDefinitionCommandInput, TaskDefinition } from "@aws-sdk/client-ecs";
import type { JsonObject } from "../../core/json.ts";
import type { Services } from "../../core/launcher.ts";

/** The calls that are needed of ECS; each throws what the SDK throws. */
export interface DefinitionCalls {
  register(definition: RegisterTaskDefinitionCommandInput): Promise<string>;
  describe(name: string): Promise<TaskDefinition>;
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

  async function find(definition: JsonObject, signal: AbortSignal): Promise<string> {
    const family = String(definition["family"]);
    const name = `definition/${scope}/${family}`;
    while (!signal.aborted) {
      const now = services.now();
      const claim = await services.shared.claim(name, owner, now, now + LEASE_MILLISECONDS);
      switch (claim.status) {
        case "made":
          return claim.value;
        case "ours":
          return make(definition, family, name, claim.takenOver);
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

  async function make(definition: JsonObject, family: string, name: string, takenOver: boolean): Promise<string> {
    let arn: string | undefined;
    try {
      // The family's name holds the content's hash: an active revision of it, which a dispatcher that died left, is the one.
      arn = takenOver ? await activeOf(family) : undefined;
      arn ??= await calls.register(definition as unknown as RegisterTaskDefinitionCommandInput);
      return arn;
    } finally {
      await services.shared.settle(name, owner, arn);
    }
  }

  async function activeOf(family: string): Promise<string | undefined> {
    const described = await calls.describe(family).catch(() => undefined);
    return described?.status === "ACTIVE" ? described.taskDefinitionArn : undefined;
  }

  return {
    arnOf(definition, signal) {
      const family = String(definition["family"]);
      const finding = known.get(family) ?? find(definition, signal);
      known.set(family, finding);
      finding.catch(() => known.delete(family));
      return finding;
    },
    async forget(definition, arn) {
      const family = String(definition["family"]);
      known.delete(family);
      await services.shared.forget(`definition/${scope}/${family}`, arn);
    },
  };
}
