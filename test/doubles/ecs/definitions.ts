/** The task definitions of one account and region. */
import type { RegisterTaskDefinitionRequest, Tag } from "@aws-sdk/client-ecs";
import type { Caller } from "./caller.ts";
import { cpuUnitsOf, memoryMibOf } from "./sizes.ts";
import { present, tagList } from "./task.ts";

export type DefinitionStatus = "ACTIVE" | "INACTIVE" | "DELETE_IN_PROGRESS";

export interface Definition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly input: RegisterTaskDefinitionRequest;
  readonly cpu?: number;
  readonly memory?: number;
  readonly compatibilities: readonly string[];
  readonly tags: Map<string, string>;
  readonly registeredAt: number;
  readonly registeredBy: string;
  status: DefinitionStatus;
  deregisteredAt?: number;
  deletedAt?: number;
}

export interface Definitions {
  all(): readonly Definition[];
  add(input: RegisterTaskDefinitionRequest, caller: Caller, now: number): Definition;
  /** By ARN, `family:revision`, or `family` for its latest ACTIVE revision. */
  find(reference: string, now: number): Definition | undefined;
  clear(): void;
}

/** How long a deleted definition can still be described. The service says only that it goes once nothing uses it. */
const GONE_AFTER_MS = 60_000;

export function definitionStore(): Definitions {
  const byArn = new Map<string, Definition>();
  const families = new Map<string, Definition[]>();

  function find(reference: string, now: number): Definition | undefined {
    const name = reference.startsWith("arn:") ? undefined : reference;
    const [family = "", revision] = (name ?? "").split(":");
    const found =
      name === undefined
        ? byArn.get(reference)
        : revision === undefined
          ? families.get(family)?.findLast(({ status }) => status === "ACTIVE")
          : families.get(family)?.find((definition) => String(definition.revision) === revision);
    return found?.deletedAt !== undefined && now >= found.deletedAt + GONE_AFTER_MS ? undefined : found;
  }

  return {
    all: () => [...byArn.values()],
    find,
    add(input, { arn: registeredBy, account, region, partition }, now) {
      const family = input.family ?? "";
      const revisions = families.get(family) ?? [];
      const revision = revisions.length + 1;
      const definition: Definition = {
        arn: `arn:${partition}:ecs:${region}:${account}:task-definition/${family}:${revision}`,
        family,
        revision,
        input,
        ...present({ cpu: cpuUnitsOf(input.cpu ?? ""), memory: memoryMibOf(input.memory ?? "") }),
        compatibilities: compatibilitiesOf(input),
        tags: new Map(tagPairs(input.tags)),
        registeredAt: now,
        registeredBy,
        status: "ACTIVE",
      };
      byArn.set(definition.arn, definition);
      families.set(family, [...revisions, definition]);
      return definition;
    },
    clear() {
      byArn.clear();
      families.clear();
    },
  };
}

export function tagPairs(tags: readonly Tag[] | undefined): [string, string][] {
  return (tags ?? []).map(({ key, value }) => [key ?? "", value ?? ""]);
}

/** What the definition could run on, whether it asked for it or not. */
function compatibilitiesOf({ networkMode, cpu, memory, requiresCompatibilities }: RegisterTaskDefinitionRequest): readonly string[] {
  const couldBeFargate = networkMode === "awsvpc" && cpu !== undefined && memory !== undefined;
  return [
    "EC2",
    ...(networkMode === "awsvpc" ? [] : ["EXTERNAL"]),
    ...(couldBeFargate || requiresCompatibilities?.includes("FARGATE") ? ["FARGATE"] : []),
  ];
}

/** As answers show it, with the defaults that the service writes in. */
export function definitionAnswer(definition: Definition): object {
  const { tags: _tags, containerDefinitions, ...input } = definition.input;
  return {
    volumes: [],
    placementConstraints: [],
    requiresAttributes: [],
    ...input,
    ...present({ cpu: definition.cpu?.toString(), memory: definition.memory?.toString() }),
    containerDefinitions: (containerDefinitions ?? []).map((container) => ({
      cpu: 0,
      portMappings: [],
      essential: true,
      environment: [],
      mountPoints: [],
      volumesFrom: [],
      systemControls: [],
      ...container,
    })),
    taskDefinitionArn: definition.arn,
    revision: definition.revision,
    status: definition.status,
    compatibilities: definition.compatibilities,
    registeredAt: definition.registeredAt / 1000,
    registeredBy: definition.registeredBy,
    ...present({ deregisteredAt: definition.deregisteredAt === undefined ? undefined : definition.deregisteredAt / 1000 }),
  };
}

export function definitionTags(definition: Definition): Tag[] {
  return tagList(definition.tags);
}
