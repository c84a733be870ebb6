import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { anyOf, fingerprintOf, givenKeys, knownHosts } from "../../../shared/launchers/docker/host-keys.ts";

const KEY = Buffer.from("\0\0\0\u000bssh-ed25519\0\0\0 0123456789abcdef0123456789abcdef");
const OTHER = Buffer.from("\0\0\0\u000bssh-ed25519\0\0\0 fedcba9876543210fedcba9876543210");
const BASE64 = KEY.toString("base64");
const LINE = `ssh-ed25519 ${BASE64}`;

test("a fingerprint is what OpenSSH prints", () => {
  expect(fingerprintOf(KEY)).toBe(`SHA256:${createHash("sha256").update(KEY).digest("base64").replace("=", "")}`);
});

test.each([
  ["its fingerprint", [fingerprintOf(KEY)], "known"],
  ["its fingerprint with its padding", [`${fingerprintOf(KEY)}=`], "known"],
  ["its public key, with a comment", [`${LINE} root@host`], "known"],
  ["another's", [fingerprintOf(OTHER)], "unknown"],
  ["nothing", [], "unknown"],
] as const)("known by %s: %s", (_what, keys, verdict) => expect(givenKeys(keys)(KEY)).toBe(verdict));

function hashed(name: string): string {
  const salt = Buffer.from("01234567890123456789");
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

describe("known_hosts", () => {
  test.each([
    ["the host's line", `host ${LINE}`, 22, "known"],
    ["a name among several, in other letters", `other,HOST,third ${LINE}`, 22, "known"],
    ["a pattern", `*.example,ho?t ${LINE}`, 22, "known"],
    ["a pattern that leaves it out", `!host,* ${LINE}`, 22, "unknown"],
    ["a hashed name", `${hashed("host")} ${LINE}`, 22, "known"],
    ["another's hashed name", `${hashed("other")} ${LINE}`, 22, "unknown"],
    ["a port", `[host]:2222 ${LINE}`, 2222, "known"],
    ["another port", `[host]:2222 ${LINE}`, 22, "unknown"],
    ["a hashed name with a port", `${hashed("[host]:2222")} ${LINE}`, 2222, "known"],
    ["the usual port's line for another port", `host ${LINE}`, 2222, "unknown"],
    ["a revoked key", `host ${LINE}\n@revoked * ${LINE}`, 22, "revoked"],
    ["an authority, which is no key of the host's", `@cert-authority host ${LINE}`, 22, "unknown"],
    ["a comment", `# host ${LINE}`, 22, "unknown"],
    ["an empty file", "", 22, "unknown"],
  ] as const)("%s", (_what, text, port, verdict) => expect(knownHosts(text, "host", port)(KEY)).toBe(verdict));

  test("what one source revokes no other makes known", () => {
    const revoked = knownHosts(`@revoked host ${LINE}`, "host", 22);
    expect(anyOf([givenKeys([fingerprintOf(KEY)]), revoked])(KEY)).toBe("revoked");
  });
});
