/**
 * Of the Google client a launch needs one service over REST. By itself the package brings the protos of all its services, four
 * megabytes that it hashes and parses before the first call, and gRPC, which is never used.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Plugin, PluginContext } from "rolldown";

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
const REST_ONLY = "\0rest-only:";
const REST_ONLY_GAX = /^\0rest-only:/;

/** The plugin of a build that holds the Vertex launcher. */
export function jobServiceAlone(): Plugin {
  return {
    name: "job-service-alone",
    resolveId: {
      filter: { id: /^google-gax$/ },
      async handler(id, importer) {
        if (importer === undefined || !CLIENT.test(importer)) return null;
        const gax = await this.resolve(id, importer, { kind: "require-call" });
        return gax === null ? null : `${REST_ONLY}${gax.id}`;
      },
    },
    load: {
      filter: { id: [PROTOS, UNUSED_TYPES, REST_ONLY_GAX] },
      async handler(id) {
        if (UNUSED_TYPES.test(id)) return { code: "module.exports = {};" };
        if (id.startsWith(REST_ONLY)) return { code: await restOnly(this, id.slice(REST_ONLY.length)) };
        const client = await readFile(id.replace(/protos[\\/]protos[.]json$/, "src/v1/job_service_client.js"), "utf8");
        const lookedUp = [...client.matchAll(LOOKED_UP)].map(([, name]) => name ?? "");
        const protos = trimmed(JSON.parse(await readFile(id, "utf8")) as ProtoNode, lookedUp);
        return { code: JSON.stringify(protos), moduleType: "json" };
      },
    },
  };
}

/** google-gax, of which there is only what speaks REST. */
async function restOnly(context: PluginContext, gax: string): Promise<string> {
  const logging = await context.resolve("google-logging-utils", gax, { kind: "require-call" });
  const fallback = join(dirname(gax), "fallback.js");
  return `module.exports = { ...require(${JSON.stringify(fallback)}), loggingUtils: require(${JSON.stringify(logging?.id)}) };`;
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
