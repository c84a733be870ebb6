import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Client } from "ssh2";
import type { Services } from "../../core/launcher.ts";
import type { Dial } from "./agent.ts";
import { logIn, type SshHost } from "./ssh-login.ts";
import { ConnectionDead, forwarded, throughClient } from "./ssh-streams.ts";
import type { DockerSsh } from "./target.ts";
import { Unreachable } from "./unreachable.ts";

/** A connection that nobody used for so long is closed: longer than from one sweep to the next. */
const IDLE_MILLISECONDS = 150_000;

/** A connection that was logged in. */
interface Connection {
  readonly client: Client;
  readonly socket: Socket;
  /** How streams are made, once that is known. */
  way?: "forwarding" | "client";
  readonly streams: Set<Duplex>;
  idle?: NodeJS.Timeout;
  ended: boolean;
}

/** Streams to the daemon of a host, all on one connection, which is made when it is needed and kept while it is warm. */
export function sshDial(host: SshHost, ssh: DockerSsh, services: Pick<Services, "secret">): Dial {
  let current: Promise<Connection> | undefined;

  function connection(): { readonly made: Promise<Connection>; readonly isNew: boolean } {
    if (current !== undefined) return { made: current, isNew: false };
    const made = logIn(host, ssh, services).then(({ client, socket }) => {
      const connected: Connection = { client, socket, streams: new Set(), ended: false };
      client.once("close", () => {
        connected.ended = true;
        clearTimeout(connected.idle);
        for (const stream of connected.streams) stream.destroy(new Error("the SSH connection was closed"));
        if (current === made) current = undefined;
      });
      return connected;
    });
    current = made;
    made.catch(() => {
      if (current === made) current = undefined;
    });
    return { made, isNew: true };
  }

  function drop(connected: Connection, made: Promise<Connection>): void {
    if (current === made) current = undefined;
    connected.client.destroy();
    connected.socket.destroy();
  }

  return async () => {
    for (;;) {
      const { made, isNew } = connection();
      const connected = await made;
      try {
        if (connected.ended) throw new ConnectionDead("the connection was closed");
        return counted(connected, await streamOn(connected, host, ssh.socket));
      } catch (error) {
        // The library throws errors of its own where it finds the connection closed.
        if (error instanceof Unreachable) throw error;
        drop(connected, made);
        // A warm connection may have died unseen, and nothing was sent on it; of a new one that is told.
        if (isNew) throw new Unreachable("connect", "HOST_UNREACHABLE", `${host.host}:${host.port} fell silent after the login`);
      }
    }
  };
}

async function streamOn(connected: Connection, host: SshHost, socket?: string): Promise<Duplex> {
  if (connected.way !== "client") {
    const stream = await forwarded(connected.client, socket);
    if (stream !== undefined) {
      connected.way = "forwarding";
      return stream;
    }
    // It did so before: then it is the daemon that does not answer.
    if (connected.way === "forwarding") {
      throw new Unreachable("docker", "DOCKER_UNREACHABLE", `no Docker daemon answers on ${host.host}`);
    }
  }
  const stream = await throughClient(connected.client, host.host, socket);
  connected.way = "client";
  return stream;
}

/** Counts the streams of a connection: without any it grows old, and holds no process that is done. */
function counted(connected: Connection, stream: Duplex): Duplex {
  connected.streams.add(stream);
  clearTimeout(connected.idle);
  connected.socket.ref();
  stream.once("close", () => {
    connected.streams.delete(stream);
    if (connected.streams.size > 0 || connected.ended) return;
    connected.socket.unref();
    connected.idle = setTimeout(() => connected.client.end(), IDLE_MILLISECONDS).unref();
  });
  return stream;
}
