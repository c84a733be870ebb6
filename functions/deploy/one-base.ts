/**
 * What is loaded later on stands on a base that has been loaded by then. A splitting build does not know that: it puts what two parts
 * share into a chunk for just those two, and a cold start reads some thirty small files where one would do.
 */
import { dirname } from "node:path";
import type { Plugin } from "esbuild";

const LAZY = "lazy-on-base";

/** Modules in the modern form, which share code with ours: our own, and AWS's. Others share nothing, or can't be wrapped. */
const SHARING = /^(?!.*[\\/]node_modules[\\/])|[\\/]node_modules[\\/]@(?:aws|aws-sdk|smithy)[\\/]/;

/** The plugin of a build whose every lazy part imports `base`, the path of a module. */
export function oneBase(base: string): Plugin {
  return {
    name: "one-base",
    setup(build) {
      build.onResolve({ filter: /.*/ }, async ({ kind, path, importer, resolveDir, namespace, pluginData }) => {
        if (kind !== "dynamic-import" || namespace === LAZY || pluginData === LAZY) return undefined;
        const resolved = await build.resolve(path, { kind: "import-statement", importer, resolveDir, pluginData: LAZY });
        if (resolved.errors.length > 0 || resolved.external || !SHARING.test(resolved.path)) return undefined;
        return { path: resolved.path, namespace: LAZY };
      });
      build.onLoad({ filter: /.*/, namespace: LAZY }, ({ path }) => ({
        contents: `import ${JSON.stringify(base)};\nexport * from ${JSON.stringify(path)};\n`,
        resolveDir: dirname(path),
        loader: "js",
      }));
    },
  };
}
