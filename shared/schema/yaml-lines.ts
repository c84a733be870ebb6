/** Where in a text of YAML, or of JSON, a path is: for people, who see lines and count no list entries. */
import { createRequire } from "node:module";
import type { Document, Node } from "yaml";
import { late } from "../core/late.ts";

const yaml = late((): typeof import("yaml") => createRequire(import.meta.url)("yaml"));

/** The steps of a path as it is written in messages; one that was shortened is followed as far as it is whole. */
const STEP = /\.?([A-Za-z_$][\w$]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/gy;

/** Answers the line of each path in a text that could be read: of the place itself, or of what is nearest around it. */
export function linesIn(text: string): (path: string) => number | undefined {
  const { LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const document = parseDocument(text, { version: "1.2", schema: "core", uniqueKeys: false, prettyErrors: false, lineCounter: lines });
  return (path) => {
    const offset = offsetOf(document, stepsOf(path));
    return offset === undefined ? undefined : lines.linePos(offset).line;
  };
}

function stepsOf(path: string): readonly (string | number)[] {
  const [whole = ""] = path.split("…");
  return [...whole.matchAll(STEP)].map(([, name, index, quoted]) =>
    index === undefined ? (name ?? String(JSON.parse(quoted ?? '""'))) : Number(index),
  );
}

function offsetOf(document: Document.Parsed, steps: readonly (string | number)[]): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const step of steps) {
    const next = childOf(document, node, step);
    if (next === undefined) break;
    offset = next.at.range?.[0] ?? offset;
    node = next.node;
  }
  return offset;
}

/** An entry of a list, or the value of a key, which begins where its key does. */
function childOf(document: Document.Parsed, parent: unknown, step: string | number): { at: Node; node: unknown } | undefined {
  const { isAlias, isMap, isNode, isScalar, isSeq } = yaml();
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node)) {
    const entry = typeof step === "number" ? node.items[step] : undefined;
    return isNode(entry) ? { at: entry, node: entry } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
  return pair !== undefined && isNode(pair.key) ? { at: pair.key, node: pair.value } : undefined;
}
