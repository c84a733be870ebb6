/** What is wrong between fields of a configuration. Looks at the document itself, so that it is told together with what is wrong within each. */
import type { Issue } from "../core/errors.ts";
import { isList, isObject, type Json } from "../core/json.ts";
import { didYouMean } from "../core/suggest.ts";
import { pathText } from "./path.ts";
import type { TargetKinds } from "./target.ts";

/** Lists whose entries are known by their names. */
const NAMED_LISTS: readonly (readonly string[])[] = [["targets"], ["schedules"], ["http", "tokens"], ["http", "webhooks"]];

/** A name given twice, a fallback that names no other target, and what the launchers find between fields of their targets. */
export function issuesBetweenFields(document: Json, kinds: TargetKinds): readonly Issue[] {
  const targets = listAt(document, ["targets"]);
  const names = targets.map(nameOf);
  return [
    ...NAMED_LISTS.flatMap((path) => repeatedNames(path, listAt(document, path))),
    ...targets.flatMap((target, index) => [...fallbackIssues(target, index, names), ...ownIssues(target, index, kinds)]),
  ];
}

function listAt(document: Json, path: readonly string[]): readonly Json[] {
  const value = path.reduce<Json | undefined>((at, step) => (isObject(at) ? at[step] : undefined), document);
  return isList(value) ? value : [];
}

function nameOf(entry: Json): Json | undefined {
  return isObject(entry) ? entry["name"] : undefined;
}

function repeatedNames(path: readonly string[], entries: readonly Json[]): readonly Issue[] {
  const first = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    const name = nameOf(entry);
    if (typeof name !== "string") return [];
    const before = first.get(name);
    if (before === undefined) first.set(name, index);
    return before === undefined
      ? []
      : [{ path: pathText([...path, index, "name"]), message: `${pathText([...path, before])} has this name already` }];
  });
}

function fallbackIssues(target: Json, index: number, names: readonly (Json | undefined)[]): readonly Issue[] {
  const fallback = isObject(target) && isList(target["fallback"]) ? target["fallback"] : [];
  const others = names.filter((name): name is string => typeof name === "string" && name !== names[index]);
  return fallback.flatMap((name, position) => {
    if (typeof name !== "string" || name === "" || others.includes(name)) return [];
    const message = name === names[index] ? "a target cannot be its own fallback" : `no target has this name${didYouMean(name, others)}`;
    return [{ path: pathText(["targets", index, "fallback", position]), message }];
  });
}

function ownIssues(target: Json, index: number, kinds: TargetKinds): readonly Issue[] {
  if (!isObject(target) || typeof target["type"] !== "string" || !Object.hasOwn(kinds, target["type"])) return [];
  const issues = kinds[target["type"]]?.targetIssues?.(target) ?? [];
  return issues.map(({ path, message }) => ({ path: `${pathText(["targets", index])}.${path}`, message }));
}
