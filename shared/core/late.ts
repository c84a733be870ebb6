/**
 * Makes a value on its first use, and once. For schemas, above all: zod makes each part of one out of closures, and a function that
 * made all of them as it starts would take longer for it than for its first run, which needs a few.
 */
export function late<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
