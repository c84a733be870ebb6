/** An SSH server of the tests' own, on a port of loopback, with keys of its own. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { descendantsOf, eventually, guardOf, type Server, signalAll, startServer } from "./processes.ts";

export interface Sshd {
  readonly port: number;
  readonly user: string;
  /** Fingerprint of the host's key. */
  readonly fingerprint: string;
  /** Fingerprint of another key of the host's, of a type that it does not show first. */
  readonly secondFingerprint: string;
  /** A line for known_hosts. */
  readonly knownHost: string;
  readonly privateKey: string;
  readonly strangersKey: string;
  /** The connections that it has. */
  connections(): Promise<number>;
  /** Logins since it was first started. */
  logins(): Promise<number>;
  /** Every connection stops answering, without being closed; what this gives goes on. */
  freeze(): () => void;
  /** The server and its connections are killed. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server. `dockerHost` is where `docker` finds its daemon; `forwarding: false` forbids streams to sockets. */
export async function startSshd({ forwarding = true, dockerHost = "" }: { forwarding?: boolean; dockerHost?: string } = {}): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-sshd-"));
  const end = guardOf(folder);
  const log = join(folder, "sshd.log");
  for (const name of ["host", "second", "user", "stranger"]) {
    const type = name === "second" ? "rsa" : "ed25519";
    execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", name, "-f", join(folder, name)]);
  }
  const port = await freePort();
  const config = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${join(folder, "host")}`,
    `HostKey ${join(folder, "second")}`,
    `AuthorizedKeysFile ${join(folder, "user.pub")}`,
    // The folder is below the system's own for temporary files, which anybody may write.
    "StrictModes no",
    `PidFile ${join(folder, "sshd.pid")}`,
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitRootLogin prohibit-password",
    "LogLevel VERBOSE",
    `AllowStreamLocalForwarding ${forwarding ? "yes" : "no"}`,
    `SetEnv PATH=/usr/bin:/bin DOCKER_HOST=${dockerHost}`,
  ];
  await writeFile(join(folder, "config"), `${config.join("\n")}\n`);
  // Its unprivileged half lives there; packages make it when the machine starts.
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const publicKey = await readFile(join(folder, "host.pub"), "utf8");
  const [type, key] = publicKey.split(" ");
  let server: Server | undefined;

  async function start(): Promise<void> {
    server = await startServer("/usr/sbin/sshd", ["-D", "-e", "-f", join(folder, "config")], log);
    await eventually(() => listens(port), Boolean).catch(async () => {
      throw new Error(`sshd did not come up: ${(await readFile(log, "utf8")).slice(-1000)}`);
    });
  }

  async function kill(): Promise<void> {
    if (server === undefined) return;
    signalAll([server.pid, ...descendantsOf(server.pid)], "SIGKILL");
    await server.exited;
    server = undefined;
  }

  await start();
  return {
    port,
    user: userInfo().username,
    fingerprint: fingerprintIn(join(folder, "host.pub")),
    secondFingerprint: fingerprintIn(join(folder, "second.pub")),
    knownHost: `[127.0.0.1]:${port} ${type} ${key}`,
    privateKey: await readFile(join(folder, "user"), "utf8"),
    strangersKey: await readFile(join(folder, "stranger"), "utf8"),
    connections: async () => (server === undefined ? 0 : descendantsOf(server.pid).length),
    logins: async () => (await readFile(log, "utf8")).split("\n").filter((line) => line.startsWith("Accepted publickey")).length,
    freeze() {
      const frozen = server === undefined ? [] : descendantsOf(server.pid);
      signalAll(frozen, "SIGSTOP");
      return () => signalAll(frozen, "SIGCONT");
    },
    kill,
    start,
    close: end,
  };
}

function fingerprintIn(file: string): string {
  return execFileSync("ssh-keygen", ["-lf", file], { encoding: "utf8" }).split(" ")[1] ?? "";
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
