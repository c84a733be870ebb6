/** Sizes of what was built. */
import type { Metafile } from "esbuild";

/** What a function loads before its first event: its own file, and what that imports without being asked to. */
export function loadedAtOnce({ outputs }: Metafile, name: string): { readonly kilobytes: number; readonly files: number } {
  const seen = new Set<string>();
  const walk = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const next of outputs[path]?.imports ?? []) if (next.kind === "import-statement" && !next.external) walk(next.path);
  };
  const entry = Object.keys(outputs).find((path) => path.endsWith(`/${name}.mjs`));
  if (entry === undefined) throw new Error(`there is no ${name} among what was built`);
  walk(entry);
  return { kilobytes: [...seen].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0) / 1024, 0), files: seen.size };
}

/** All modules, without their source maps. */
export function allKilobytes({ outputs }: Metafile): number {
  return Object.entries(outputs).reduce((sum, [path, { bytes }]) => (path.endsWith(".mjs") ? sum + bytes / 1024 : sum), 0);
}
