/** Secrets by their references. What is thrown names the reference, and never holds the secret. */
import { Refusal, SecretUnavailable } from "../core/errors.ts";
import { isSecretReference, SECRET_REFERENCE_EXPECTED } from "../core/secret-reference.ts";
import { type SecretSource, secretUnreadable } from "./secret-source.ts";

/**
 * Reads a secret by its reference. `youngerThan` (milliseconds): not from memory where what is known is older, as after a rotation that
 * somebody's failed signature hints at. Throws `Refusal` SECRET_NOT_FOUND, SECRET_DENIED or SECRET_UNREADABLE, and `SecretUnavailable`
 * where it can't be read just now.
 */
export type SecretReader = (reference: string, options?: { readonly youngerThan?: number }) => Promise<string>;

/** Where secrets are kept, by the scheme of their references. */
export interface SecretSources {
  readonly env: SecretSource;
  readonly file: SecretSource;
  readonly secretsmanager: SecretSource;
  readonly ssm: SecretSource;
  readonly gcp: SecretSource;
}

/** A rotated secret is taken up after so long; keepers ask for both values to be valid for longer than that. */
const FRESH_MILLISECONDS = 5 * 60_000;
/** While the keeper does not answer, what it said last serves for so long. */
const STALE_MILLISECONDS = 60 * 60_000;
/** A refusal is told again without asking, so that whoever knocks often does not use up the keeper's rate. */
const REFUSED_MILLISECONDS = 10_000;
/** Somebody waits for it: a run, or a sender. */
const TIMEOUT_MILLISECONDS = 5_000;

interface Known {
  readonly at: number;
  readonly value: string | Refusal;
}

/** Secrets from their sources, remembered for a while by the warm process. Variables and files are read each time. */
export function secretReader(sources: SecretSources, now: () => number): SecretReader {
  const known = new Map<string, Known>();
  const underWay = new Map<string, Promise<string>>();

  async function ask(reference: string, scheme: keyof SecretSources, name: string): Promise<string> {
    try {
      const value = textOf(await sources[scheme](name, AbortSignal.timeout(TIMEOUT_MILLISECONDS)));
      known.set(reference, { at: now(), value });
      return value;
    } catch (error) {
      if (error instanceof Refusal) {
        const refusal = told(reference, error);
        known.set(reference, { at: now(), value: refusal });
        throw refusal;
      }
      const last = known.get(reference);
      if (last !== undefined && !(last.value instanceof Refusal) && now() - last.at < STALE_MILLISECONDS) return last.value;
      const why = error instanceof Error ? error.name : "no reason given";
      throw new SecretUnavailable(`the secret ${reference} can't be read just now (${why})`, { cause: error });
    }
  }

  return async (reference, { youngerThan = FRESH_MILLISECONDS } = {}) => {
    // What is no reference may be a secret that was put where its reference belongs: it is not repeated.
    if (!isSecretReference(reference)) throw secretUnreadable(SECRET_REFERENCE_EXPECTED);
    const { scheme, name } = parts(reference);
    const last = isRemembered(scheme) ? known.get(reference) : undefined;
    if (last !== undefined && now() - last.at < (last.value instanceof Refusal ? REFUSED_MILLISECONDS : youngerThan)) {
      if (last.value instanceof Refusal) throw last.value;
      return last.value;
    }
    // Those who come while it is asked for share the answer.
    const asking = underWay.get(reference) ?? ask(reference, scheme, name).finally(() => underWay.delete(reference));
    underWay.set(reference, asking);
    return asking;
  };
}

function parts(reference: string): { readonly scheme: keyof SecretSources; readonly name: string } {
  const colon = reference.indexOf(":");
  return { scheme: reference.slice(0, colon) as keyof SecretSources, name: reference.slice(colon + 1) };
}

/** Reading these costs nothing, so that they are always what they are now. */
function isRemembered(scheme: keyof SecretSources): boolean {
  return scheme !== "env" && scheme !== "file";
}

function textOf(value: string | Uint8Array): string {
  if (typeof value === "string") return filled(value);
  try {
    return filled(new TextDecoder("utf-8", { fatal: true }).decode(value));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw secretUnreadable("it is not UTF-8 text");
  }
}

function filled(text: string): string {
  if (text === "") throw secretUnreadable("it is empty");
  return text;
}

function told(reference: string, { code, issues }: Refusal): Refusal {
  return new Refusal(code, { path: "", message: `the secret ${reference}: ${issues[0]?.message ?? "it was refused"}` });
}
