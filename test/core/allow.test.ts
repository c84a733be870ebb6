import { expect, test } from "vitest";
import { type AllowRule, allowsPrivileged, checkAllowed, refuseDisallowed } from "../../shared/core/allow.ts";
import type { JsonObject } from "../../shared/core/json.ts";
import { checkSafeFields, type FieldTree } from "../../shared/core/safe-fields.ts";
import type { Allow } from "../../shared/core/target.ts";
import { refusalOf } from "../support/refusal.ts";
import { doubleTarget } from "../support/runs.ts";

function targetWith(allow: Allow | undefined) {
  return doubleTarget(allow === undefined ? {} : { allow });
}

const ROLE = "arn:aws:iam::1:role/team/etl";

test.each<[string, Allow | undefined, AllowRule, string, string[], boolean]>([
  ["any image is allowed where nothing is said", undefined, "images", "evil/x", [], true],
  ["any machine type is allowed where nothing is said", undefined, "machine_types", "n1-standard-96", [], true],
  ["an image outside the target's list is not", { images: ["acme/*"] }, "images", "evil/x", [], false],
  ["an image in the list is, slashes and all", { images: ["reg.example.com/acme/*"] }, "images", "reg.example.com/acme/a/b:1", [], true],
  ["a pattern is held to both ends", { images: ["acme/*"] }, "images", "evil/acme/x", [], false],
  ["the target's own image is not measured against the list", { images: ["acme/*"] }, "images", "own:1", ["own:1"], true],
  ["a role needs to be the target's own", undefined, "task_roles", ROLE, ["arn:aws:iam::1:role/other"], false],
  ["the target's own role is allowed", undefined, "task_roles", ROLE, [ROLE], true],
  ["a list adds to the target's own", { task_roles: ["arn:aws:iam::1:role/x"] }, "task_roles", ROLE, [ROLE], true],
  ["a role in the list is allowed", { task_roles: ["arn:aws:iam::1:role/team/*"] }, "task_roles", ROLE, [], true],
  ["a list of another rule does not help", { execution_roles: ["*"] }, "task_roles", ROLE, [], false],
  ["a rule without a list keeps its default: any", { task_roles: ["x"] }, "images", "evil/x", [], true],
  ["a rule without a list keeps its default: own", { images: ["*"] }, "namespaces", "kube-system", ["jobs"], false],
  ["an empty list allows nothing more", { images: [] }, "images", "acme/x", [], false],
  ["the star allows everything", "*", "execution_roles", ROLE, [], true],
  ["an empty value is a value", undefined, "service_accounts", "", [], false],
  ["patterns of the target's own are no patterns", undefined, "task_roles", ROLE, ["*"], false],
])("allow: %s", (_rule, allow, rule, value, own, allowed) => {
  const issue = checkAllowed({ target: targetWith(allow), rule, value, path: "run_config.x", own });
  expect(issue === undefined).toBe(allowed);
  if (issue !== undefined) expect(issue.message).toMatch(new RegExp(`rule ${rule} of target "one".*allow\\.${rule}`));
});

test.each<AllowRule>([
  "task_definitions",
  "task_roles",
  "execution_roles",
  "secrets",
  "service_accounts",
  "clusters",
  "namespaces",
  "networks",
  "binds",
])("without allow, only what the target itself names: %s", (rule) => {
  expect(checkAllowed({ target: targetWith(undefined), rule, value: "x", path: "p", own: [undefined] })).toBeDefined();
  expect(checkAllowed({ target: targetWith(undefined), rule, value: "x", path: "p", own: ["x"] })).toBeUndefined();
});

test.each<[string, Allow | undefined, boolean]>([
  ["not where nothing is said", undefined, false],
  ["not by another rule", { host_config: ["privileged"] }, false],
  ["not where it is denied", { privileged: false }, false],
  ["where it is said", { privileged: true }, true],
  ["where everything is", "*", true],
])("privileged: %s", (_rule, allow, allowed) => {
  expect(allowsPrivileged(targetWith(allow))).toBe(allowed);
});

test("all that is outside is refused at once, and a long list is cut", () => {
  expect(refuseDisallowed([undefined, undefined])).toBeUndefined();
  const two = refusalOf(() => refuseDisallowed([{ path: "a", message: "x" }, undefined, { path: "b", message: "y" }]));
  expect(two).toMatchObject({ code: "NOT_ALLOWED", path: "a", message: "a: x\nb: y" });
  const many = refusalOf(() => refuseDisallowed(Array.from({ length: 500 }, () => ({ path: "a", message: "x" }))));
  expect(many.issues).toHaveLength(21);
  expect(many.issues.at(-1)?.message).toBe("and 480 more");
});

test("a value is shown shortened and escaped", () => {
  const issue = checkAllowed({ target: doubleTarget(), rule: "clusters", value: `\u0007${"x".repeat(9999)}`, path: "p", own: [] });
  expect(issue?.message.length).toBeLessThan(400);
  expect(issue?.message).toContain("\\u0007");
});

