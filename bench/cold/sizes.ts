/** Sizes of what was built. */
import type { OutputChunk } from "rolldown";

/** What a function loads before its first event: its own file, and what that imports without being asked to. */
export function loadedAtOnce(built: readonly OutputChunk[], name: string): { readonly kilobytes: number; readonly files: number } {
  const chunks = new Map(built.map((chunk) => [chunk.fileName, chunk]));
  const seen = new Set<OutputChunk>();
  const walk = (file: string): void => {
    const chunk = chunks.get(file);
    if (chunk === undefined || seen.has(chunk)) return;
    seen.add(chunk);
    for (const next of chunk.imports) walk(next);
  };
  walk(`${name}.mjs`);
  if (seen.size === 0) throw new Error(`there is no ${name} among what was built`);
  return { kilobytes: kilobytes([...seen]), files: seen.size };
}

/** All modules, without their source maps. */
export function kilobytes(built: readonly OutputChunk[]): number {
  return built.reduce((sum, { code }) => sum + Buffer.byteLength(code) / 1024, 0);
}
