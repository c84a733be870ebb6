import fc from "fast-check";
import type { Json, JsonObject } from "../../shared/core/json.ts";

/** Stands in every text that `secretive` makes. */
export const CANARY = "canary-5e7d";

const KEYS = ["A", "type", "env", "labels", "run_config", "name", "id", "image", "storage", "targets", "allow", "a b", ""];

/** Any JSON whose texts all hold the canary; its keys do not. */
export const secretive: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ maxLength: 5 }).map((text) => `${text}${CANARY}\${${CANARY}}`),
    fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie("value"), { maxKeys: 3 }),
  ),
})).value;

/** A document with one place replaced, or a field added, by some value: nearer to what the code expects than any random value. */
export function nearly(documents: readonly Json[], value: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return fc
    .tuple(fc.constantFrom(...documents), value, fc.array(fc.nat({ max: 30 }), { maxLength: 5 }), fc.constantFrom(...KEYS))
    .map(([document, put, steps, key]) => replaced(document, steps, key, put));
}

function replaced(document: Json, steps: readonly number[], key: string, put: Json): Json {
  const [step, ...rest] = steps;
  if (step === undefined || typeof document !== "object" || document === null) return put;
  if (Array.isArray(document))
    return document.map((member: Json, index) => (index === step % document.length ? replaced(member, rest, key, put) : member));
  const object = document as JsonObject;
  const names = [...Object.keys(object), key];
  const name = names[step % names.length] ?? key;
  return { ...object, [name]: replaced(object[name] ?? null, name === key ? [] : rest, key, put) };
}
