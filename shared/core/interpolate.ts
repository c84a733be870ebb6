/** The names that an operator may use as `${name}` in a target's env, enforced_env, command, entrypoint and tags. */
export const INTERPOLATIONS = [
  "run.id",
  "run.name",
  "run.attempt",
  "flow.id",
  "flow.name",
  "flow.version",
  "target.name",
  "image",
] as const;

/** A value for each name; an absent one becomes empty text. */
export type Interpolations = Partial<Record<(typeof INTERPOLATIONS)[number], string>>;

const PLACEHOLDER = /\$\$|\$\{([^}]*)\}/g;

/** Fills `${name}` in; `$$` is a dollar, and a dollar before anything else stays. */
export function interpolate(text: string, values: Interpolations): string {
  return text.replaceAll(PLACEHOLDER, (whole, name: string | undefined) => {
    if (name === undefined) return "$";
    return isInterpolation(name) ? (values[name] ?? "") : whole;
  });
}

/** The `${…}` of a text that name nothing known. */
export function unknownInterpolations(text: string): readonly string[] {
  return [...text.matchAll(PLACEHOLDER)].flatMap(([, name]) => (name === undefined || isInterpolation(name) ? [] : [name]));
}

function isInterpolation(name: string): name is (typeof INTERPOLATIONS)[number] {
  return (INTERPOLATIONS as readonly string[]).includes(name);
}
