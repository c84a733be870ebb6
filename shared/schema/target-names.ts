import type { Issue } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { didYouMean } from "../core/suggest.ts";
import { pathText } from "./path.ts";
import { isJsonObject } from "./unwrap.ts";

/**
 * What is wrong between targets: a name given twice, a fallback that names no other target. Looks at the document itself, so
 * that it is told together with what is wrong within each.
 */
export function targetNameIssues(document: Json): readonly Issue[] {
  const targets = isJsonObject(document) && Array.isArray(document["targets"]) ? (document["targets"] as readonly Json[]) : [];
  const names = targets.map((target) => (isJsonObject(target) ? target["name"] : undefined));
  const first = new Map<Json | undefined, number>();
  for (const [index, name] of names.entries()) if (!first.has(name)) first.set(name, index);
  return targets.flatMap((target, index) => {
    const name = names[index];
    const twice = typeof name === "string" && first.get(name) !== index;
    return [
      ...(twice ? [{ path: pathText(["targets", index, "name"]), message: `targets[${first.get(name)}] has this name already` }] : []),
      ...fallbackIssues(target, index, names),
    ];
  });
}

function fallbackIssues(target: Json, index: number, names: readonly (Json | undefined)[]): readonly Issue[] {
  const fallback = isJsonObject(target) && Array.isArray(target["fallback"]) ? (target["fallback"] as readonly Json[]) : [];
  const others = names.filter((name): name is string => typeof name === "string" && name !== names[index]);
  return fallback.flatMap((name, position) => {
    if (typeof name !== "string" || name === "" || others.includes(name)) return [];
    const message = name === names[index] ? "a target cannot be its own fallback" : `no target has this name${didYouMean(name, others)}`;
    return [{ path: pathText(["targets", index, "fallback", position]), message }];
  });
}
