/** Lists with label selectors and pages. */
import type { JsonObject } from "../../../shared/core/json.ts";

/** Whether labels are as a selector wants them: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`. */
export function matches(selector: string, labels: JsonObject): boolean {
  const terms = selector.match(/[^,(]+(\([^)]*\))?/g) ?? [];
  return terms.every((term) => holds(term.trim(), labels));
}

function holds(term: string, labels: JsonObject): boolean {
  const [, key = "", not = "", list = ""] = /^(\S+) (not)?in \(([^)]*)\)$/.exec(term) ?? [];
  if (key !== "") return list.split(",").some((value) => value.trim() === labels[key]) === (not === "");
  const [, name = "", operator = "", value = ""] = /^([^=!]+)(==?|!=)(.*)$/.exec(term) ?? [];
  if (name !== "") return (labels[name] === value) === (operator !== "!=");
  return term.startsWith("!") ? labels[term.slice(1)] === undefined : labels[term] !== undefined;
}

/** Pages are of the version that the list began with, and good for a while from then. */
interface Token {
  readonly at: number;
  readonly version: number;
  readonly from: number;
}

/** A place in a list, as the server gives it out. */
export function tokenOf(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

export function readToken(text: string): Token | undefined {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString()) as Token;
  } catch {
    return undefined;
  }
}
