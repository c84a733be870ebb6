/** Logging in to a host: every step has an error of its own, and none is taken for another. */
import { connect as connectSocket, type Socket } from "node:net";
import { Client, type ServerHostKeyAlgorithm } from "ssh2";
import type { Services } from "../../core/launcher.ts";
import { isSecretReference } from "../../core/secret-reference.ts";
import { anyOf, fingerprintOf, givenKeys, type HostKeys, keyTypeOf, knownHosts, type Verdict } from "./host-keys.ts";
import type { DockerHost, DockerSsh } from "./target.ts";
import { systemCode, Unreachable } from "./unreachable.ts";

/** A host that is reached over SSH. */
export type SshHost = Extract<DockerHost, { kind: "ssh" }>;

const CONNECT_MILLISECONDS = 8000;
const LOGIN_MILLISECONDS = 10_000;
/** A link that is silent is given up after three of these. */
const ALIVE_MILLISECONDS = 5000;
const ALIVE_TIMES = 2;

/** What a host may show its keys for, the best first, with the types of these keys. */
const KEY_TYPES: readonly (readonly [algorithm: ServerHostKeyAlgorithm, type: string])[] = [
  ["ssh-ed25519", "ssh-ed25519"],
  ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"],
  ["ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"],
  ["ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"],
  ["rsa-sha2-512", "ssh-rsa"],
  ["rsa-sha2-256", "ssh-rsa"],
  ["ssh-rsa", "ssh-rsa"],
];

/** The host has shown a key that is not known; it may have one of another type that is. */
class UnknownKey extends Unreachable {
  readonly type: string;

  constructor(type: string, message: string) {
    super("host key", "HOST_KEY_UNKNOWN", message);
    this.type = type;
  }
}

/** What it takes to log in, as read now: a key may have been changed. */
interface Credentials {
  readonly privateKey: string;
  readonly passphrase?: string;
  readonly hostKeys: HostKeys;
}

/** Logs in. Gives the client and the socket below it. Throws `Unreachable`. */
export async function logIn(
  host: SshHost,
  ssh: DockerSsh,
  services: Pick<Services, "secret">,
): Promise<{ readonly client: Client; readonly socket: Socket }> {
  const credentials = await credentialsOf(host, ssh, services);
  let refused: UnknownKey | undefined;
  // A host shows one key, of the first type that it is asked for: each round asks for a type less.
  for (let asked = KEY_TYPES; ; ) {
    try {
      const socket = await openSocket(host);
      return { client: await authenticate(host, credentials, socket, asked), socket };
    } catch (error) {
      // It has no key of another type: what it has shown is what is wrong.
      if (refused !== undefined && error instanceof Unreachable && error.step === "connect") throw refused;
      if (!(error instanceof UnknownKey)) throw error;
      refused ??= error;
      const others = asked.filter(([, type]) => type !== error.type);
      if (others.length === 0 || others.length === asked.length) throw refused;
      asked = others;
    }
  }
}

async function credentialsOf(host: SshHost, ssh: DockerSsh, services: Pick<Services, "secret">): Promise<Credentials> {
  if (ssh.privateKey === undefined) {
    throw new Unreachable("authentication", "SSH_KEY_UNREADABLE", "the target names no ssh.private_key to log in with");
  }
  const read = async (reference: string, what: string) => {
    try {
      return await services.secret(reference);
    } catch {
      throw new Unreachable("authentication", "SSH_KEY_UNREADABLE", `the target's ssh.${what} can't be read from where it is kept`);
    }
  };
  const lines = ssh.knownHosts ?? "";
  const known = isSecretReference(lines) ? await read(lines, "known_hosts") : lines;
  return {
    privateKey: await read(ssh.privateKey, "private_key"),
    // A file's last line ends; a passphrase does not.
    ...(ssh.passphrase === undefined ? {} : { passphrase: (await read(ssh.passphrase, "passphrase")).replace(/\r?\n$/, "") }),
    hostKeys: anyOf([givenKeys(ssh.hostKeys ?? []), knownHosts(known, host.host, host.port)]),
  };
}

function openSocket({ host, port }: SshHost): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host, port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error("timeout")), CONNECT_MILLISECONDS);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      socket.on("error", () => {});
      resolve(socket);
    });
    socket.once("error", (error) => {
      clearTimeout(timer);
      const code = systemCode(error);
      reject(
        ["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL"].includes(code)
          ? new Unreachable("resolve", "HOST_NOT_RESOLVED", `the name ${host} can't be resolved to an address`)
          : new Unreachable("connect", "HOST_UNREACHABLE", `no connection to ${host}:${port}${code === "" ? "" : ` (${code})`}`),
      );
    });
  });
}

function authenticate({ host, port, user }: SshHost, credentials: Credentials, sock: Socket, asked: typeof KEY_TYPES): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    let shown: Shown | undefined;
    const fail = (error: Unreachable) => {
      client.end();
      sock.destroy();
      reject(error);
    };
    // It stays: whatever befalls the connection later must not end the process, and is told to the calls on it.
    client.on("error", (error: Error & { readonly level?: string }) => {
      if (shown !== undefined && shown.verdict !== "known") return fail(hostKeyError(host, shown));
      if (error.level === "client-authentication") {
        return fail(new Unreachable("authentication", "SSH_DENIED", `${host} lets nobody in as ${user} with the target's key`));
      }
      fail(new Unreachable("connect", "HOST_UNREACHABLE", `${host}:${port} did not greet as an SSH server does`));
    });
    client.once("close", () => fail(new Unreachable("connect", "HOST_UNREACHABLE", `${host}:${port} closed the connection`)));
    client.once("ready", () => resolve(client));
    try {
      client.connect({
        sock,
        username: user,
        privateKey: credentials.privateKey,
        ...(credentials.passphrase === undefined ? {} : { passphrase: credentials.passphrase }),
        authHandler: ["publickey"],
        algorithms: { serverHostKey: asked.map(([algorithm]) => algorithm) },
        hostVerifier: (key: Buffer) => {
          shown = { verdict: credentials.hostKeys(key), fingerprint: fingerprintOf(key), type: keyTypeOf(key) };
          return shown.verdict === "known";
        },
        readyTimeout: LOGIN_MILLISECONDS,
        keepaliveInterval: ALIVE_MILLISECONDS,
        keepaliveCountMax: ALIVE_TIMES,
      });
    } catch {
      // Thrown before anything is sent, and only about the key. Its text may hold a part of it.
      const why = "the target's ssh.private_key is no private key, or needs another passphrase (ssh.passphrase)";
      fail(new Unreachable("authentication", "SSH_KEY_UNREADABLE", why));
    }
  });
}

/** A key that a host has shown. */
interface Shown {
  readonly verdict: Verdict;
  readonly fingerprint: string;
  readonly type: string;
}

function hostKeyError(host: string, { verdict, fingerprint, type }: Shown): Unreachable {
  const why = verdict === "revoked" ? "is marked as revoked" : "is not the one that the target knows it by";
  const message = `the key that ${host} shows (${fingerprint}) ${why}`;
  return verdict === "revoked" ? new Unreachable("host key", "HOST_KEY_UNKNOWN", message) : new UnknownKey(type, message);
}
