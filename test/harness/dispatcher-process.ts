/** One dispatcher process: the exported handlers over a composition of their own, whose every call can be its last. */
import { rmSync, writeFileSync } from "node:fs";
import { type Composition, compose, type Surroundings } from "../../functions/compose.ts";
import { dispatchHandler } from "../../functions/dispatch.ts";
import { observeHandler } from "../../functions/observe.ts";
import { sweepHandler } from "../../functions/sweep.ts";
import type { Launcher } from "../../shared/core/launcher.ts";
import { connectLocal } from "../../shared/launchers/local/backend.ts";
import { local } from "../../shared/launchers/local/index.ts";
import type { Machine } from "../../shared/launchers/local/machine.ts";
import type { WrapperProcess } from "../../shared/launchers/local/wrapper-process.ts";
import { ConnectionLost, carrier, type WireCall } from "./carrier.ts";
import type { Reply } from "./dynamo-double.ts";
import { type Life, never } from "./life.ts";
import { onItsWay } from "./on-its-way.ts";
import { namesNow, readNow } from "./processes-double.ts";
import type { World } from "./world.ts";

/** A process with its handlers. */
export interface DispatcherProcess {
  readonly life: Life;
  readonly dispatch: ReturnType<typeof dispatchHandler>;
  readonly sweep: ReturnType<typeof sweepHandler>;
  readonly observe: ReturnType<typeof observeHandler>;
}

/** Begins a process, in the world's surroundings but for `other`. Its composition is made with its first event. */
export function beginProcess(world: World, life: Life, other: Partial<Surroundings> = {}): DispatcherProcess {
  let composed: Promise<Composition> | undefined;
  const surroundings = { ...surroundingsOf(world, life), ...other };
  const once = () => {
    composed ??= compose(surroundings);
    return composed;
  };
  return { life, dispatch: dispatchHandler(once), sweep: sweepHandler(once), observe: observeHandler(once) };
}

/** What a process of this world is composed from. */
export function surroundingsOf(world: World, life: Life): Surroundings {
  let messages = 0;
  const machine = machineOf(world, life);
  const launcher: Launcher = { ...local, connect: (target, services) => connectLocal(target as never, services, machine) } as Launcher;
  return {
    environment: { PATH: "/bin" },
    settings: {
      config: world.configuration,
      table: world.tableName,
      queue: world.queueUrl,
      state: world.folder,
      endpoints: {},
      isFunction: false,
      isLambda: false,
    },
    embedded: { dynamodb: "http://dynamodb.test", sqs: "http://sqs.test", eventbridge: "http://events.test" },
    log: world.log,
    requestHandler: carrier((call) => carried(world, life, call)),
    clock: world.time,
    // Read from the folder it would take real time, which the world's does not wait for.
    stateId: world.folder,
    newOwner: () => `${life.name}/${++messages}`,
    launchers: { local: launcher },
  };
}

/** A request on its way, as long as its process lives. */
async function carried(world: World, life: Life, call: WireCall): Promise<Reply> {
  const name = `${call.service}:${call.operation}`;
  const reply = await onItsWay(world, life, {
    call: name,
    arrive: () => world.answer(call),
    throttled: THROTTLED,
    cut: (whole) => ({ ...whole, cut: true }),
  });
  if (reply === undefined) throw new ConnectionLost("socket hang up");
  return reply;
}

const THROTTLED: Reply = { status: 400, body: { __type: "ThrottlingException", message: "Rate exceeded" } };

/** The machine as this process reaches it. What it starts outlives it. */
function machineOf(world: World, life: Life): Machine {
  const { processes } = world;
  const deaf: WrapperProcess = { pid: undefined, answer: never(), exited: never(), detach: () => {} };
  const alive = <Value>(look: () => Value): Promise<Value> => (life.dead ? never() : Promise.resolve().then(look));
  return {
    startWrapper(spec) {
      if (life.dead) return deaf;
      const fate = life.depart("machine:startWrapper");
      if (fate === "throttled") {
        const answer = { marker: "failed", code: "EAGAIN", message: "spawn EAGAIN" } as const;
        return { ...deaf, answer: Promise.resolve(answer), exited: Promise.resolve() };
      }
      if (fate === "stopped before") {
        life.die();
        return deaf;
      }
      const wrapper = processes.start(spec);
      if (fate === "stopped after") life.die();
      return life.dead ? deaf : { ...wrapper, answer: untilDeath(life, wrapper.answer), exited: untilDeath(life, wrapper.exited) };
    },
    isAlive: (identity) => processes.isAlive(identity),
    terminate(pid) {
      if (life.dead) return;
      const fate = life.depart("machine:terminate");
      if (fate === "stopped before") return life.die();
      processes.terminate(pid);
      if (fate === "stopped after") life.die();
    },
    readText: (path) => alive(() => readNow(path)),
    namesIn: (folder) => alive(() => namesNow(folder)),
    async writeText(path, text) {
      if (life.dead) return never();
      const fate = life.depart("machine:writeText");
      if (fate !== "stopped before") writeFileSync(path, text);
      if (fate === "stopped before" || fate === "stopped after") {
        life.die();
        return never();
      }
    },
    remove: (path) => alive(() => rmSync(path, { recursive: true, force: true })),
    wrongWorkingDir: () => alive(() => undefined),
  };
}

/** What a process hears of, until it dies. */
async function untilDeath<Value>(life: Life, promise: Promise<Value>): Promise<Value> {
  const value = await promise;
  return life.dead ? never() : value;
}
