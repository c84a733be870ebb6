/** Streams to the daemon inside an SSH connection: forwarded to its socket, else through the host's own Docker client. */
import type { Duplex } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import { ChannelStream } from "./channel-stream.ts";
import { Unreachable } from "./unreachable.ts";

/** Where daemons listen unless they are told otherwise. */
const DEFAULT_SOCKET = "/var/run/docker.sock";
const OPEN_MILLISECONDS = 6000;

/** Thrown where a connection turns out to be dead: nothing was sent, and another may do. */
export class ConnectionDead extends Error {
  override readonly name = "ConnectionDead";
}

/** A stream forwarded to the daemon's socket. Undefined where the host does not forward, or nobody there answers. */
export async function forwarded(client: Client, path = DEFAULT_SOCKET): Promise<Duplex | undefined> {
  const opened = await within(
    opening((opened) => client.openssh_forwardOutStreamLocal(path, opened)),
    (late) => typeof late !== "string" && late.destroy(),
  );
  return typeof opened === "string" ? undefined : new ChannelStream(opened);
}

/** A stream through `docker system dial-stdio` on the host, whose daemon has answered on it already. Throws `Unreachable`. */
export async function throughClient(client: Client, host: string, path?: string): Promise<Duplex> {
  // The path has no characters that a shell would look at: the target's schema sees to that.
  const command = `docker${path === undefined ? "" : ` --host unix://${path}`} system dial-stdio`;
  const channel = await within(
    opening((opened) => client.exec(command, opened)),
    (late) => typeof late !== "string" && late.destroy(),
  );
  if (typeof channel === "string") {
    throw new Unreachable("forwarding", "FORWARDING_REFUSED", `${host} neither forwards to its Docker socket nor runs a command for us`);
  }
  channel.stderr.resume();
  channel.on("error", () => {});
  let status: number | undefined;
  channel.on("exit", (code: number | null) => {
    status = code ?? undefined;
  });
  try {
    await answersPing(channel);
    return new ChannelStream(channel);
  } catch (error) {
    channel.destroy();
    if (error instanceof ConnectionDead) throw error;
    // 126 and 127 are the shell's own: there is no such program.
    throw status === 126 || status === 127
      ? new Unreachable("forwarding", "FORWARDING_REFUSED", `${host} does not forward to its Docker socket, and has no docker client`)
      : new Unreachable("docker", "DOCKER_UNREACHABLE", `no Docker daemon answers on ${host}`);
  }
}

/** One call that changes nothing, so that what is wrong shows before one that does. */
async function answersPing(channel: ClientChannel): Promise<void> {
  const answered = new Promise<boolean>((resolve) => {
    let text = "";
    const read = (chunk: Buffer) => {
      text += chunk.toString("latin1");
      const head = text.indexOf("\r\n\r\n");
      if (head < 0) return;
      channel.off("data", read);
      resolve(/^HTTP\/1\.1 200 /.test(text));
    };
    channel.on("data", read);
    channel.once("close", () => resolve(false));
  });
  // HEAD: an answer that ends with its headers.
  channel.write("HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
  if (!(await within(answered, () => {}))) throw new Error("no answer to a ping");
}

/** What the promise gives; a connection that is silent for so long is dead. */
async function within<Value>(promise: Promise<Value>, late: (value: Value) => void): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<"silent">((resolve) => {
    timer = setTimeout(() => resolve("silent"), OPEN_MILLISECONDS);
  });
  try {
    const first = await Promise.race([promise.then((value) => ({ value })), silent]);
    if (first !== "silent") return first.value;
    promise.then(late, () => {});
    throw new ConnectionDead("the connection is silent");
  } finally {
    clearTimeout(timer);
  }
}

/** A channel, or the host's word against it. Throws `ConnectionDead` where there is no word at all. */
function opening(
  open: (opened: (error: (Error & { readonly reason?: unknown }) | undefined, channel: ClientChannel) => void) => unknown,
): Promise<ClientChannel | "not opened"> {
  return new Promise((resolve, reject) => {
    open((error, channel) => {
      if (error === undefined) resolve(channel);
      // The host answers with a reason; without one the connection itself went away.
      else if (error.reason === undefined) reject(new ConnectionDead(error.message));
      else resolve("not opened");
    });
  });
}
