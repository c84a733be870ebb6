/** A run's id as a shell takes it back, at the end of a command. */
export function shellWord(id: string): string {
  const quoted = /^[\w./:@-]+$/.test(id) ? id : `'${id.replaceAll("'", "'\\''")}'`;
  return id.startsWith("-") ? `-- ${quoted}` : quoted;
}
