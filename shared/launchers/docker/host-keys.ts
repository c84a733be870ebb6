/** By what a host is known: fingerprints, public keys, lines of a known_hosts file. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** What is said of a key that a host shows. */
export type Verdict = "known" | "unknown" | "revoked";

/** Judges keys in the form in which SSH sends them. */
export type HostKeys = (key: Buffer) => Verdict;

/** The fingerprint as OpenSSH prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The type that a key begins with: `ssh-ed25519`, `ssh-rsa`, … */
export function keyTypeOf(key: Buffer): string {
  return key.length < 4 ? "" : key.toString("latin1", 4, 4 + key.readUInt32BE(0));
}

/** Keys given one by one: `SHA256:…`, or a public key as in its file. */
export function givenKeys(keys: readonly string[]): HostKeys {
  const fingerprints = new Set(keys.filter((key) => key.startsWith("SHA256:")).map((key) => key.replace(/=+$/, "")));
  const publicKeys = keys.flatMap((key) => key.split(" ")[1] ?? []).map((key) => Buffer.from(key, "base64"));
  return (key) => (fingerprints.has(fingerprintOf(key)) || publicKeys.some((known) => same(known, key)) ? "known" : "unknown");
}

/** The lines of a known_hosts file that are about a host. Certificates are not read. */
export function knownHosts(text: string, host: string, port: number): HostKeys {
  const names = port === 22 ? [host, `[${host}]:22`] : [`[${host}]:${port}`];
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith("@") ? words.shift() : undefined;
    const [hosts = "", , key = ""] = words;
    const isAbout = !hosts.startsWith("#") && marker !== "@cert-authority" && isMeant(hosts, names);
    return isAbout ? [{ revoked: marker === "@revoked", key: Buffer.from(key, "base64") }] : [];
  });
  return (key) => {
    const about = lines.filter((line) => same(line.key, key));
    if (about.some(({ revoked }) => revoked)) return "revoked";
    return about.length > 0 ? "known" : "unknown";
  };
}

/** Known by any of these, and revoked by none. */
export function anyOf(all: readonly HostKeys[]): HostKeys {
  return (key) => {
    const verdicts = all.map((each) => each(key));
    return verdicts.includes("revoked") ? "revoked" : verdicts.includes("known") ? "known" : "unknown";
  };
}

function isMeant(patterns: string, names: readonly string[]): boolean {
  if (patterns.startsWith("|1|")) return names.some((name) => isHashOf(patterns, name));
  const all = patterns.toLowerCase().split(",");
  const matched = (pattern: string) => names.some((name) => matches(pattern, name.toLowerCase()));
  return !all.some((pattern) => pattern.startsWith("!") && matched(pattern.slice(1))) && all.some((pattern) => matched(pattern));
}

function isHashOf(hashed: string, name: string): boolean {
  const [, , salt = "", hash = ""] = hashed.split("|");
  return same(createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest(), Buffer.from(hash, "base64"));
}

/** `*` and `?`, nothing else. */
function matches(pattern: string, name: string): boolean {
  const source = pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, (sign) => (sign === "*" ? ".*" : sign === "?" ? "." : `\\${sign}`));
  return new RegExp(`^${source}$`).test(name);
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length > 0 && a.length === b.length && timingSafeEqual(a, b);
}