const SAFE: FieldTree = {
  cpu: true,
  networkMode: ["awsvpc", "bridge"],
  hostNetwork: [false],
  drop: ["ALL", "NET_RAW"],
  containers: { name: true, env: { name: true, value: true } },
  labels: { "*": { size: true } },
  none: [],
};

test.each<[string, JsonObject, Allow | undefined, string[]]>([
  ["safe fields pass, whatever is in them", { cpu: { any: ["thing"] } }, undefined, []],
  ["a field that is not listed is reported", { pidMode: "host" }, undefined, ["d.pidMode"]],
  ["a null counts as an absent field", { pidMode: null, networkMode: null, containers: null }, undefined, []],
  ["a listed value passes", { networkMode: "awsvpc", hostNetwork: false }, undefined, []],
  ["another value does not", { networkMode: "host", hostNetwork: true }, undefined, ["d.networkMode", "d.hostNetwork"]],
  ["the type of a value counts", { hostNetwork: 0 }, undefined, ["d.hostNetwork"]],
  ["a list of listed values passes", { drop: ["ALL", "NET_RAW"] }, undefined, []],
  ["a list with another value does not", { drop: ["ALL", "SYS_ADMIN"] }, undefined, ["d.drop"]],
  ["an object where values are expected", { networkMode: { a: 1 } }, undefined, ["d.networkMode"]],
  ["an empty list of values lets none", { none: 1 }, undefined, ["d.none"]],
  [
    "objects in lists are looked into",
    { containers: [{ name: "a" }, { name: "b", privileged: true }] },
    undefined,
    ["d.containers[1].privileged"],
  ],
  ["so is an object where a list is usual", { containers: { privileged: true } }, undefined, ["d.containers.privileged"]],
  ["and deeper", { containers: [{ env: [{ name: "A", valueFrom: {} }] }] }, undefined, ["d.containers[0].env[0].valueFrom"]],
  ["a scalar where objects are expected", { containers: "x" }, undefined, ["d.containers"]],
  ["a scalar in a list of objects", { containers: ["x", { name: "a" }] }, undefined, ["d.containers[0]"]],
  ["a list in a list of objects", { containers: [[{ privileged: true }]] }, undefined, ["d.containers[0]"]],
  ["a star stands for the other names", { labels: { a: { size: 1 }, b: { mode: 1 } } }, undefined, ["d.labels.b.mode"]],
  ["every one is reported", { a: 1, b: 2, networkMode: "x" }, undefined, ["d.a", "d.b", "d.networkMode"]],
  [
    "names of the prototype are no known fields",
    { toString: 1, hasOwnProperty: 2, constructor: 3 },
    undefined,
    ["d.toString", "d.hasOwnProperty", "d.constructor"],
  ],
  ["own __proto__ is reported", JSON.parse('{"__proto__": {"cpu": 1}}'), undefined, ["d.__proto__"]],
  ["the case of a name counts", { CPU: 1 }, undefined, ["d.CPU"]],
  ["names are written so that they can be read", { "a b\n": 1 }, undefined, ['d["a b\\n"]']],
  ["the target's list lets keys through", { devices: ["/dev/x"], cap_add: ["ALL"] }, { host_config: ["dev*"] }, ["d.cap_add"]],
  ["with all that is in them", { containers: [{ privileged: true }] }, { host_config: ["containers"] }, []],
  ["also by their path", { containers: [{ privileged: true, x: 1 }] }, { host_config: ["containers.privileged"] }, ["d.containers[0].x"]],
  ["also values outside the listed ones", { networkMode: "host" }, { host_config: ["networkMode"] }, []],
  ["other lists let nothing through", { devices: 1 }, { binds: ["*"], privileged: true }, ["d.devices"]],
  ["the star lets all through", { devices: 1, containers: 3 }, "*", []],
])("safe fields: %s", (_rule, document, allow, expected) => {
  const issues = checkSafeFields({ document, safe: SAFE, target: targetWith(allow), rule: "host_config", path: "d" });
  expect(issues.map(({ path }) => path)).toEqual(expected);
  for (const issue of issues) expect(issue.message).toMatch(/^rule host_config of target "one": .*allow\.host_config$/);
});

test("where the target has no list for a document's fields, only the star lets them through", () => {
  const question = { document: { pidMode: "host" }, safe: SAFE, rule: "safe_fields", path: "d" } as const;
  const [issue] = checkSafeFields({ ...question, target: targetWith({ host_config: ["*"], task_definitions: ["*"] }) });
  expect(issue?.message).toMatch(/^rule safe_fields of target "one": .*"pidMode".*allow: "\*"$/);
  expect(checkSafeFields({ ...question, target: targetWith("*") })).toEqual([]);
});
