/** Room for tasks: a model that is asked for every task, and shortages that a test scripts. */
import type { Definition } from "./definitions.ts";
import { type EcsTask, providerOf } from "./task.ts";

/** One task that is to be placed. */
export interface CapacityQuestion {
  readonly account: string;
  readonly region: string;
  readonly cluster: string;
  /** FARGATE, FARGATE_SPOT, EC2, EXTERNAL, or a capacity provider of the cluster. */
  readonly provider: string;
  readonly cpu: number;
  readonly memory: number;
  readonly definition: Definition;
  readonly now: number;
  /** The tasks of the cluster that take room now. */
  placed(): readonly EcsTask[];
}

/** Why a task can't be placed, as `failures[]` says it. */
export interface Shortage {
  readonly reason: string;
  readonly detail?: string;
  readonly arn?: string;
}

export type CapacityModel = (question: CapacityQuestion) => Shortage | undefined;

/** The reasons of the service's page on API failures. */
export const REASONS = {
  memory: "RESOURCE:MEMORY",
  cpu: "RESOURCE:CPU",
  ports: "RESOURCE:PORTS",
  eni: "RESOURCE:ENI",
  gpu: "RESOURCE:GPU",
  agent: "AGENT",
  attribute: "ATTRIBUTE",
  placement: "MemberOf placement constraint unsatisfied.",
  missing: "MISSING",
  inactive: "INACTIVE",
  capacity: "Capacity is unavailable at this time. Please try again later or in a different availability zone",
} as const;

/** Shortages for the next tasks: so many, or for so long. */
export interface ScriptedShortage extends Shortage {
  readonly times?: number;
  readonly forMs?: number;
  /** Only for this provider. */
  readonly provider?: string;
}

/** A pool of fixed size on each cluster; other providers' tasks are always placed. */
export function fixedCapacity(size: {
  readonly provider?: string;
  readonly cpu?: number;
  readonly memory?: number;
  readonly tasks?: number;
}): CapacityModel {
  const pool = size.provider ?? "EC2";
  return ({ provider, cpu, memory, placed, account, region, cluster }) => {
    if (provider !== pool) return undefined;
    const used = placed().filter((task) => providerOf(task) === pool);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const arn = `arn:aws:ecs:${region}:${account}:container-instance/${cluster}/0123456789abcdef0123456789abcdef`;
    if (used.length >= (size.tasks ?? Infinity)) return { reason: REASONS.agent, arn };
    if (sum(used.map((task) => task.cpu ?? 0)) + cpu > (size.cpu ?? Infinity)) return { reason: REASONS.cpu, arn };
    return sum(used.map((task) => task.memory ?? 0)) + memory > (size.memory ?? Infinity) ? { reason: REASONS.memory, arn } : undefined;
  };
}

export interface Capacity {
  ask(question: CapacityQuestion): Shortage | undefined;
  script(shortage: ScriptedShortage, now: number): void;
  use(model: CapacityModel): void;
  clear(): void;
}

export function capacityOf(initial: CapacityModel): Capacity {
  let model = initial;
  let scripted: { readonly shortage: ScriptedShortage; left: number; readonly until: number }[] = [];
  return {
    ask(question) {
      scripted = scripted.filter(({ left, until }) => left > 0 && question.now < until);
      const hit = scripted.find(({ shortage }) => shortage.provider === undefined || shortage.provider === question.provider);
      if (hit === undefined) return model(question);
      hit.left--;
      const { times: _times, forMs: _forMs, provider: _provider, ...shortage } = hit.shortage;
      return shortage;
    },
    script(shortage, now) {
      const { times = shortage.forMs === undefined ? 1 : Infinity, forMs = Infinity } = shortage;
      scripted.push({ shortage, left: times, until: now + forMs });
    },
    use(next) {
      model = next;
    },
    clear() {
      model = initial;
      scripted = [];
    },
  };
}
