/** Credentials of registries, in the forms in which people have them. */
import * as z from "zod/mini";
import type { JsonObject } from "../../core/json.ts";

const one = z.object({
  username: z.optional(z.string()),
  password: z.optional(z.string()),
  identitytoken: z.optional(z.string()),
  auth: z.optional(z.string()),
  serveraddress: z.optional(z.string()),
});

const document = z.union([z.object({ auths: z.record(z.string(), one) }), one]);

/** Docker Hub's name in configurations. */
const HUB = ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"];

/** The registry that an image's name means. */
export function registryOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  return rest.length > 0 && (/[.:]/.test(first) || first === "localhost") ? first : "docker.io";
}

/**
 * What the daemon is sent to pull an image: of a text as in `~/.docker/config.json`, or `{username, password}` for whatever registry.
 * Undefined where the text has nothing for the image's; throws where it is no such text.
 */
export function credentialsFor(image: string, text: string): JsonObject | undefined {
  const given = document.parse(JSON.parse(text));
  const registry = registryOf(image);
  if (!("auths" in given)) {
    if (given.username === undefined && given.identitytoken === undefined && given.auth === undefined) throw new Error("no credentials");
    return given.serveraddress === undefined || isOf(given.serveraddress, registry) ? plain(given, registry) : undefined;
  }
  const [name, entry] = Object.entries(given.auths).find(([key]) => isOf(key, registry)) ?? [];
  return name === undefined || entry === undefined ? undefined : plain(entry, name);
}

function isOf(name: string, registry: string): boolean {
  if (registry === "docker.io") return HUB.includes(name);
  return name.replace(/^https?:\/\//, "").split("/")[0] === registry;
}

/** `auth` is user and password in base64, which the daemon itself does not take apart. */
function plain({ auth, ...given }: z.infer<typeof one>, serveraddress: string): JsonObject {
  const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(auth ?? "", "base64").toString("utf8")) ?? [];
  const read = user === undefined || password === undefined ? {} : { username: user, password: password.replace(/\0+$/, "") };
  const all = { ...read, ...given, serveraddress };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
