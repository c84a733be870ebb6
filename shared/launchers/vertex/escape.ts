/** The service expands `$(NAME)` in variables, command and arguments; `$$(NAME)` stays a text. So every dollar of a run before `(` is doubled. */
export function escaped(text: string): string {
  return text.replaceAll(/\$+(?=\()/g, (dollars) => dollars + dollars);
}
