/** A daemon behind a gate behind an SSH server, and a dispatcher before it all. */
import { runKey } from "../../shared/core/identity.ts";
import type { DockerSettings, DockerSsh } from "../../shared/launchers/docker/target.ts";
import { forwardTo, type Gate, gate } from "../doubles/docker/gate.ts";
import { type EngineDispatcher, engineDispatcher } from "./dispatcher.ts";
import { type Dockerd, IMAGE } from "./dockerd.ts";
import { eventually } from "./processes.ts";
import type { Sshd } from "./sshd.ts";

export interface EngineWorld {
  readonly dockerd: Dockerd;
  readonly sshd: Sshd;
  /** Between the SSH server and the daemon. */
  readonly entry: Gate;
  dispatcher(over?: {
    readonly ssh?: Partial<DockerSsh>;
    readonly settings?: Partial<DockerSettings>;
    readonly key?: string;
    readonly past?: boolean;
    /** A dispatcher that lives between its invocations. */
    readonly lives?: boolean;
  }): EngineDispatcher;
  /** How often the run was started, in all its attempts. */
  starts(id: string): Promise<number>;
  /** What is there of the run. */
  left(id: string): Promise<readonly string[]>;
  /** Sweeps until nothing of the run is there any more. */
  cleared(dispatcher: EngineDispatcher, id: string): Promise<void>;
}

export async function engineWorld(dockerd: Dockerd, sshd: Sshd): Promise<EngineWorld> {
  const entry = await gate(forwardTo(dockerd.socket));
  const labelOf = (id: string) => `slipway:key=${runKey(id)}`;
  const left = async (id: string) => (await dockerd.containers(labelOf(id))).map(({ State }) => State);
  return {
    dockerd,
    sshd,
    entry,
    dispatcher({ ssh = {}, settings = {}, key = sshd.privateKey, past = false, lives = false } = {}) {
      const way: DockerSsh = { privateKey: "env:KEY", hostKeys: [sshd.fingerprint], socket: past ? dockerd.socket : entry.path, ...ssh };
      const host = { kind: "ssh", user: sshd.user, host: "127.0.0.1", port: sshd.port } as const;
      return engineDispatcher({ host, ssh: way, ...settings }, async () => key, IMAGE, !lives);
    },
    starts: (id) => dockerd.starts({ "slipway:key": runKey(id) }),
    left,
    async cleared(dispatcher, id) {
      await eventually(
        async () => {
          await dispatcher.later(700);
          return left(id);
        },
        (states) => states.length === 0,
      );
    },
  };
}
