import { readFile } from "node:fs/promises";
import { Refusal } from "../core/errors.ts";

/** Reads a secret by its reference. Nothing that it throws holds the secret. */
export type SecretReader = (reference: string) => Promise<string>;

/** Secrets from the dispatcher's own environment (`env:NAME`) and files (`file:/path`, one trailing line end dropped). */
export function secretReader(environment: Readonly<Record<string, string | undefined>>): SecretReader {
  return async (reference) => {
    const [, scheme, name] = /^([a-z]+):(.+)$/s.exec(reference) ?? [];
    switch (scheme) {
      case "env": {
        const value = environment[name ?? ""];
        if (value === undefined) throw unreadable(`the environment variable ${name} is not set`);
        return value;
      }
      case "file":
        return readFile(name ?? "", "utf8").then(
          (text) => text.replace(/\r?\n$/, ""),
          (error: NodeJS.ErrnoException) => {
            throw unreadable(`the file ${name} could not be read (${error.code})`);
          },
        );
      default:
        // The reference itself may be a secret that was put where its reference belongs: it is not repeated.
        throw unreadable("a secret is given by reference: env:NAME or file:/path");
    }
  };
}

function unreadable(message: string): Refusal {
  return new Refusal("SECRET_UNREADABLE", { path: "", message });
}
