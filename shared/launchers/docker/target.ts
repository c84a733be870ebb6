import * as z from "zod/mini";
import type { Issue } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { late } from "../../core/late.ts";
import { isSecretReference, SECRET_REFERENCE_EXPECTED } from "../../core/secret-reference.ts";
import { targetVolume } from "./binds.ts";

/** Where the Docker daemon listens. */
export type DockerHost =
  | { readonly kind: "ssh"; readonly user: string; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** How the dispatcher logs in, and by what it knows the host. At least one of `hostKeys` and `knownHosts`. */
export interface DockerSsh {
  /** Reference to the private key. */
  readonly privateKey?: string;
  /** Reference to the key's passphrase. */
  readonly passphrase?: string;
  /** Fingerprints (`SHA256:…`) or public keys. */
  readonly hostKeys?: readonly string[];
  /** Lines of a known_hosts file, or a reference to them. */
  readonly knownHosts?: string;
  /** Path of the daemon's socket on the host, where it is another than Docker's own. */
  readonly socket?: string;
}

/** What only a Docker target has, parsed. */
export interface DockerSettings {
  readonly host: DockerHost;
  /** There where the host is reached over SSH. */
  readonly ssh?: DockerSsh;
  readonly networks?: readonly string[];
  /** `[external:]internal[:mode]` each. */
  readonly volumes?: readonly string[];
  /** Absent: `missing`. */
  readonly pull?: "missing" | "always" | "never";
  /** Reference to the registries' credentials. */
  readonly registryAuth?: string;
  /** Absent: `always`. */
  readonly remove?: "always" | "on_success" | "never";
}

function optional<Schema extends z.ZodMiniType>(description: string, schema: Schema) {
  return z.optional(z.nullable(schema)).check(z.describe(description));
}

const filled = () => z.string().check(z.minLength(1));
const secret = () => z.string().check(z.refine(isSecretReference, SECRET_REFERENCE_EXPECTED));

/** Neither a password, which would be a literal secret, nor a path, which would mean nothing. */
const SSH =
  /^ssh:\/\/(?<user>[A-Za-z0-9_][A-Za-z0-9._-]*)@(?<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)(?::(?<port>[1-9][0-9]{0,4}))?\/?$/;
const UNIX = /^unix:\/\/(?<path>\/[^\0]+)$/;

const HOST_EXPECTED = "expected ssh://user@host or ssh://user@host:port, without a password, or unix:///path/of/the.sock";

const host = () =>
  z.pipe(
    z.string(),
    z.transform((text, { issues }): DockerHost => {
      const { path } = UNIX.exec(text)?.groups ?? {};
      if (path !== undefined) return { kind: "unix", path };
      const { user, host: name, port = "22" } = SSH.exec(text)?.groups ?? {};
      if (user !== undefined && name !== undefined && Number(port) <= 65_535) {
        return { kind: "ssh", user, host: name.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
      }
      issues.push({ code: "custom", input: text, message: HOST_EXPECTED });
      return { kind: "unix", path: "" };
    }),
  );

const hostKey = () =>
  z
    .string()
    .check(
      z.regex(
        /^(?:SHA256:[A-Za-z0-9+/]+=?|(?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}(?: .*)?)$/,
        'expected a fingerprint (SHA256:…), or a public key as "ssh-ed25519 AAAA…"',
      ),
    );

/** In characters that no shell looks at: it may become part of a command on the host. */
const socket = () => z.string().check(z.regex(/^\/[A-Za-z0-9._/-]+$/, "expected an absolute path of letters, digits and . _ - /"));

const ssh = () =>
  z.pipe(
    z.strictObject({
      private_key: optional("Reference to the private key.", secret()),
      passphrase: optional("Reference to the private key's passphrase.", secret()),
      host_keys: optional("Fingerprints (SHA256:…) or public keys by which the host is known.", z.array(hostKey())),
      socket: optional("Path of the daemon's socket on the host; /var/run/docker.sock when not said.", socket()),
      known_hosts: optional("Lines of a known_hosts file, or a reference to them (file:/path).", filled()),
    }),
    z.transform(
      ({ private_key, passphrase, host_keys, known_hosts, socket }): DockerSsh => ({
        ...(private_key ? { privateKey: private_key } : {}),
        ...(passphrase ? { passphrase } : {}),
        ...(host_keys ? { hostKeys: host_keys } : {}),
        ...(known_hosts ? { knownHosts: known_hosts } : {}),
        ...(socket ? { socket } : {}),
      }),
    ),
  );

/** The fields that only a Docker target has, as the configuration document writes them. */
export const dockerFields = late(() => ({
  host: host().check(z.describe("Where the Docker daemon listens: ssh://user@host[:port], or unix:///path/of/the.sock.")),
  ssh: optional("How the host is logged in to, and known.", ssh()),
  networks: optional("Networks that containers are connected to.", z.array(filled())),
  volumes: optional("Volumes that containers get: [external:]internal[:mode].", z.array(filled())),
  pull: optional("When images are pulled; missing when not said.", z.enum(["missing", "always", "never"])),
  registry_auth: optional("Reference to the credentials with which images are pulled.", secret()),
  remove: optional("When ended containers are removed; always when not said.", z.enum(["always", "on_success", "never"])),
}));

/** What is wrong between the fields of a target, and with its volumes. */
export function dockerTargetIssues(target: JsonObject): readonly Issue[] {
  return [...volumeIssues(target["volumes"] ?? null), ...hostIssues(target)];
}

function volumeIssues(volumes: Json): readonly Issue[] {
  if (!Array.isArray(volumes)) return [];
  return volumes.flatMap((text: Json, index) => {
    const volume = typeof text === "string" ? targetVolume(text) : undefined;
    return typeof volume === "string" ? [{ path: `volumes[${index}]`, message: volume }] : [];
  });
}

function hostIssues(target: JsonObject): readonly Issue[] {
  const over = typeof target["host"] === "string" ? /^(ssh|unix):/.exec(target["host"])?.[1] : undefined;
  const given = target["ssh"] ?? null;
  if (over === "unix" && given !== null) return [{ path: "ssh", message: "only together with a host that is reached over ssh://" }];
  if (over !== "ssh" || isKnown(given)) return [];
  return [{ path: "ssh", message: "a host that is reached over SSH needs host_keys or known_hosts, by which it is known" }];
}

/** Also where `ssh` is of a wrong type altogether: that is told already. */
function isKnown(ssh: Json): boolean {
  if (ssh === null) return false;
  if (typeof ssh !== "object" || Array.isArray(ssh)) return true;
  const { host_keys, known_hosts } = ssh as JsonObject;
  return Array.isArray(host_keys) ? host_keys.length > 0 : (host_keys ?? known_hosts ?? null) !== null;
}
