/** Documents are snake_case, the code is camelCase: the two meet here, for the names of one level only. */

/** `task_role_arn` → `taskRoleArn`, as types. */
export type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Name;

/** The fields of a document that are always there. */
type GivenKey<Document> = {
  [Key in keyof Document]-?: null extends Document[Key] ? never : undefined extends Document[Key] ? never : Key;
}[keyof Document];

/** A document with camelCase fields; a field that may be null or absent is an optional field without null. */
export type CamelCased<Document> = {
  readonly [Key in GivenKey<Document> as CamelCase<Key & string>]: Document[Key];
} & {
  readonly [Key in Exclude<keyof Document, GivenKey<Document>> as CamelCase<Key & string>]?: NonNullable<Document[Key]>;
};

/** `task_role_arn` → `taskRoleArn`. */
export function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `taskRoleArn` → `task_role_arn`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Renames a document's own fields, not those below, and leaves out what is null or undefined. */
export function camelCased<Document extends object>(document: Document): CamelCased<Document> {
  const given = Object.entries(document).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [camelCase(name), value])) as CamelCased<Document>;
}
