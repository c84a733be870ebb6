/** What a client that knows nothing of a cluster asks first: kubectl does. */
import { answered, type DoubleAnswer, type DoubleRequest } from "./wire.ts";

const VERBS = ["create", "delete", "get", "list"];
const resource = (name: string, kind: string, shortNames: readonly string[], verbs: readonly string[]) => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced: true,
  kind,
  verbs,
  ...(shortNames.length === 0 ? {} : { shortNames }),
  categories: ["all"],
});

const BATCH = { groupVersion: "batch/v1", version: "v1" };
const PAGES: Readonly<Record<string, object>> = {
  "/version": { major: "1", minor: "35", gitVersion: "v1.35.0", platform: "linux/amd64" },
  "/api": { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [{ name: "batch", versions: [BATCH], preferredVersion: BATCH }] },
  "/api/v1": {
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [resource("pods", "Pod", ["po"], ["get", "list"]), resource("pods/log", "Pod", [], ["get"])],
  },
  "/apis/batch/v1": {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: "batch/v1",
    resources: [resource("jobs", "Job", [], VERBS)],
  },
};

/** The answer to a question of discovery; undefined for anything else. */
export function discovered({ method, path }: DoubleRequest): DoubleAnswer | undefined {
  const page = method === "GET" ? PAGES[new URL(path, "https://cluster").pathname] : undefined;
  return page === undefined ? undefined : answered(200, page);
}
