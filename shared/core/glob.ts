/** Whether a value matches a pattern in which `*` stands for any characters, `/` included, and everything else for itself. */
export function globMatches(pattern: string, value: string): boolean {
  const parts = pattern.split("*");
  const first = parts[0] ?? "";
  const last = parts[parts.length - 1] ?? "";
  if (parts.length === 1) return value === pattern;
  if (!value.startsWith(first)) return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = value.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return value.length - last.length >= from && value.endsWith(last);
}
