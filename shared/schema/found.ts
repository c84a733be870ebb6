/** What a value is, in the words of an error message. Never the value itself: it may be a secret. */
export function found(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return value === "" ? "an empty string" : "a string";
    case "number":
      return "a number";
    case "boolean":
      return "a boolean";
    case "object":
      return "an object";
    default:
      return `a ${typeof value}`;
  }
}

/** Names in quotes, for a message that lists what is allowed. */
export function quoted(names: readonly unknown[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ");
}
