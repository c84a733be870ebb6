/**
 * Of the Google client a launch needs one service over REST. By itself the package brings the protos of all its services, four
 * megabytes that it hashes and parses before the first call, and gRPC, which is never used.
 */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Plugin } from "esbuild";

interface ProtoNode {
  readonly fields?: Readonly<Record<string, { readonly type: string }>>;
  readonly methods?: Readonly<Record<string, { readonly requestType: string; readonly responseType: string }>>;
  readonly nested?: Readonly<Record<string, ProtoNode>>;
}

const SERVICE = "google.cloud.aiplatform.v1.JobService";
/** The methods that the launcher calls; the client asks for the others when they are called. */
const METHODS = ["CreateCustomJob", "GetCustomJob", "ListCustomJobs", "CancelCustomJob"];
/** The client makes one of it, whether or not anything long is asked for. */
const OPERATIONS = "google.longrunning.Operations";
/** Types that the client looks up when it is made. */
const LOOKED_UP = /lookup\('\.([\w.]+)'\)/g;

const CLIENT = /@google-cloud[\\/]aiplatform[\\/]build[\\/]src[\\/]v1[\\/]job_service_client[.]js$/;
const PROTOS = /@google-cloud[\\/]aiplatform[\\/]build[\\/]protos[\\/]protos[.]json$/;
/** Types of other services, compiled to code that nobody calls: what is called reads the protos beside them. */
const UNUSED_TYPES = /google-gax[\\/]build[\\/]protos[\\/](iam_service|locations)[.]js$/;
const GAX = "rest-only-gax";

/** The plugin of a build that holds the Vertex launcher. */
export function jobServiceAlone(): Plugin {
  return {
    name: "job-service-alone",
    setup(build) {
      build.onLoad({ filter: PROTOS }, async ({ path }) => {
        const client = await readFile(path.replace(/protos[\\/]protos[.]json$/, "src/v1/job_service_client.js"), "utf8");
        const lookedUp = [...client.matchAll(LOOKED_UP)].map(([, name]) => name ?? "");
        return { contents: JSON.stringify(trimmed(JSON.parse(await readFile(path, "utf8")) as ProtoNode, lookedUp)), loader: "json" };
      });
      build.onResolve({ filter: /^google-gax$/ }, async ({ importer, resolveDir }) => {
        if (!CLIENT.test(importer)) return undefined;
        const { path } = await build.resolve("google-gax", { kind: "require-call", resolveDir });
        return { path: GAX, namespace: GAX, pluginData: dirname(path) };
      });
      build.onLoad({ filter: UNUSED_TYPES }, () => ({ contents: "module.exports = {};", loader: "js" }));
      build.onLoad({ filter: /.*/, namespace: GAX }, ({ pluginData }) => ({
        contents: 'module.exports = { ...require("./fallback.js"), loggingUtils: require("google-logging-utils") };',
        resolveDir: String(pluginData),
        loader: "js",
      }));
    },
  };
}

/** The protos with the service's used methods, the types looked up, and all that they are made of. */
function trimmed(root: ProtoNode, lookedUp: readonly string[]): ProtoNode {
  const kept = new Set<string>();
  const keep = (name: string, scope: readonly string[]): void => {
    const found = resolved(root, name, scope);
    if (found === undefined || kept.has(found.join("."))) return;
    kept.add(found.join("."));
    const node = at(root, found);
    for (const { type } of Object.values(node?.fields ?? {})) keep(type, found);
    for (const [method, { requestType, responseType }] of Object.entries(node?.methods ?? {})) {
      if (!isCalled(found, method)) continue;
      keep(requestType, found.slice(0, -1));
      keep(responseType, found.slice(0, -1));
    }
  };
  for (const name of [SERVICE, OPERATIONS, ...lookedUp]) keep(name, []);
  return pruned(root, [], kept) ?? {};
}

function at(root: ProtoNode, path: readonly string[]): ProtoNode | undefined {
  return path.reduce<ProtoNode | undefined>((node, name) => node?.nested?.[name], root);
}

/** Where a type's name leads: looked for from the innermost scope outwards, as protobuf does. */
function resolved(root: ProtoNode, name: string, scope: readonly string[]): readonly string[] | undefined {
  const parts = name.replace(/^[.]/, "").split(".");
  for (let depth = scope.length; depth >= 0; depth--) {
    const path = [...scope.slice(0, depth), ...parts];
    if (at(root, path) !== undefined) return path;
  }
  return undefined;
}

/** A node with what is kept of it and below it; undefined where that is nothing. */
function pruned(node: ProtoNode, path: readonly string[], kept: ReadonlySet<string>): ProtoNode | undefined {
  const isKept = kept.has(path.join("."));
  const nested = Object.entries(node.nested ?? {}).flatMap(([name, inner]) => {
    const left = pruned(inner, [...path, name], kept);
    return left === undefined ? [] : [[name, left] as const];
  });
  if (!isKept && nested.length === 0 && path.length > 0) return undefined;
  const { nested: _all, methods, ...rest } = node;
  // A package that is only on the way keeps nothing of its own but what lies below.
  const own = isKept ? rest : {};
  const called =
    methods === undefined ? {} : { methods: Object.fromEntries(Object.entries(methods).filter(([name]) => isCalled(path, name))) };
  return { ...own, ...(isKept ? called : {}), ...(nested.length === 0 ? {} : { nested: Object.fromEntries(nested) }) };
}

function isCalled(service: readonly string[], method: string): boolean {
  return service.join(".") !== SERVICE || METHODS.includes(method);
}
